"""A signed report leaves as it was signed; with a prior, each finding with what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gui.plugin.fake_host import film, hanging, study
from unit.plugin.output.written import ANNA, BEGUN, FOUND, PA, PACK, after

from inference.backend import Box, Change, Finding, Finished, PackInfo, PriorChosen
from plugin.events import FilmInReading, FilmPrepared, PriorUsed, ReadingStarted
from plugin.first_look.state import StudySeen
from plugin.output.composing import document_of
from plugin.output.document import INCOMPLETE
from plugin.prior.state import MadeBy, PriorView
from plugin.review.state import (
    BoxAdded,
    BoxMoved,
    FindingAccepted,
    FindingAdded,
    FindingRejected,
    FindingWords,
)
from plugin.signing.state import CommunicationLog, CriticalRecord, Signing
from plugin.signing.versions import make_version
from plugin.site.settings import SiteSettings
from plugin.state import DraftText, StudyReading

AT, LATER = "2026-11-22T09:00:00.000Z", "2026-11-22T10:00:00.000Z"
SITE = SiteSettings(reader_name="Dr Lee", institution="General Hospital")
LOG = CommunicationLog(1, "cardiomegaly", AT, "Dr Lee", "Ward 3", LATER, "telephone", "twice")
READ = (*BEGUN, *FOUND, Finished())


def signed(reading: StudyReading, *, addendum: str = "", critical: bool = False) -> StudyReading:
    """The reading under a signature. The guards of signing are tested elsewhere."""
    records = (CriticalRecord("Heart", AT, LOG),) if critical else ()
    reading = replace(reading, signing=Signing(critical=records))
    first = make_version(reading, "Dr Lee", AT, PACK)
    reading = replace(reading, signing=Signing(versions=(first,), critical=records))
    if not addendum:
        return reading
    reading = replace(reading, signing=replace(reading.signing, addendum=addendum))
    second = make_version(reading, "Dr Kim", LATER, PACK)
    return replace(reading, signing=Signing(versions=(first, second), critical=records))


def document(reading: StudyReading, pack: PackInfo | None = PACK):
    return document_of(reading, ANNA, pack, SITE)


# ── signed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_signed_report_has_its_signer_and_no_mark():
    told = document(signed(after(*READ, FindingAccepted("f1", AT))))

    assert (told.status, told.mark) == ("signed", "")
    assert (told.reader, told.organization, told.signed_at) == ("Dr Lee", "General Hospital", AT)
    assert told.findings[0].verdict == "accepted"
    assert told.model.sha256 == PACK.sha256


def test_what_comes_after_the_signature_is_not_in_it():
    reading = signed(after(*READ, FindingAccepted("f1", AT)))
    changed = replace(reading, report=DraftText("x", "Something else."), findings=(), is_complete=False)

    told = document(changed)

    assert INCOMPLETE not in told.notes

    assert told.section("findings").lines == ("The heart is large.",)
    assert [finding.label for finding in told.findings] == ["cardiomegaly"]


def test_an_addendum_amends_and_names_who_wrote_it():
    told = document(signed(after(*READ), addendum="Seen by phone.\nNo change."))

    assert told.status == "amended"
    assert told.section("addendum").lines == ("Seen by phone.", "No change.")
    assert (told.section("addendum").by, told.section("addendum").at) == ("Dr Kim", LATER)
    assert [(one.number, one.what, one.by) for one in told.versions] == [
        (1, "signed", "Dr Lee"),
        (2, "addendum", "Dr Kim"),
    ]


def test_rejected_moved_and_own_findings_are_kept_with_their_places():
    reading = after(
        *READ,
        BoxMoved("b1", (1.0, 1.0, 5.0, 5.0), AT, "h1", "2.25.77"),
        FindingRejected("f1", AT, "known"),
        FindingAdded("r1", "aa", FindingWords("rib fracture", "right", note="Old."), AT),
    )
    heart, rib = document(signed(reading)).findings
    drawn = after(*READ, BoxAdded("h9", "aa", (0.0, 0.0, 2.0, 2.0), "f1", AT, "2.25.79"))

    assert [box.by for box in document(signed(drawn)).findings[0].boxes] == ["ai", "reader"]
    assert (heart.verdict, heart.reason) == ("rejected", "known")
    assert [(box.by, box.tracking_uid) for box in heart.boxes] == [("ai", "2.25.77"), ("reader", "2.25.77")]
    assert (rib.by, rib.verdict, rib.note) == ("reader", "added", "Side: right. Old.")


def test_a_box_that_the_reader_drew_stands_alone_and_one_of_the_ai_as_it_was():
    reading = after(*READ)
    unsigned, after_it = document(reading).findings[0], document(signed(reading)).findings[0]

    assert after_it.boxes == unsigned.boxes
    assert after_it.tracking_uid == unsigned.tracking_uid


def test_the_model_that_was_signed_over_is_named_also_when_another_is_loaded():
    other = PackInfo("other", "2.0", "0" * 64, "Other", "x", True, "card")

    told = document(signed(after(*READ)), other)

    assert told.model.sha256 == PACK.sha256
    assert told.model.id == "starter 1.2"


def test_a_report_without_ai_names_no_model():
    own = replace(StudyReading(), report=DraftText("", "Clear."))

    assert document(signed(own)).model is None


def test_a_communication_is_told_and_makes_its_finding_urgent():
    told = document(signed(after(*READ, FindingAccepted("f1", AT)), critical=True))

    (log,) = told.communications
    assert (log.finding, log.category, log.method) == ("cardiomegaly", "1", "telephone, twice")
    assert told.findings[0].urgency == "1"


# ── the model that made it ──────────────────────────────────────────────────────────────────────────────────────


def test_the_model_that_made_the_reading_is_named_not_the_one_that_is_loaded():
    made = replace(after(*READ), made_by=MadeBy("older 0.1", "e" * 64))

    assert document(made).model.sha256 == "e" * 64
    assert document(made, None).model.title == "older 0.1"
    assert document(replace(made, made_by=MadeBy("starter 1.2", PACK.sha256))).model.id == "starter"


# ── the prior ───────────────────────────────────────────────────────────────────────────────────────────────────

OLD = film("9", study="1.2.0")
BOTH = hanging(study("1.2.1", PA, date=date(2024, 3, 31)), study("1.2.0", OLD, date=date(2024, 1, 1)))
FILMS = (FilmInReading(PA.key, "PA"), FilmInReading(OLD.key, "Prior PA", "prior"))


def compared(change: str, basis: str = "size of the boxes") -> StudyReading:
    events = (
        StudySeen("concurrent", AT),
        ReadingStarted(FILMS, PriorUsed(date(2024, 1, 1), 90)),
        FilmPrepared(PA.key, "aa"),
        FilmPrepared(OLD.key, "bb"),
        *FOUND,
        Finished(),
    )
    label = "pneumothorax" if change == "resolved" else "cardiomegaly"
    now = "absent" if change == "resolved" else "present"
    view = PriorView(
        "done",
        PriorChosen(("bb",), 90, 0, "the only prior", "not used"),
        (
            Finding("prior 1", label, "present", None, False, "bb"),
            Finding("prior 2", label, now, None, False, "aa"),
        ),
        (Box("prior b", "bb", (1.0, 2.0, 3.0, 4.0), "prior 1"),),
        (Change(label, change, "prior 1", "prior 2", basis),),
    )
    return replace(after(*events), prior_view=view)


def test_a_finding_is_told_with_what_became_of_it_and_its_place_on_the_prior():
    heart = document_of(compared("larger"), BOTH, PACK).findings[0]

    assert (heart.change, heart.is_change_of_size) == ("larger", True)
    before = heart.boxes[-1]
    assert (before.by, before.xyxy) == ("prior", (1.0, 2.0, 3.0, 4.0))
    assert before.sop_instance_uid == OLD.header.sop_instance_uid
    assert before.tracking_uid == heart.boxes[0].tracking_uid


def test_more_or_less_certain_is_not_larger_or_smaller():
    heart = document_of(compared("smaller", "the model's certainty"), BOTH, PACK).findings[0]

    assert (heart.change, heart.is_change_of_size) == ("smaller", False)


def test_a_resolved_finding_is_absent_now_with_its_former_place():
    gone = document_of(compared("resolved"), BOTH, PACK).findings[-1]

    assert (gone.label, gone.presence, gone.change) == ("pneumothorax", "absent", "resolved")
    assert [box.by for box in gone.boxes] == ["prior"]


def test_a_prior_that_no_longer_hangs_has_no_place_to_show():
    heart = document_of(compared("larger"), ANNA, PACK).findings[0]

    assert [box.by for box in heart.boxes] == ["ai"]

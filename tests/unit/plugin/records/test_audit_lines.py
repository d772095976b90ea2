"""What of all that happens to a study is told in the audit log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.signing.studies import checked, drafted, finding, signed, written

from inference.backend import Box, Cancelled, Finding, Finished, Progress, TextDelta
from plugin.ask.state import Asked, QuestionAnswered, QuestionAsked
from plugin.events import (
    FilmInReading,
    FindingSelected,
    Problem,
    ReadingStarted,
    ReportEdited,
    RunFailed,
)
from plugin.first_look.state import AiHidden, AiRevealed, AiShownAgain, FirstLookCommitted, StudySeen
from plugin.fold import fold
from plugin.output.state import Copied, Exported, Printed, WrittenObject
from plugin.records import wording
from plugin.records.audit_lines import audit_lines, seconds_between
from plugin.report.state import (
    MeasuredMark,
    MeasurementInserted,
    Offer,
    OfferDeclined,
    OfferTaken,
    ReportWriting,
)
from plugin.review.state import (
    AddedFinding,
    FindingAccepted,
    FindingEdited,
    FindingRejected,
    FindingWords,
    HumanBox,
    Review,
    VerdictTakenBack,
)
from plugin.signing.state import (
    Acknowledgement,
    AddendumBegun,
    AddendumEdited,
    CommunicationLog,
    CriticalRecord,
    Signing,
)
from plugin.site.state import ConsentChanged, SettingsChanged
from plugin.state import StudyReading
from plugin.synthesis.events import SyntheticSaved

AT = "2026-11-22T09:00:00.000Z"
FILMS = (FilmInReading("k", "PA"), FilmInReading("p", "Prior PA", "prior"))


def told(before: StudyReading, *events) -> list[tuple[str, dict]]:
    """What is told of these events, one after the other."""
    lines = []
    for at_s, event in enumerate(events):
        after = fold(before, event, float(at_s))
        lines += [(line.what, dict(line.details)) for line in audit_lines(before, event, after)]
        before = after
    return lines


def after(*events) -> StudyReading:
    reading = StudyReading()
    for event in events:
        reading = fold(reading, event)
    return reading


READ = after(
    ReadingStarted(FILMS),
    Finding("f1", "cardiomegaly", "present", 0.8234, False, "img"),
    Finding("f2", "edema", "absent", None, False, "img"),
    Box("b1", "img", (1, 2, 3, 4), "f1"),
    TextDelta("The heart is large."),
)


def test_a_reading_is_told_when_it_begins_and_when_it_ends():
    lines = told(
        StudyReading(), ReadingStarted(FILMS), Progress("report", 0, 1), TextDelta("Clear."), Finished()
    )

    assert lines == [
        ("reading_started", {"films": 1, "has_prior": False}),
        ("reading_finished", {"seconds": 2.0, "present": 0, "labels": [], "boxes": 0, "draft_length": 6}),
    ]
    assert told(READ, Finished())[0][1]["present"] == 1


def test_a_reading_that_was_stopped_or_failed_is_told_with_how_it_ended():
    assert told(READ, Cancelled()) == [("reading_failed", {"phase": "stopped", "seconds": 0.0})]
    lost = RunFailed(Problem("The AI stopped.", is_backend_lost=True))
    assert told(READ, lost) == [
        ("reading_failed", {"phase": "failed", "seconds": 0.0}),
        ("backend_lost", {"during": "reading"}),
    ]
    assert told(fold(READ, lost), FindingSelected("f1")) == []


def test_a_question_is_told_without_its_words():
    assert told(StudyReading(), QuestionAsked("Is Mrs Doe well?"), Cancelled()) == [
        ("question_asked", {"number": 1, "kind": "conversation"})
    ]
    known = QuestionAnswered(Asked("Which model are you, Mrs Doe?", "known"), "A starter.")
    assert told(StudyReading(), known) == [
        ("question_asked", {"number": 1, "kind": "known", "answered_by": "program"})
    ]


def test_an_event_that_changes_nothing_is_not_told():
    assert told(READ, ReadingStarted(FILMS), FindingSelected("f9")) == []


def test_the_first_look_and_every_reveal_and_hide_are_told_with_the_mode():
    mode = {"mode": "second reader"}

    assert told(
        StudyReading(),
        StudySeen("second reader", "2026-11-22T08:59:30.000Z"),
        FirstLookCommitted(AT),
        FirstLookCommitted(AT),
        AiHidden(AT),
        AiShownAgain(AT),
    ) == [
        ("first_look_committed", mode | {"seconds": 30.0}),
        ("ai_revealed", mode | {"by": "committed"}),
        ("ai_hidden", mode),
        ("ai_revealed", mode | {"by": "committed"}),
    ]


def test_what_is_shown_without_a_first_look_is_told_with_why():
    assert told(StudyReading(), StudySeen("concurrent", AT)) == [
        ("ai_revealed", {"mode": "concurrent", "by": "mode"})
    ]
    assert told(StudyReading(), AiRevealed("time", AT))[0][1]["by"] == "time"


def test_a_time_that_is_none_gives_no_seconds():
    assert seconds_between("", AT) is None
    assert seconds_between("2026-11-22T08:00:00", AT) is None  # one with, one without a zone


def test_verdicts_are_told_with_the_models_certainty_and_the_reason():
    about = {"label": "cardiomegaly", "confidence": 0.823, "reason": None}

    assert told(
        READ,
        FindingAccepted("f1", AT),
        FindingEdited("f1", FindingWords("cardiomegaly", note="of Mrs Doe"), AT),
        FindingRejected("f1", AT, "wrong place", "Mrs Doe"),
        VerdictTakenBack("f1", AT),
    ) == [
        ("finding_accepted", about),
        ("finding_edited", about),
        ("finding_rejected", about | {"reason": "wrong place"}),
        ("verdict_taken_back", about | {"reason": "wrong place", "was": "rejected"}),
    ]


def test_a_verdict_on_a_finding_that_the_model_told_no_certainty_of_is_told():
    judged = fold(READ, FindingRejected("f1", AT))
    unknown = replace(judged, findings=(), review=Review())

    (line,) = audit_lines(judged, FindingSelected(None), unknown)
    assert line.details["confidence"] is None


def changed(before: Review, now: Review) -> list[tuple[str, dict]]:
    """As undo and redo change it, too."""
    one, two = replace(READ, review=before), replace(READ, review=now)
    return [(line.what, dict(line.details)) for line in audit_lines(one, FindingSelected(None), two)]


def test_own_findings_are_told_by_the_name_of_the_list_and_never_by_free_words():
    added = AddedFinding("h1", "img", FindingWords("edema"), AT)
    free = replace(added, words=FindingWords("nodule as in Mrs Doe's last film"))

    assert changed(Review(), Review(added=(added,))) == [("finding_added", {"label": "edema"})]
    assert changed(Review(added=(added,)), Review(added=(free,))) == [
        ("finding_edited", {"label": "other", "was": "added"})
    ]
    assert changed(Review(added=(free,)), Review()) == [
        ("verdict_taken_back", {"label": "other", "was": "added"})
    ]
    assert changed(Review(added=(added,)), Review(added=(added,), reached="f1")) == []


def test_boxes_are_told_with_whose_they_were():
    of_ai = HumanBox(
        "h1", "img", (1, 2, 3, 5), "2.25.1", AT, label="cardiomegaly", of_box="b1", of_xyxy=(1, 2, 3, 4)
    )
    denied, own = replace(of_ai, xyxy=None), replace(of_ai, of_box="", of_xyxy=None)
    ai, reader = ({"label": "cardiomegaly", "by": by} for by in ("AI", "reader"))

    assert changed(Review(), Review(boxes=(of_ai,))) == [("box_moved", ai)]
    assert changed(Review(), Review(boxes=(denied,))) == [("box_deleted", ai)]
    assert changed(Review(boxes=(of_ai,)), Review()) == [("box_restored", ai)]
    assert changed(Review(), Review(boxes=(own,))) == [("box_added", reader)]
    assert changed(Review(boxes=(own,)), Review(boxes=(replace(own, xyxy=(0, 0, 9, 9)),))) == [
        ("box_moved", reader)
    ]
    assert changed(Review(boxes=(own,)), Review()) == [("box_deleted", reader)]
    assert changed(Review(boxes=(own,)), Review(boxes=(replace(own, at="later"),))) == []


def test_only_the_first_edit_of_a_text_is_told_and_only_its_length():
    assert told(READ, ReportEdited("The heart is very large."), ReportEdited("No.")) == [
        ("text_first_edited", {"length": 24, "draft_length": 19})
    ]


MARK = MeasuredMark("m1", "k", "ctr", ("CTR 0.52",))


def test_what_the_reader_has_measured_or_had_reworded_is_told_without_its_words():
    offer = ReportWriting(offer=Offer("report", "The heart is large.", "It is wide.", is_ready=True))
    offered = replace(READ, writing=offer, phase="done")
    asked = replace(offered, writing=replace(offer, offer=replace(offer.offer, part="impression")))

    assert ("sentence_regenerated", {"is_taken": True}) in told(offered, OfferTaken())
    assert told(asked, OfferDeclined()) == [("impression_regenerated", {"is_taken": False})]
    assert told(READ, OfferDeclined()) == []
    assert ("measurement_inserted", {"kind": "ctr", "part": "report"}) in told(
        replace(READ, phase="done"), MeasurementInserted("report", "CTR 0.52.", "CTR 0.52", MARK)
    )


# ── signing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def signing_lines(before: StudyReading, after: StudyReading) -> list[tuple[str, dict]]:
    return [(line.what, dict(line.details)) for line in audit_lines(before, FindingSelected(None), after)]


def test_a_signature_is_told_with_mode_time_and_what_became_of_the_draft():
    reading = drafted(finding(), report="The lungs are clear. Small left pleural effusion.")
    reading = replace(reading, review=fold(reading, FindingAccepted("f1", AT)).review)
    reading = fold(reading, ReportEdited("Small left pleural effusion. The bones are old and brittle."))
    ready = checked(reading)
    done = signed(reading)

    what, details = signing_lines(ready, done)[-1]
    assert what == "signed"
    assert details | {"version_sha256": ""} == {
        "mode": "second reader",
        "saw_ai": True,
        "seconds": 0.0,
        "draft_length": 49 + 21,
        "sentences": {"ai": 2, "edited": 0, "human": 1, "measured": 0, "template": 0, "dropped": 1},
        "findings": {"untouched": 0, "accepted": 1, "edited": 0, "rejected": 0, "added": 0},
        "checks": 0,
        "version": 1,
        "version_sha256": "",
    }
    assert details["version_sha256"] == done.signing.latest.sha256


def test_the_way_to_a_signature_is_told_once_and_not_at_every_letter():
    faulty = written("The lungs are ___.")
    asked = checked(faulty)
    (doubt,) = asked.signing.doubts
    again = replace(asked, signing=replace(asked.signing, checked=replace(asked.signing.checked, report="x")))

    assert signing_lines(faulty, asked) == [
        ("sign_asked", {}),
        ("checks_run", {"doubts": 1, "kinds": {doubt.kind: 1}}),
    ]
    assert signing_lines(asked, again) == []


def test_what_the_reader_signs_over_is_told_by_its_kind_and_never_by_the_reason():
    over = Signing(acknowledged=(Acknowledgement("d1", "laterality", "as Mrs Doe said", AT),))

    signed_over = replace(StudyReading(), signing=over)
    assert signing_lines(StudyReading(), signed_over) == [("check_acknowledged", {"kind": "laterality"})]
    assert signing_lines(signed_over, replace(signed_over, selected="f1")) == []


def test_a_communication_is_told_without_the_names_of_those_who_spoke():
    told_to = CommunicationLog(1, "Pneumothorax of Mrs Doe", AT, "Dr. A", "Dr. B", AT, "telephone")
    records = (
        CriticalRecord("pneumothorax", AT, told_to),
        CriticalRecord("free air", AT, None, "as Mrs Doe"),
    )

    assert signing_lines(StudyReading(), replace(StudyReading(), signing=Signing(critical=records))) == [
        (
            "critical_communicated",
            {"subject": "pneumothorax", "is_critical": True, "category": 1, "method": "telephone"},
        ),
        ("critical_communicated", {"subject": "free air", "is_critical": False}),
    ]
    told_of_one, told_of_both = (Signing(critical=records[:count]) for count in (1, 2))
    before, after = (replace(StudyReading(), signing=signing) for signing in (told_of_one, told_of_both))
    assert [details["subject"] for _, details in signing_lines(before, after)] == ["free air"]


def test_an_addendum_is_told_with_its_number_and_length():
    first = signed(written())
    writing = fold(fold(first, AddendumBegun(AT)), AddendumEdited("A late word."))

    what, details = signing_lines(writing, signed(writing))[-1]
    assert (what, details["version"], details["length"]) == ("addendum_signed", 2, 12)


def test_what_concerns_the_site_is_told_by_names_of_settings():
    assert told(StudyReading(), SettingsChanged(("mode",), AT), ConsentChanged(False, AT)) == [
        ("settings_changed", {"names": ["mode"]}),
        ("consent_changed", {"is_given": False}),
    ]


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_leaves_is_told_with_how_far_it_was_reviewed_and_never_where_it_went():
    report = WrittenObject("report", "1.2", "1.3", "1.4")
    events = (Copied(AT), Printed(AT, "signed", 2), Exported(AT, "draft", ("pdf", "dicom"), 4, (report,)))

    assert told(READ, *events) == [
        ("copied", {"status": "draft"}),
        ("printed", {"status": "signed", "pages": 2}),
        ("exported", {"status": "draft", "kinds": ["pdf", "dicom"], "files": 4}),
    ]


def test_a_synthetic_film_that_leaves_is_told_by_its_picture_and_never_by_its_words():
    assert told(READ, SyntheticSaved(AT, "lateral", True, "a" * 64, "starter-synth 0.1.0")) == [
        (
            "synthetic_saved",
            {
                "view": "lateral",
                "from_patient": True,
                "image": "a" * 64,
                "generator": "starter-synth 0.1.0",
            },
        )
    ]


def test_times_are_told_by_the_readers_clock(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        assert wording.local_time("2026-11-22T09:00:00.000Z") == "2026-11-22 18:00"
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert wording.local_time("") == "an unknown time"
    assert wording.local_time("noon") == "noon"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("No space left on device", "no space left on device. It"),
        ("database or disk is full.", "database or disk is full. It"),
        ("SQLite refuses", "SQLite refuses. It"),
        ("", ". It"),
    ],
)
def test_why_it_is_not_saved_is_told_as_part_of_a_sentence(reason, said):
    assert said in wording.not_saved(reason)
    assert "It is tried again" in wording.not_logged(reason)

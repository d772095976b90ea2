"""Two steps to a signature, and nothing else that leads there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.signing.studies import AT, CLEAN, IMAGE, PACK, checked, drafted, finding, signed, written

from plugin.events import ImpressionEdited, NewDraftTaken, ReadingStarted, ReportEdited
from plugin.first_look.state import AiHidden, FirstLook, FirstLookCommitted
from plugin.fold import fold, is_past_signature
from plugin.prior.state import MadeBy
from plugin.report.state import TemplateApplied
from plugin.review.state import FindingAccepted, FindingRejected
from plugin.signing.critical import urgent_items
from plugin.signing.standing import (
    CHECKS_STALE,
    GATE_CLOSED,
    READING_RUNS,
    blocking,
    may_confirm,
    obstacles,
    open_doubts,
)
from plugin.signing.state import (
    AcknowledgementTakenBack,
    AddendumBegun,
    AddendumEdited,
    AddendumGivenUp,
    CheckedText,
    ChecksRun,
    CommunicationLog,
    CriticalRecord,
    CriticalRecorded,
    DoubtAcknowledged,
    SignAsked,
    Signed,
    SigningCalledOff,
)
from plugin.signing.versions import make_version
from plugin.state import StudyReading, is_editable

LOG = CommunicationLog(1, "Pneumothorax", AT, "Dr. Reader", "Dr. Ward", AT, "telephone")


def version_of(reading: StudyReading, signer: str = "Dr. Reader"):
    return make_version(reading, signer, AT, PACK)


def test_asking_alone_signs_nothing() -> None:
    asked = fold(written(), SignAsked(AT))

    assert (asked.signing.stage, asked.signing.is_signed) == ("checking", False)
    assert not may_confirm(asked)


def test_asking_again_and_again_stays_at_the_first_step() -> None:
    once = checked(written())
    again = fold(fold(once, SignAsked(AT)), SignAsked(AT))

    assert again == once
    assert not again.signing.is_signed


def test_a_clean_report_waits_for_the_second_step_and_is_then_signed() -> None:
    ready = checked(written())
    assert ready.signing.stage == "confirming"

    done = fold(ready, Signed(version_of(ready)))

    assert done.signing.is_signed
    assert done.signing.stage == "draft"
    assert done.signing.latest.report == CLEAN[0]
    assert done.signing.latest.number == 1


def test_without_the_first_step_the_second_does_nothing() -> None:
    reading = written()

    assert fold(reading, Signed(version_of(reading))) == reading


def test_what_blocks_keeps_the_second_step_away_until_it_is_mended() -> None:
    blocked = checked(written(report="The heart is [normal]. Clear lungs."))
    assert blocked.signing.stage == "checking"
    assert fold(blocked, Signed(version_of(blocked))) == blocked

    mended = fold(blocked, ReportEdited("The heart is normal. Clear lungs."))
    assert mended.signing.stage == "checking"  # not looked at again yet
    assert not may_confirm(mended)

    again = fold(mended, ChecksRun(CheckedText("The heart is normal. Clear lungs.", CLEAN[1]), (), AT))
    assert again.signing.stage == "confirming"


def test_a_doubt_that_the_reader_knows_better_is_acknowledged_with_a_reason() -> None:
    blocked = checked(written("Small right effusion.", "Small left effusion."))
    (doubt,) = open_doubts(blocked)

    assert fold(blocked, DoubtAcknowledged(doubt.id, "  ", AT)) == blocked
    assert fold(blocked, DoubtAcknowledged("no such doubt", "so", AT)) == blocked
    known = fold(blocked, DoubtAcknowledged(doubt.id, "two effusions", AT))
    assert known.signing.stage == "confirming"
    assert open_doubts(known) == ()

    assert fold(known, AcknowledgementTakenBack(doubt.id)).signing.stage == "checking"
    again = fold(known, DoubtAcknowledged(doubt.id, "both sides", AT))
    assert [one.reason for one in again.signing.acknowledged] == ["both sides"]


def test_an_empty_field_can_not_be_acknowledged_away() -> None:
    blocked = checked(written("The [side] lung shows a scar."))
    (doubt,) = open_doubts(blocked)

    assert fold(blocked, DoubtAcknowledged(doubt.id, "I know", AT)) == blocked


def test_an_acknowledged_doubt_comes_back_when_its_sentence_changes() -> None:
    blocked = checked(written("Small right effusion.", "Small left effusion."))
    known = fold(blocked, DoubtAcknowledged(open_doubts(blocked)[0].id, "so", AT))
    changed = checked(fold(fold(known, SigningCalledOff()), ImpressionEdited("Large left effusion.")))

    assert changed.signing.stage == "checking"


def test_words_that_changed_after_the_check_are_not_signed() -> None:
    ready = checked(written())
    changed = fold(ready, ImpressionEdited("Large left pneumothorax."))

    assert changed.signing.stage == "checking"
    assert fold(changed, Signed(version_of(changed))) == changed
    assert CHECKS_STALE


def test_a_version_of_other_words_is_refused() -> None:
    ready = checked(written())
    other = checked(written("Quite another text."))

    assert fold(ready, Signed(version_of(other))) == ready
    assert (
        fold(ready, Signed(replace(version_of(ready), signer="Somebody"))) == ready
    )  # the digest does not fit
    assert fold(ready, Signed(version_of(ready, signer=" "))) == ready


def test_doubts_about_other_words_are_not_taken() -> None:
    asked = fold(written(), SignAsked(AT))

    assert fold(asked, ChecksRun(CheckedText("other", "words"), (), AT)) == asked
    assert fold(written(), ChecksRun(CheckedText(*CLEAN), (), AT)) == written()


def test_calling_off_goes_back_to_writing() -> None:
    assert fold(checked(written()), SigningCalledOff()).signing.stage == "draft"


def test_a_reading_that_runs_is_named_and_blocks() -> None:
    ready = checked(written())
    running = fold(ready, ReadingStarted(()))

    assert running.signing.stage == "checking"
    assert obstacles(running)[0].text == READING_RUNS
    assert fold(running, Signed(version_of(running))) == running


def test_a_gate_that_is_not_passed_is_named_and_blocks() -> None:
    shut = checked(drafted(first_look=FirstLook("second reader"), report="A.", impression="B."))
    assert [one.text for one in obstacles(shut)] == [GATE_CLOSED]

    assert obstacles(fold(shut, FirstLookCommitted(AT))) == ()


def test_a_report_without_any_ai_needs_no_first_look() -> None:
    assert obstacles(written(first_look=FirstLook("second reader"))) == ()
    assert obstacles(drafted(first_look=FirstLook("triage"))) == ()


def test_what_nobody_looked_at_is_named_and_may_be_signed_over() -> None:
    ready = checked(drafted(finding("edema"), finding("fracture", "f2")))
    (left,) = obstacles(ready)

    assert "2 findings of the AI were neither accepted nor rejected: edema, fracture" in left.text
    assert not left.blocks
    assert ready.signing.stage == "confirming"
    one = fold(ready, FindingAccepted("f1", AT))
    assert "A finding of the AI was" in obstacles(one)[0].text


def test_hidden_words_of_the_ai_are_not_signed() -> None:
    hidden = fold(drafted(), AiHidden(AT))

    assert checked(hidden).signing.stage == "checking"  # nothing stands there
    assert version_of(hidden).report == ""


@pytest.mark.parametrize(
    "event",
    [
        ReportEdited("other"),
        ImpressionEdited("other"),
        NewDraftTaken(),
        TemplateApplied("other", "words", ()),
        FindingAccepted("f1", AT),
        FindingRejected("f1", AT),
    ],
)
def test_what_is_signed_nothing_changes(event) -> None:
    done = signed(drafted(finding()))
    assert done.signing.is_signed

    assert is_past_signature(done, event)
    assert fold(done, event) == done
    assert not is_editable(done, done.report)


def test_another_reading_does_not_change_the_signed_words() -> None:
    done = signed(drafted())
    again = fold(done, ReadingStarted(()))

    assert (again.report.shown, again.impression.shown) == CLEAN
    assert again.report.drafted == ""


def test_an_addendum_is_a_version_that_names_the_one_before() -> None:
    done = signed(drafted())
    assert fold(drafted(), AddendumBegun(AT)) == drafted()  # nothing is signed yet
    writing = fold(fold(done, AddendumBegun(AT)), AddendumEdited("The effusion was discussed."))
    assert fold(writing, AddendumBegun(AT)) == writing

    twice = signed(writing)

    first, second = twice.signing.versions
    assert (second.kind, second.number, second.predecessor) == ("addendum", 2, first.sha256)
    assert (second.report, second.impression, second.addendum) == (*CLEAN, "The effusion was discussed.")
    assert twice.signing.addendum is None


def test_an_empty_addendum_is_not_signed() -> None:
    writing = fold(signed(drafted()), AddendumBegun(AT))

    assert signed(writing).signing.versions == writing.signing.versions


def test_an_addendum_can_be_given_up_and_one_that_is_none_not_edited() -> None:
    done = signed(drafted())

    assert fold(fold(done, AddendumBegun(AT)), AddendumGivenUp()) == done
    assert fold(done, AddendumEdited("x")) == done
    assert fold(done, SignAsked(AT)) == done


def test_an_addendum_may_go_with_a_verdict() -> None:
    writing = fold(signed(drafted(finding())), AddendumBegun(AT))

    judged = fold(writing, FindingAccepted("f1", AT))
    done = signed(fold(judged, AddendumEdited("Small effusion, seen on a second look.")))

    assert [one.status for one in done.signing.versions[1].findings] == ["accepted"]


def test_an_addendum_of_other_words_or_over_other_words_is_refused() -> None:
    writing = fold(fold(signed(drafted()), AddendumBegun(AT)), AddendumEdited("More."))
    ready = checked(writing)
    made = version_of(ready)

    for wrong in (replace(made, addendum="Else."), replace(made, report="Else.")):
        from plugin.signing.versions import sealed

        assert fold(ready, Signed(sealed(wrong))) == ready


def test_a_chain_that_was_tampered_with_is_not_added_to() -> None:
    done = signed(drafted())
    broken = replace(done.signing, versions=(replace(done.signing.latest, report="Changed."),))
    writing = fold(fold(replace(done, signing=broken), AddendumBegun(AT)), AddendumEdited("More."))
    ready = checked(writing)

    assert fold(ready, Signed(version_of(ready))) == ready


def test_a_critical_finding_that_nobody_was_told_of_blocks_until_it_is_decided() -> None:
    report = ("Large left pneumothorax.", "Left pneumothorax.")
    blocked = checked(written(*report))
    assert [one.title for one in urgent_items(blocked)] == ["Pneumothorax"]
    assert blocked.signing.stage == "checking"
    assert blocking(blocked) == 1

    told = fold(blocked, CriticalRecorded(CriticalRecord("Pneumothorax", AT, LOG)))
    assert told.signing.stage == "confirming"
    done = fold(told, Signed(version_of(told)))
    assert done.signing.latest.critical[0].told == LOG

    dismissed = fold(
        blocked, CriticalRecorded(CriticalRecord("Pneumothorax", AT, None, "known since Monday"))
    )
    assert dismissed.signing.stage == "confirming"
    twice = fold(dismissed, CriticalRecorded(CriticalRecord("Pneumothorax", AT, LOG)))
    assert len(twice.signing.critical) == 1


def test_the_version_says_under_what_it_was_signed() -> None:
    (made,) = signed(fold(drafted(finding()), FindingRejected("f1", AT, "known"))).signing.versions

    assert (made.pack, made.pack_sha256) == ("starter 0.3.1", "ab" * 32)
    assert (made.mode, made.saw_ai) == ("second reader", True)
    assert [(one.label, one.status, one.reason) for one in made.findings] == [
        ("pleural effusion", "rejected", "known")
    ]
    assert made.findings[0].boxes[0].image == IMAGE


def test_the_model_is_the_one_that_drafted_not_the_one_that_is_loaded_now() -> None:
    told = replace(drafted(), made_by=MadeBy(pack="older", pack_sha256="cd" * 32))

    assert signed(told).signing.latest.pack == "older"
    ready = checked(told)
    assert make_version(ready, "Dr. Reader", AT, None).pack_sha256 == "cd" * 32  # the backend is gone
    assert make_version(checked(drafted()), "Dr. Reader", AT, None).pack == ""


def test_a_report_without_ai_names_no_model() -> None:
    (made,) = signed(written()).signing.versions

    assert (made.pack, made.pack_sha256, made.saw_ai, made.findings) == ("", "", False, ())

"""How the comparison with the prior follows the reading, gives way, and comes to an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference.backend import (
    Box,
    Cancelled,
    Change,
    Error,
    Finding,
    Finished,
    Flag,
    NotRead,
    PriorChosen,
    Progress,
    TextDelta,
)
from plugin.ask.state import QuestionAsked
from plugin.events import (
    BackendAnswered,
    FilmInReading,
    FilmPrepared,
    PriorUsed,
    Problem,
    ReadingStarted,
    RunFailed,
    RunStarted,
    StopAsked,
)
from plugin.fold import fold
from plugin.prior.fold import OTHER_PRIOR, is_due
from plugin.prior.state import ChangeChosen, ChangeHovered, ComparisonWanted, MadeBy, PriorView
from plugin.state import StudyReading

CHOSEN = PriorChosen(("old",), 30, 0, "the only prior that was given", "given")
FILMS = (FilmInReading("now#1", "PA"), FilmInReading("old#1", "Prior PA", "prior"))
BEGUN = (
    ReadingStarted(FILMS, PriorUsed(days_before=30)),
    FilmPrepared("now#1", "new"),
    FilmPrepared("old#1", "old"),
)
HEART = Finding("f1", "cardiomegaly", "present", 0.8, False, "new")
FINGERPRINT = {
    "pack": "starter",
    "pack_sha256": "ab",
    "precision": "float32",
    "device": "CPU",
    "picture_side": 168,
}
TOLD = Finished({"report": "The heart is large."}, {}, FINGERPRINT)
READ = (*BEGUN, CHOSEN, HEART, TOLD)
COMPARING = (*READ, RunStarted("comparison"))
COMPARED = (
    *COMPARING,
    PriorChosen(("old",), 30, 0, "the only prior that was given", "not used"),
    Finding("f1", "cardiomegaly", "present", 0.4, False, "old"),
    Finding("f14", "cardiomegaly", "present", 0.8, False, "new"),
    Box("b1", "old", (1, 1, 5, 5), "f1"),
    Box("b2", "new", (1, 1, 7, 7), "f14"),
    Change("cardiomegaly", "larger", "f1", "f14", "size of the boxes", "1.9 times"),
    Finished({}),
)
LOST = RunFailed(Problem("The AI stopped.", is_backend_lost=True))


def after(*events, state: StudyReading | None = None) -> StudyReading:
    known = state or StudyReading()
    for event in events:
        known = fold(known, event)
    return known


def test_a_complete_reading_with_a_prior_waits_for_its_comparison():
    reading = after(*READ)

    assert is_due(reading)
    assert reading.prior_view.chosen == CHOSEN
    assert reading.made_by == MadeBy("starter", "ab", "float32", "CPU", 168)


@pytest.mark.parametrize(
    "events",
    [
        (*BEGUN, HEART, TOLD),  # no prior could be read
        (*BEGUN, CHOSEN, HEART),  # still reading
        (*BEGUN, CHOSEN, Cancelled()),
        (*BEGUN, CHOSEN, Error("BackendFault", "It failed.")),
    ],
)
def test_without_a_complete_reading_and_a_prior_there_is_nothing_to_compare(events):
    assert not is_due(after(*events))
    assert after(*events).prior_view.phase == "none"


def test_what_a_comparison_finds_never_mixes_with_the_reading():
    reading, compared = after(*READ), after(*COMPARED)
    view = compared.prior_view

    assert (compared.findings, compared.boxes, compared.report) == (
        reading.findings,
        reading.boxes,
        reading.report,
    )
    assert view.phase == "done"
    assert [one.id for one in view.findings] == ["prior f1", "prior f14"]
    assert [(box.id, box.finding_id) for box in view.boxes] == [
        ("prior b1", "prior f1"),
        ("prior b2", "prior f14"),
    ]
    assert (view.changes[0].prior_finding_id, view.changes[0].finding_id) == ("prior f1", "prior f14")
    assert compared.prior_view.chosen == CHOSEN  # what the reading said of the prior's report stays


def test_words_and_doubts_of_a_comparison_go_nowhere():
    reading = after(*COMPARING, TextDelta("It grew.", "report"), Flag("untold", "x"), NotRead("new", "y"))

    assert reading.report == after(*READ).report
    assert (reading.flags, [film.not_read for film in reading.films]) == ((), ["", ""])


@pytest.mark.parametrize("wish", [QuestionAsked("Is it larger?"), RunStarted("sentence", "s1")])
def test_a_comparison_gives_way_to_what_the_reader_wants_and_is_due_again_afterwards(wish):
    reading = after(*COMPARED[:-1], wish)

    assert (reading.kind, reading.prior_view.phase) != ("comparison", "running")
    assert reading.prior_view.changes == ()
    assert not is_due(reading)
    assert is_due(after(Finished({"answer": "No."}), state=reading))


def test_a_new_reading_forgets_the_comparison():
    assert after(*COMPARED, BEGUN[0]).prior_view == PriorView()
    assert after(*COMPARED, BEGUN[0]).made_by == MadeBy()
    assert after(*COMPARING, BEGUN[0]).kind == "reading"


def test_what_a_stopped_comparison_still_says_is_not_heard():
    stopped = after(*COMPARING, StopAsked(), Cancelled())

    assert stopped.prior_view.phase == "stopped"
    assert not is_due(stopped)
    assert after(*COMPARED[-3:], state=stopped) == stopped
    assert is_due(after(ComparisonWanted(), state=stopped))


def test_a_comparison_that_failed_says_why_and_leaves_the_reading_alone():
    failed = after(*COMPARING, Error("InvalidRequest", "There is nothing to compare with.", "Open a prior."))

    assert failed.prior_view.phase == "failed"
    assert failed.prior_view.problem == "There is nothing to compare with. Open a prior."
    assert failed.problem is None
    assert failed.is_complete
    assert not is_due(failed)


def test_a_comparison_goes_on_once_the_lost_backend_is_back_but_not_for_ever():
    lost = after(*COMPARING, LOST)
    assert lost.problem is not None
    assert lost.problem.is_backend_lost
    assert not is_due(lost)
    back = after(BackendAnswered(), state=lost)
    assert is_due(back)

    again = after(RunStarted("comparison"), LOST, BackendAnswered(), state=back)

    assert again.prior_view.phase == "failed"
    assert not is_due(again)


def test_a_comparison_with_another_prior_than_the_readings_is_not_shown():
    other = (*COMPARING, PriorChosen(("other",), 400, 0, "", "not used"), *COMPARED[-3:])

    reading = after(*other)

    assert (reading.prior_view.phase, reading.prior_view.problem) == ("failed", OTHER_PRIOR)
    assert reading.prior_view.changes == ()


def test_only_a_change_that_is_there_can_be_pointed_at():
    compared = after(*COMPARED)

    assert after(ChangeChosen("cardiomegaly"), state=compared).prior_view.selected == "cardiomegaly"
    assert after(ChangeChosen("edema"), state=compared).prior_view.selected is None
    assert (
        after(ChangeHovered("cardiomegaly"), ChangeHovered(None), state=compared).prior_view.hovered is None
    )
    assert after(ChangeHovered("cardiomegaly"), state=compared).prior_view.hovered == "cardiomegaly"
    assert after(ComparisonWanted(), state=compared) == compared  # nothing is compared twice


def test_a_comparison_that_a_restart_cut_off_is_due():
    kept = replace(after(*READ), prior_view=PriorView("running", CHOSEN))

    assert is_due(kept)


def test_how_long_the_draft_took_stays_known_while_it_is_compared():
    reading = StudyReading()
    for at_s, event in enumerate((*BEGUN, Progress("gate", 0, 1), CHOSEN, TOLD)):
        reading = fold(reading, event, float(at_s))

    assert reading.drafted_in_s == 2.0
    assert fold(reading, RunStarted("comparison"), 9.0).drafted_in_s == 2.0


def test_a_fingerprint_of_another_server_leaves_open_what_it_does_not_tell():
    told = Finished({"report": "x"}, {}, {"pack": "other", "picture_side": "large"})

    assert after(*BEGUN, told).made_by == MadeBy("other")


def test_a_failure_without_a_reason_is_one_all_the_same():
    from plugin.prior.fold import follow_prior

    before = after(*COMPARING)
    ended = replace(before, phase="failed", problem=None)

    assert follow_prior(before, LOST, ended).prior_view.phase == "failed"

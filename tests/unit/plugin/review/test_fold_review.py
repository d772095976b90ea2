"""The reader's verdicts: what they change, and what they outlast."""

from __future__ import annotations

import pytest

from inference.backend import Box, Finding, Finished
from plugin.events import FilmInReading, FilmPrepared, FindingSelected, ReadingStarted
from plugin.fold import fold
from plugin.review.reviewed import (
    looked_at,
    progress_text,
    read_again_text,
    reviewed_finding,
    reviewed_findings,
    verdict_of,
)
from plugin.review.state import (
    BoxAdded,
    EditBegun,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
    ReasonAsked,
    ReviewSetBack,
    VerdictTakenBack,
)
from plugin.state import StudyReading

AT = "2026-11-22T09:00:00.000Z"
HEART = Finding("f1", "cardiomegaly", "present", 0.82, False, "aa")
EFFUSION = Finding("f2", "pleural effusion", "present", 0.6, True, "aa")
EDEMA = Finding("f3", "edema", "absent", 0.1, False, "aa")
OWN = FindingWords("rib fracture", "left", "likely", "seventh")


def known(*events, start=None, findings=(HEART, EFFUSION, EDEMA)) -> StudyReading:
    state = fold(start or StudyReading(), ReadingStarted((FilmInReading("pa#1", "PA"),)))
    for event in (FilmPrepared("pa#1", "aa"), *findings, Finished(), *events):
        state = fold(state, event)
    return state


def statuses(state):
    return {one.label: one.status for one in reviewed_findings(state)}


def test_nothing_is_judged_at_first():
    state = known()

    assert statuses(state) == {"cardiomegaly": "untouched", "pleural effusion": "untouched"}
    assert (looked_at(state), progress_text(state)) == ((0, 2), "0 of 2 findings looked at")


def test_an_accepted_finding_stands_and_the_next_one_is_up():
    state = known(FindingSelected("f1"), FindingAccepted("f1", AT))

    assert statuses(state)["cardiomegaly"] == "accepted"
    assert state.selected == "f2"
    assert progress_text(state) == "1 of 2 findings looked at"


def test_the_finding_that_comes_up_by_itself_was_not_reached():
    """So that a second press of Enter is about nothing."""
    state = known(FindingSelected("f1"), FindingAccepted("f1", AT))

    assert state.review.reached is None


def test_after_the_last_verdict_the_selection_stays():
    state = known(FindingAccepted("f1", AT), FindingSelected("f2"), FindingRejected("f2", AT, "known"))

    assert (state.selected, state.review.reached) == ("f2", None)


def test_a_rejection_keeps_its_reason_and_words():
    state = known(FindingRejected("f2", AT, "wrong place", "it is the other side"))
    one = reviewed_finding(state, "f2")

    assert (one.status, one.reason, one.note, one.stands) == (
        "rejected",
        "wrong place",
        "it is the other side",
        False,
    )


def test_a_later_verdict_replaces_the_earlier_one():
    state = known(FindingAccepted("f1", AT), FindingRejected("f1", AT))

    assert [verdict.kind for verdict in state.review.verdicts] == ["rejected"]


def test_an_edit_changes_the_words_and_keeps_the_model_s_own():
    words = FindingWords("pleural effusion", "left", "possible", "small")
    one = reviewed_finding(known(FindingEdited("f2", words, AT)), "f2")

    assert (one.status, one.side, one.certainty, one.note) == ("edited", "left", "possible", "small")
    assert one.model == EFFUSION


def test_words_without_a_certainty_keep_the_model_s():
    one = reviewed_finding(known(FindingEdited("f1", FindingWords("large heart"), AT)), "f1")

    assert (one.label, one.certainty) == ("large heart", "likely")


def test_a_verdict_can_be_taken_back():
    state = known(FindingAccepted("f1", AT), VerdictTakenBack("f1", AT))

    assert state.review.verdicts == ()
    assert verdict_of(state, "f1") is None


def test_taking_back_what_was_never_decided_changes_nothing():
    assert known(VerdictTakenBack("f9", AT)) == known()


@pytest.mark.parametrize("event", [FindingAccepted("f3", AT), FindingRejected("zz", AT)])
def test_only_present_findings_are_judged(event):
    assert known(event) == known()


def test_an_id_names_one_finding():
    added = FindingAdded("h1", "aa", OWN, AT)

    assert known(added, added) == known(added)
    assert known(FindingAdded("f1", "aa", OWN, AT)) == known()


def test_a_finding_of_the_reader_s_own_stands_beside_the_model_s():
    state = known(FindingAdded("h1", "aa", OWN, AT))
    one = reviewed_finding(state, "h1")

    assert (one.label, one.side, one.status, one.model) == ("rib fracture", "left", "added", None)
    assert looked_at(state) == (0, 2)


def test_a_finding_of_the_reader_s_own_can_be_selected_reworded_and_taken_away():
    state = known(FindingAdded("h1", "aa", OWN, AT), FindingSelected("h1"))
    assert state.selected == "h1"

    state = fold(state, BoxAdded("b9", "aa", (1, 2, 3, 4), "h1", AT, "2.25.1"))
    state = fold(state, FindingEdited("h1", FindingWords("old rib fracture"), AT))
    assert reviewed_finding(state, "h1").label == "old rib fracture"

    state = fold(state, VerdictTakenBack("h1", AT))
    assert (state.review.added, state.review.boxes, state.selected) == ((), (), None)


def test_the_selection_stays_where_another_own_finding_goes():
    state = known(FindingAdded("h1", "aa", OWN, AT), FindingSelected("f1"), VerdictTakenBack("h1", AT))

    assert state.selected == "f1"


def test_the_reason_is_asked_of_the_model_s_findings_only():
    state = known(FindingAdded("h1", "aa", OWN, AT))

    assert fold(state, ReasonAsked("f1")).review.asks_reason_of == "f1"
    assert fold(state, ReasonAsked("h1")).review.asks_reason_of is None
    assert fold(fold(state, ReasonAsked("f1")), ReasonAsked(None)).review.asks_reason_of is None


def test_one_thing_is_asked_at_a_time():
    state = known(ReasonAsked("f1"), EditBegun("f2"))

    assert (state.review.asks_reason_of, state.review.edits) == (None, "f2")
    assert fold(state, EditBegun("zz")).review.edits is None


def test_undo_brings_back_all_that_was_decided():
    before = known(FindingAccepted("f1", AT), FindingSelected("f2"))
    after = fold(before, FindingRejected("f2", AT))

    undone = fold(after, ReviewSetBack(before.review, AT))

    assert undone.review.verdicts == before.review.verdicts
    assert undone.review.reached is None


def test_another_reading_keeps_verdicts_of_the_same_finding_on_the_same_film():
    first = known(FindingAccepted("f1", AT), FindingRejected("f2", AT))
    again = known(
        start=first,
        findings=(
            Finding("f7", "cardiomegaly", "present", 0.9, False, "aa"),
            Finding("f2", "pneumonia", "present", 0.9, False, "aa"),
        ),
    )

    assert statuses(again) == {"cardiomegaly": "accepted", "pneumonia": "untouched"}
    assert read_again_text(again) == (
        "Read again: 1 verdict of yours was kept. Not listed any more, though you had judged it: pleural effusion."
    )


def test_another_reading_that_finds_the_same_says_what_was_kept():
    first = known(FindingAccepted("f1", AT), FindingAccepted("f2", AT))

    assert read_again_text(known(start=first)) == "Read again: 2 verdicts of yours were kept."


def test_a_verdict_on_one_film_is_none_on_another():
    first = known(FindingAccepted("f1", AT))
    other = known(start=first, findings=(Finding("f1", "cardiomegaly", "present", 0.9, False, "bb"),))

    assert statuses(other) == {"cardiomegaly": "untouched"}
    assert read_again_text(other) == "Not listed any more, though you had judged it: cardiomegaly."


def test_without_verdicts_another_reading_says_nothing():
    assert read_again_text(known(start=known())) == ""
    assert progress_text(known(findings=())) == ""
    assert progress_text(known(findings=(HEART,))) == "0 of 1 finding looked at"


def test_findings_are_listed_film_by_film():
    state = fold(StudyReading(), ReadingStarted((FilmInReading("a", "PA"), FilmInReading("b", "Lateral"))))
    for event in (
        FilmPrepared("a", "aa"),
        FilmPrepared("b", "bb"),
        Finding("f2", "edema", "present", 0.9, False, "bb"),
        HEART,
        Box("b1", "aa", (0, 0, 9, 9), "f1"),
        FindingAdded("h1", "aa", OWN, AT),
        FindingAdded("h2", "??", OWN, AT),
    ):
        state = fold(state, event)

    assert [one.id for one in reviewed_findings(state)] == ["f1", "h1", "f2", "h2"]

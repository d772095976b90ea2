"""What Enter, Backspace, J and E mean at each moment (reading.md 1.1)."""

from __future__ import annotations

import pytest
from unit.plugin.review.test_fold_review import AT, OWN, known

from plugin.events import FindingSelected
from plugin.first_look.state import AiHidden, FirstLookCommitted, StudySeen
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.review.keys import on_edit, on_enter, on_reject, on_step
from plugin.review.state import (
    AddBegun,
    EditBegun,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
    ReasonAsked,
    VerdictTakenBack,
)
from plugin.state import StudyReading

OPEN = (StudySeen("concurrent", AT),)


def shown(*events):
    start = StudyReading()
    for event in OPEN:
        start = fold(start, event)
    return visible(known(*events, start=start))


def closed(*events):
    return visible(known(StudySeen("second reader", AT), *events))


def pressing(state, press, times):
    """The events that several presses give, one after the other."""
    told = []
    for _ in range(times):
        event = press(state)
        told.append(event)
        if event is not None:
            state = visible(fold(state, event))
    return told


def test_enter_is_the_first_look_while_the_gate_is_closed():
    assert on_enter(closed(), AT) == FirstLookCommitted(AT)


@pytest.mark.parametrize("times", [2, 3, 10])
def test_pressing_enter_many_times_accepts_one_finding_at_most(times):
    on_film = shown(FindingSelected("f1"))
    told = pressing(on_film, lambda state: on_enter(state, AT), times)
    assert [event for event in told if event is not None] == [FindingAccepted("f1", AT)]

    behind = visible(known(StudySeen("second reader", AT)))
    told = pressing(behind, lambda state: on_enter(state, AT), times)
    assert [event for event in told if event is not None] == [FirstLookCommitted(AT)]


def test_enter_accepts_nothing_that_is_only_selected():
    state = shown(FindingSelected("f1"), FindingAccepted("f1", AT))

    assert state.selected == "f2"
    assert on_enter(state, AT) is None


def test_enter_on_an_accepted_finding_takes_the_verdict_back():
    state = shown(FindingAccepted("f1", AT), FindingSelected("f1"))

    assert on_enter(state, AT) == VerdictTakenBack("f1", AT)


@pytest.mark.parametrize(
    "verdict", [FindingRejected("f1", AT), FindingEdited("f1", FindingWords("large heart"), AT)]
)
def test_enter_accepts_what_was_rejected_or_edited_before(verdict):
    assert on_enter(shown(verdict, FindingSelected("f1")), AT) == FindingAccepted("f1", AT)


def test_a_finding_of_one_s_own_needs_no_acceptance():
    assert on_enter(shown(FindingAdded("h1", "aa", OWN, AT), FindingSelected("h1")), AT) is None


@pytest.mark.parametrize("open_question", [ReasonAsked("f1"), EditBegun("f1"), AddBegun("aa")])
def test_while_something_is_asked_enter_and_backspace_are_its_own(open_question):
    state = shown(FindingSelected("f1"), open_question)

    assert on_enter(state, AT) is None
    assert on_reject(state, AT) is None


def test_backspace_asks_why_and_takes_a_rejection_back():
    assert on_reject(shown(FindingSelected("f1")), AT) == ReasonAsked("f1")
    rejected = shown(FindingRejected("f1", AT), FindingSelected("f1"))
    assert on_reject(rejected, AT) == VerdictTakenBack("f1", AT)


def test_backspace_removes_a_finding_of_one_s_own():
    state = shown(FindingAdded("h1", "aa", OWN, AT), FindingSelected("h1"))

    assert on_reject(state, AT) == VerdictTakenBack("h1", AT)


def test_backspace_without_a_finding_that_was_reached_does_nothing():
    assert on_reject(shown(), AT) is None
    assert on_reject(shown(FindingSelected("f1"), FindingAccepted("f1", AT)), AT) is None


def test_j_goes_round_and_shift_j_back():
    assert on_step(shown()) == FindingSelected("f1")
    assert on_step(shown(), -1) == FindingSelected("f2")
    assert on_step(shown(FindingSelected("f1"))) == FindingSelected("f2")
    assert on_step(shown(FindingSelected("f2"))) == FindingSelected("f1")
    assert on_step(shown(FindingSelected("f1")), -1) == FindingSelected("f2")


def test_j_reaches_the_finding_that_came_up_by_itself():
    assert on_step(shown(FindingSelected("f1"), FindingAccepted("f1", AT))) == FindingSelected("f2")


def test_j_leaves_a_finding_that_has_its_verdict():
    state = shown(FindingAccepted("f1", AT), FindingSelected("f2"), FindingAccepted("f2", AT))

    assert state.selected == "f2"
    assert on_step(state) == FindingSelected("f1")


def test_without_findings_and_behind_the_gate_there_is_nothing_to_step_to():
    assert on_step(visible(known(start=None, findings=()))) is None
    assert on_step(closed(FindingSelected("f1"))) is None


def test_e_means_the_selected_finding_else_the_draft():
    assert on_edit(shown(FindingSelected("f1"))) == EditBegun("f1")
    assert on_edit(shown()) is None


def test_what_is_hidden_by_hand_is_reached_by_no_key():
    state = shown(FindingSelected("f1"), AiHidden(AT))

    assert (on_enter(state, AT), on_reject(state, AT), on_step(state), on_edit(state)) == (None,) * 4

"""Undo and redo as pure data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.voi import WindowVoi
from viewer.ui.film_view import FilmView
from viewer.ui.placement import Posture
from viewer.ui.tools.history import (
    MOST_STEPS,
    Change,
    History,
    Step,
    recorded,
    redone,
    undone,
    view_change,
)


def step(before, after, film="a", **more):
    return Step("step", (Change(film, before, after),), **more)


@given(st.lists(st.sampled_from(["do", "undo", "redo"]), max_size=40))
def test_undo_and_redo_walk_along_what_was_done(wishes):
    """Against the simplest model: a list of states and a place in it."""
    states, place, history = [0], 0, History()
    for number, wish in enumerate(wishes, start=1):
        if wish == "do":
            history = recorded(history, step(states[place], number))
            states[place + 1 :] = [number]
            place += 1
            continue
        history, found = (undone if wish == "undo" else redone)(history)
        can = place > 0 if wish == "undo" else place < len(states) - 1
        assert (found is not None) == can
        if can:
            place += -1 if wish == "undo" else 1
            assert (found.changes[0].before if wish == "undo" else found.changes[0].after) == states[place]


def test_what_changes_nothing_is_no_step():
    assert recorded(History(), step(1, 1)) == History()


def test_a_history_does_not_grow_for_ever():
    history = History()
    for number in range(MOST_STEPS + 10):
        history = recorded(history, step(number, number + 1))
    assert len(history.past) == MOST_STEPS
    assert history.past[-1].changes[0].after == MOST_STEPS + 10


def test_turns_of_the_wheel_grow_together_but_not_after_a_pause_or_on_another_film():
    history = recorded(History(), step(1, 2, at_s=0.0, can_grow=True))
    history = recorded(history, step(2, 3, at_s=0.3, can_grow=True))
    assert [(c.before, c.after) for s in history.past for c in s.changes] == [(1, 3)]
    assert len(recorded(history, step(3, 4, at_s=5.0, can_grow=True)).past) == 2
    assert len(recorded(history, step(3, 4, film="b", at_s=0.4, can_grow=True)).past) == 2
    assert len(recorded(history, step(3, 4, at_s=0.4)).past) == 2


VIEW = FilmView(voi=WindowVoi(10, 20))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (replace(VIEW, voi=WindowVoi(11, 20)), "window"),
        (replace(VIEW, is_inverted=True), "invert"),
        (replace(VIEW, posture=Posture(1)), "rotation"),
        (replace(VIEW, posture=Posture(0, True)), "flip"),
        (replace(VIEW, center=(1.0, 2.0)), "pan"),
        (replace(VIEW, zoom=2.0), "zoom and pan"),
        (replace(VIEW, zoom=2.0, is_inverted=True), "change of view"),
    ],
)
def test_a_step_is_named_for_what_changed(after, words):
    assert view_change(VIEW, after) == words

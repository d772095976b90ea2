"""The dated check of a screen, and the pattern that it is made with."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.ui.monitor.checks import MOST_KEPT, MonitorCheck, check_text, last_check, with_check
from viewer.ui.monitor.pattern import STEPS, step_greys

DAY = date(2026, 11, 22)


def test_each_screen_has_its_own_last_check():
    kept = with_check(None, MonitorCheck(DAY, "left", True, True))
    kept = with_check(kept, MonitorCheck(DAY + timedelta(1), "right", True, False))
    kept = json.loads(json.dumps(kept))
    assert last_check(kept, "left") == MonitorCheck(DAY, "left", True, True)
    assert not last_check(kept, "right").has_passed
    assert last_check(kept, "third") is None


def test_old_checks_make_room():
    kept = None
    for number in range(MOST_KEPT + 3):
        kept = with_check(kept, MonitorCheck(DAY + timedelta(number), "one", True, True))
    assert len(kept) == MOST_KEPT
    assert last_check(kept, "one").day == DAY + timedelta(MOST_KEPT + 2)


@pytest.mark.parametrize(
    ("check", "days", "text"),
    [
        (None, 0, "never checked"),
        (MonitorCheck(DAY, "one", True, True), 3, "2026-11-22: passed."),
        (MonitorCheck(DAY, "one", True, True), 40, "40 days ago. Check again."),
        (MonitorCheck(DAY, "one", False, True), 0, "not passed. Dim the room"),
    ],
)
def test_the_reader_is_told_how_it_stands_and_what_to_do(check, days, text):
    assert text in check_text(check, DAY + timedelta(days))


@given(
    st.recursive(st.none() | st.text(max_size=4) | st.integers(), st.lists)
    | st.lists(
        st.dictionaries(st.sampled_from(["day", "screen", "sees_dark"]), st.text(max_size=10), max_size=3),
        max_size=4,
    )
)
def test_a_settings_file_changed_by_hand_breaks_nothing(wild):
    assert check_text(last_check(wild, ""), DAY)
    assert last_check(with_check(wild, MonitorCheck(DAY, "one", True, True)), "one").has_passed


def test_the_steps_run_evenly_from_black_to_white():
    greys = step_greys()
    assert (greys[0], greys[-1], len(greys)) == (0.0, 1.0, STEPS)
    assert all(b - a == pytest.approx(1 / (STEPS - 1)) for a, b in itertools.pairwise(greys))

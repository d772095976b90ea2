"""Cine's clock, what is read ahead, and the bar's geometry, without a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.ui.stacks.ahead import read_order
from viewer.ui.stacks.cine_clock import DEFAULT_RATE, RATES, due, first_rate, other_rate
from viewer.ui.stacks.slice_bar import BarState, slice_at, thumb


def test_a_running_stack_begins_again_after_its_last_slice():
    places = [due(step / 10, 10, 2, 4, ping_pong=False)[0] for step in range(6)]
    assert places == [2, 3, 0, 1, 2, 3]


def test_ping_pong_runs_back_from_both_ends_without_showing_them_twice():
    places = [due(step / 10, 10, 0, 4, ping_pong=True)[0] for step in range(9)]
    assert places == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert due(0.4, 10, 0, 4, ping_pong=True)[1] == -1


def test_slices_are_left_out_when_time_has_passed():
    assert due(0.5, 20, 0, 100, ping_pong=False)[0] == 10


@given(st.floats(0, 1e5), st.sampled_from(RATES), st.integers(0, 400), st.integers(1, 300), st.booleans())
def test_what_is_due_is_always_a_slice(elapsed, rate, start, count, ping_pong):
    at, direction = due(elapsed, rate, start, count, ping_pong=ping_pong)
    assert 0 <= at < count
    assert direction in (1, -1)


def test_the_header_says_how_fast_and_15_where_it_does_not():
    assert first_rate(None) == DEFAULT_RATE == 15
    assert first_rate(24.0) == 24
    assert first_rate(500.0) == 60


def test_faster_and_slower_stop_at_the_ends():
    assert other_rate(15, 1) == 20
    assert other_rate(24, -1) == 20
    assert other_rate(60, 1) == 60
    assert other_rate(1, -1) == 1


def test_the_wanted_slice_is_read_first_and_mostly_what_lies_ahead():
    assert read_order(10, 100, 1, 8) == (10, 11, 12, 13, 9, 14, 15, 16)
    assert read_order(10, 100, -1, 5) == (10, 9, 8, 7, 11)
    assert read_order(99, 100, 1, 4) == (99, 98, 97, 96)


@given(st.integers(1, 60), st.data())
def test_every_slice_is_read_once_where_there_is_room(count, data):
    at = data.draw(st.integers(0, count - 1))
    order = read_order(at, count, data.draw(st.sampled_from((-1, 1))), count)
    assert sorted(order) == list(range(count))
    assert order[0] == at


def test_no_more_is_read_than_there_is_room_for():
    assert len(read_order(5, 1000, 1, 30)) == 30
    assert read_order(5, 1000, 1, 0) == (5,)


@pytest.mark.parametrize("count", [2, 7, 500])
def test_the_bar_is_dragged_to_the_slice_whose_thumb_is_there(count):
    state = BarState(count)
    for at in (0, count // 2, count - 1):
        top, size = thumb(state, at, 600)
        assert slice_at(state, top + size / 2, 600) == at
    assert slice_at(state, -50, 600) == 0
    assert slice_at(state, 5000, 600) == count - 1

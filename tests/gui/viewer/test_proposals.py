"""Measurements that a plugin proposes: marked as proposals until the reader has touched or accepted them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gui.viewer.conftest import Desk
from gui.viewer.test_tools import Bench, draw_length

from viewer.api import MeasurementProposal
from viewer.ui import theme
from viewer.ui.host import PluginHost
from viewer.ui.tools.painting import color_of

NOTE = "AI proposal – check the handles."


@pytest.fixture
def bench(desk):
    bench = Bench(desk)
    bench.host = PluginHost(desk.window, "Reading")
    return bench


def ratio(bench, name="ctr"):
    points = ((200.0, 400.0), (325.0, 380.0), (150.0, 450.0), (400.0, 450.0))
    return MeasurementProposal(name, bench.film.key, "ctr", points, NOTE)


NUMBERS = ("CTR 0.50", "heart 25.0 / thorax 50.0 mm at detector")


def test_a_proposal_is_measured_and_says_what_it_is(bench):
    bench.host.set_proposals("reading", (ratio(bench),))
    assert bench.lines == [(*NUMBERS, NOTE)]
    shown = bench.shown.marks[0].mark
    assert color_of(shown) != theme.HUMAN
    assert bench.marks == ()  # nothing of it is the reader's, or kept
    assert bench.host.reader_marks(bench.film.key) == ()


def test_moving_a_handle_makes_it_the_readers_own(bench):
    bench.host.set_proposals("reading", (ratio(bench),))
    bench.drag((325, 380), (330, 380), (350, 380))
    assert bench.lines == [("CTR 0.60", "heart 30.0 / thorax 50.0 mm at detector")]
    assert color_of(bench.shown.marks[0].mark) == theme.HUMAN
    (told,) = bench.host.reader_marks(bench.film.key)
    assert (told.proposed_by, told.proposal_id, told.kind) == ("reading", "ctr", "ctr")
    assert told.lines[0] == "CTR 0.60"
    bench.undo()
    assert bench.lines == [(*NUMBERS, NOTE)]


def test_a_look_at_the_handles_is_no_acceptance_but_the_wish_is(bench):
    bench.host.set_proposals("reading", (ratio(bench),))
    bench.click(150, 450)
    assert bench.lines == [(*NUMBERS, NOTE)]
    bench.desk.wish("accept_mark")
    assert bench.lines == [NUMBERS]


def test_what_the_reader_took_over_or_away_is_not_proposed_again(bench):
    bench.host.set_proposals("reading", (ratio(bench),))
    bench.click(150, 450)
    bench.desk.wish("delete_mark")
    bench.host.set_proposals("reading", (ratio(bench),))
    assert bench.lines == []
    bench.undo()
    assert bench.lines == [(*NUMBERS, NOTE)]
    bench.desk.wish("accept_mark")
    bench.host.set_proposals("reading", ())
    assert bench.lines == [NUMBERS]


def test_a_plugin_that_leaves_takes_its_proposals_along(bench):
    bench.host.set_proposals("reading", (ratio(bench),))
    bench.host.take_back()
    assert bench.lines == []


def test_proposals_are_not_kept_over_a_restart(qtbot, reader, scan):
    first = Desk(qtbot, reader, scan)
    bench = Bench(first)
    PluginHost(first.window, "Reading").set_proposals("reading", (ratio(bench),))
    draw_length(bench, (50, 50), (100, 50))
    first.window.close()
    second = Desk(qtbot, reader, scan)
    again = Bench(second)
    second.wait(lambda: again.marks)
    assert again.lines == [("10.0 mm at detector",)]
    second.window.close()


@pytest.mark.parametrize(
    "change",
    [{"points": ((1.0, 2.0),)}, {"points": ((1.0, 2.0),) * 3 + ((1.0, float("nan")),)}, {"note": ""}],
)
def test_a_proposal_that_can_not_be_drawn_is_refused(bench, change):
    with pytest.raises(ValueError, match=r"[Pp]oints|note"):
        bench.host.set_proposals("reading", (replace(ratio(bench), **change),))
    assert bench.lines == []


def test_a_plugin_is_told_what_the_reader_draws(bench):
    told = []
    bench.host.on_reader_marks_changed(told.append)
    draw_length(bench)
    assert told == [bench.film.key]
    (mark,) = bench.host.reader_marks(bench.film.key)
    assert mark.lines == ("100.0 mm at detector",)
    assert mark.proposed_by == ""

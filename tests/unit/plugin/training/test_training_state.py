"""What the training window knows, and how it is said: decisions without a screen."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.train_status import (
    CorrectionsKept,
    Examination,
    Means,
    PlanWish,
    RunDetail,
    RunState,
    RunSummary,
    StepTaken,
    TrainingPlan,
)
from plugin.training import words
from plugin.training.curve_chart import MOST_POINTS, CurvePoint, running_mean, thinned
from plugin.training.fold import fold
from plugin.training.state import (
    DetailTold,
    Examined,
    MeansTold,
    Planned,
    RunChosen,
    RunsTold,
    SourceAdded,
    SourceRemoved,
    TrainingState,
    WishChanged,
)

PLAN = TrainingPlan("starter", "0" * 64, ("corrections:",), ())
RUN = RunSummary("20261122-090000-abcdef", RunState("training", 3, 10), is_alive=True)
OTHER = RunSummary("20261121-090000-abcdef", RunState("done", 10, 10), is_alive=False)


def told(state: TrainingState, *events) -> TrainingState:
    for event in events:
        state = fold(state, event)
    return state


def detail(first: int, *steps: int, run: RunSummary = RUN) -> DetailTold:
    lines = tuple({"what": "step_taken", **asdict(StepTaken(n, 1.0, 1e-4, 0.5, 60.0, 9))} for n in steps)
    return DetailTold(RunDetail(run, PLAN, first, first + len(lines), lines))


def steps_of(state: TrainingState) -> list[int]:
    return [one.step for one in state.curve.steps]


WATCHING = told(TrainingState(), RunsTold((RUN, OTHER)))


def test_the_newest_run_is_shown_first():
    assert WATCHING.shown == RUN.id


def test_a_resumed_run_that_does_steps_again_shows_each_once():
    state = told(WATCHING, detail(0, 1, 2, 3), detail(3, 2, 3, 4))

    assert steps_of(state) == [1, 2, 3, 4]


def test_a_log_that_was_cut_back_begins_anew():
    state = told(WATCHING, detail(0, 1, 2, 3), detail(0, 1))

    assert steps_of(state) == [1]
    assert state.curve.lines == 1


def test_an_answer_that_came_twice_or_too_early_changes_nothing():
    state = told(WATCHING, detail(0, 1, 2), detail(2, 3))

    assert told(state, detail(2, 3)) == state
    assert told(state, detail(9, 10)) == state


def test_an_answer_about_another_run_is_not_drawn_into_this_one():
    state = told(WATCHING, detail(0, 1, 2), RunChosen(OTHER.id), detail(0, 1, 2, 3))

    assert steps_of(state) == []


@given(st.lists(st.lists(st.integers(1, 50), max_size=6), max_size=6))
def test_steps_always_rise(batches):
    state, first = WATCHING, 0
    for batch in batches:
        state = told(state, detail(first, *batch))
        first += len(batch)

    assert steps_of(state) == sorted(set(steps_of(state)))


def test_lines_that_can_not_be_understood_are_left_out():
    lines = ({}, {"what": "step_taken"}, {"what": "from a newer version", "x": 1})

    state = told(WATCHING, DetailTold(RunDetail(RUN, PLAN, 0, 3, lines)))

    assert steps_of(state) == []
    assert state.curve.lines == 3


def test_other_data_make_report_and_plan_stale():
    state = told(TrainingState(), SourceAdded("folder:/a"))
    state = told(state, Examined(state.sources, Examination(())), Planned(state.wish, PLAN))
    assert state.is_plan_current

    state = told(state, SourceAdded("folder:/b"))
    assert state.examination is None
    assert not state.is_plan_current
    assert told(state, SourceRemoved("folder:/b")).is_plan_current  # as it was


def test_a_wish_is_always_about_the_data_that_are_chosen():
    state = told(
        TrainingState(), SourceAdded("folder:/a"), WishChanged(PlanWish(("folder:/old",), hours=2.0))
    )

    assert state.wish == PlanWish(("folder:/a",), hours=2.0)


def test_what_one_can_train_from_is_kept():
    means = Means((), CorrectionsKept(1, 1, 1))

    assert told(TrainingState(), MeansTold(means)).means == means


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "not known"),
        (20, "less than a minute"),
        (61, "about 1 minute"),
        (3_900, "about 65 minutes"),
        (9_000, "about 2.5 hours"),
        (90_000, "about 25 hours"),
    ],
)
def test_times_are_said_as_a_person_says_them(seconds, said):
    assert words.duration(seconds) == said


def test_a_run_without_a_checkpoint_that_died_begins_anew():
    dead = RunSummary("20261122-090000-abcdef", RunState("training", 3, 10), is_alive=False)

    assert "Resume begins anew" in words.what_to_do(dead)


def test_long_curves_are_drawn_with_few_points_and_end_where_they_end():
    points = [CurvePoint(step, 1 / step) for step in range(1, 100_001)]

    drawn = thinned(points)

    assert len(drawn) <= MOST_POINTS
    assert drawn[-1] == points[-1]
    assert [one.step for one in drawn] == sorted({one.step for one in drawn})


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_the_clear_line_stays_within_the_values(values):
    points = [CurvePoint(step, value) for step, value in enumerate(values)]

    mean = [one.value for one in running_mean(points)]

    assert len(mean) == len(values)
    assert min(values) - 1e-9 <= min(mean)
    assert max(mean) <= max(values) + 1e-9

"""The bench's own sums: they must be right before any number is believed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.bench.statistics import Samples, compared, from_json, percentile, rounded, summed_up

MEASURED = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)


def samples(*values: float, case: str = "drag/1200", unit: str = "ms") -> Samples:
    return Samples(case, "Window/level drag frame", unit, values)


@given(MEASURED, st.floats(0.001, 1))
def test_a_percentile_is_numpys_nearest_rank(values, share):
    assert percentile(values, share) == np.percentile(values, share * 100, method="inverted_cdf")


def test_one_slow_frame_of_twenty_is_in_the_p95_and_one_of_a_hundred_is_not():
    assert percentile([1.0] * 18 + [50.0] * 2, 0.95) == 50.0
    assert percentile([1.0] * 99 + [50.0], 0.95) == 1.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_a_budget_is_kept_by_the_p95_not_by_the_median():
    case = summed_up(samples(*[10.0] * 15, *[17.0] * 5), budget=16)
    assert (case.median, case.p95, case.met) == (10.0, 17.0, False)
    assert summed_up(samples(16.0), budget=16).met is True
    assert summed_up(samples(1e9)).met is None


def test_a_budget_is_judged_before_the_number_is_rounded():
    case = summed_up(samples(16.0001), budget=16)
    assert (case.p95, case.met) == (16.0, False)


@given(MEASURED)
def test_samples_survive_the_way_through_a_childs_file(values):
    told = samples(*values)
    assert from_json(told.as_json()) == told


def test_who_is_quicker_leads_and_the_ratio_says_by_how_much():
    ours, theirs = summed_up(samples(4.0)), summed_up(samples(14.0))
    told = compared(ours, theirs, "peer 1.0")
    assert (told.ratio, told.leads) == (3.5, True)
    assert compared(theirs, ours, "peer 1.0").leads is False
    assert compared(ours, ours, "peer 1.0").leads is False


def test_different_things_are_not_compared():
    with pytest.raises(ValueError, match="can't be compared"):
        compared(summed_up(samples(1.0)), summed_up(samples(1.0, unit="MiB")), "peer")


@given(st.floats(1e-6, 1e6))
def test_rounding_moves_a_number_by_less_than_a_thousandth(value):
    assert math.isclose(rounded(value), value, rel_tol=1e-3)

"""Shares and medians, and when nothing is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.dashboard.share import TOO_FEW, Middle, Share, middle_of, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0)],
)
def test_the_interval_is_wilson_s_as_published(count, of, low, high):
    """The first two from Newcombe, Stat Med 1998;17:857, table I, method 3."""
    assert wilson(count, of) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_stays_a_share(count, more):
    low, high = wilson(count, count + more)

    assert 0 <= low <= high <= 1
    if count + more:
        assert low - 1e-9 <= count / (count + more) <= high + 1e-9


def test_too_few_cases_say_nothing():
    assert Share(19, 19).text == TOO_FEW
    assert Share(16, 20).text == "80 % (58 to 92)"
    assert (Share().value, Share().interval) == (0.0, (0.0, 1.0))
    assert middle_of([1.0] * 9).text() == TOO_FEW
    assert Middle().mean_text == TOO_FEW


def test_a_median_stands_with_its_middle_half():
    middle = middle_of([float(n) for n in range(1, 12)])

    assert (middle.of, middle.value, middle.low, middle.high, middle.mean) == (11, 6.0, 3.5, 8.5, 6.0)
    assert middle.text("s") == "6.0 s (half between 3.5 and 8.5)"
    assert middle_of([30.0] * 10).text("s") == "30 s (half between 30 and 30)"
    assert middle.mean_text == "6.0 on average"
    assert middle.error == pytest.approx(1.96 * 3.1623 / 11**0.5, abs=0.01)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_quartiles_stand_in_their_order(values):
    middle = middle_of(values)

    assert min(values) <= middle.low <= middle.value <= middle.high <= max(values)

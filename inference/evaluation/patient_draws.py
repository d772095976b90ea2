"""Intervals and tests over patients. Pure.

A statistic is a function of what was said, row by row, and of weights: row i counts `weights[d, i]` times in draw d.
A bootstrap draws patients, so all rows of one come together; a randomisation test swaps the two models' answers of
whole patients. Both are the same for any statistic, and a thousand draws cost one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Statistic = Callable[[NDArray[Any], Numbers], Numbers]
"""(said of shape (rows, …), weights of shape (draws, rows)) -> (draws,); NaN where a draw can't say."""

DRAWS = 1000
_CELLS = 2_000_000  # weights held at a time
MOST_UNSAYING = 0.2
"""Share of draws without a value from which on there is no interval."""


@dataclass(frozen=True, slots=True)
class Owned:
    """Rows and the patients they belong to."""

    patients: tuple[str, ...]  # one for each row

    @property
    def number_of_patients(self) -> int:
        return len(set(self.patients))


def point(statistic: Statistic, said: NDArray[Any]) -> float:
    """The statistic of all rows, each counted once."""
    return float(statistic(said, np.ones((1, len(said))))[0])


def interval(
    statistic: Statistic, said: NDArray[Any], owned: Owned, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a bootstrap over patients; NaN where too many draws say nothing."""
    return _percentiles(_resampled(statistic, said, owned, draws, seed))


def paired_interval(
    statistic: Statistic,
    before: NDArray[Any],
    after: NDArray[Any],
    owned: Owned,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % interval of after minus before: the same patients are drawn for both."""
    first = _resampled(statistic, before, owned, draws, seed)
    return _percentiles(_resampled(statistic, after, owned, draws, seed) - first)


def randomisation_p(
    statistic: Statistic,
    before: NDArray[Any],
    after: NDArray[Any],
    owned: Owned,
    draws: int = DRAWS,
    seed: int = 0,
) -> float:
    """How often swapping the two models' answers, patient by patient, makes at least this difference (two-sided).

    1.0 for two models that say the same.
    """
    seen = abs(point(statistic, after) - point(statistic, before))
    names, owner = np.unique(np.array(owned.patients), return_inverse=True)
    rng = np.random.default_rng(seed)
    as_large = 0
    for _ in range(draws):
        swapped = (rng.random(len(names)) < 0.5)[owner]
        is_swapped = swapped.reshape(-1, *(1,) * (before.ndim - 1))
        one, other = np.where(is_swapped, after, before), np.where(is_swapped, before, after)
        as_large += not abs(point(statistic, other) - point(statistic, one)) < seen - 1e-12
    return (1 + as_large) / (1 + draws)


def _resampled(statistic: Statistic, said: NDArray[Any], owned: Owned, draws: int, seed: int) -> Numbers:
    return np.concatenate([statistic(said, weights) for weights in _weights(owned, draws, seed)])


def _weights(owned: Owned, draws: int, seed: int) -> Iterator[Numbers]:
    """(some draws, rows): how often each row's patient was drawn. The same seed gives the same ones."""
    names, owner = np.unique(np.array(owned.patients), return_inverse=True)
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(len(owner), 1))
    equal = np.full(len(names), 1 / len(names))
    for begin in range(0, draws, at_once):
        drawn = rng.multinomial(len(names), equal, size=min(at_once, draws - begin))
        yield drawn.astype(float)[:, owner]


def _percentiles(values: Numbers) -> tuple[float, float]:
    if np.isnan(values).mean() > MOST_UNSAYING:
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def of_patients(patients: Sequence[str]) -> Owned:
    """Rows of these patients."""
    return Owned(tuple(patients))

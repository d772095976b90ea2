"""Shares with their interval, and when there are too few cases to state one. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

FEWEST_FOR_SHARE = 20
"""Below so many cases no share is stated: its interval would be wider than most differences that matter."""
FEWEST_FOR_MEDIAN = 10
TOO_FEW = "too few to say"
_Z = 1.959963984540054  # 97.5 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int = 0
    of: int = 0

    @property
    def is_told(self) -> bool:
        return self.of >= FEWEST_FOR_SHARE

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval; (0, 1) for no case at all."""
        return wilson(self.count, self.of)

    @property
    def text(self) -> str:
        """For instance "82 % (74 to 88)"; too few to say below `FEWEST_FOR_SHARE`."""
        if not self.is_told:
            return TOO_FEW
        low, high = self.interval
        return f"{self.value * 100:.0f} % ({low * 100:.0f} to {high * 100:.0f})"


@dataclass(frozen=True, slots=True)
class Middle:
    """A median with its quartiles and how many values it is of."""

    of: int = 0
    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    mean: float = 0.0
    error: float = 0.0  # of the mean: half its 95 % interval

    @property
    def is_told(self) -> bool:
        return self.of >= FEWEST_FOR_MEDIAN

    @property
    def mean_text(self) -> str:
        """For small counts, whose median hardly ever moves: "1.3 on average"."""
        return f"{self.mean:.1f} on average" if self.is_told else TOO_FEW

    def text(self, unit: str = "") -> str:
        """For instance "34 s (half between 25 and 48)"."""
        if not self.is_told:
            return TOO_FEW
        digits = 0 if self.value >= 10 else 1
        low, high = f"{self.low:.{digits}f}", f"{self.high:.{digits}f}"
        return f"{self.value:.{digits}f}{f' {unit}' if unit else ''} (half between {low} and {high})"


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a binomial share (Wilson 1927)."""
    if of <= 0:
        return (0.0, 1.0)
    share = count / of
    middle = share + _Z**2 / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    scale = 1 + _Z**2 / of
    return (max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def middle_of(values: Sequence[float]) -> Middle:
    if not values:
        return Middle()
    ordered = sorted(values)
    quarter = (len(ordered) - 1) / 4
    low, high = _at(ordered, quarter), _at(ordered, 3 * quarter)
    error = _Z * pstdev(ordered) / math.sqrt(len(ordered))
    return Middle(len(ordered), float(median(ordered)), low, high, fmean(ordered), error)


def _at(ordered: Sequence[float], place: float) -> float:
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))

"""How long is left, from how long it took."""

from __future__ import annotations

from collections import deque
from statistics import fmean, median

LATEST = 50


class Clock:
    """Times of the latest steps and evaluations."""

    def __init__(self) -> None:
        self._steps: deque[float] = deque(maxlen=LATEST)
        self._evaluations: deque[float] = deque(maxlen=3)

    def add_step(self, seconds: float) -> None:
        self._steps.append(seconds)

    def add_evaluation(self, seconds: float) -> None:
        self._evaluations.append(seconds)

    def seconds_left(self, steps: int, evaluations: int) -> float | None:
        """None before the first step. The median of the steps: one that waited for a reading says nothing."""
        if not self._steps:
            return None
        judged = fmean(self._evaluations) * evaluations if self._evaluations else 0.0
        return median(self._steps) * steps + judged

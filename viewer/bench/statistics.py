"""Samples to numbers: median, 95th percentile, and whether a budget is kept. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured of one thing. `budget` is None where there is no promise to keep."""

    id: str
    title: str
    unit: str
    n: int
    median: float
    p95: float
    largest: float
    budget: float | None = None
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw measurements of one thing, before they are summed up."""

    id: str
    title: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(entry: dict[str, Any]) -> Samples:
    """The samples that a child process wrote.

    Raises:
        KeyError, TypeError, ValueError: It is none.
    """
    values = tuple(float(value) for value in entry["values"])
    return Samples(str(entry["id"]), str(entry["title"]), str(entry["unit"]), values, str(entry["note"]))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the samples do not exceed: nearest rank, so always one that was measured.

    Raises:
        ValueError: There are no samples, or the share is none.
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs samples and a share above 0, at most 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def summed_up(samples: Samples, budget: float | None = None) -> Case:
    """Median and p95 of the samples; a budget is kept where the p95 keeps it.

    Raises:
        ValueError: There are no samples.
    """
    values = samples.values
    p95 = percentile(values, 0.95)
    return Case(
        id=samples.id,
        title=samples.title,
        unit=samples.unit,
        n=len(values),
        median=rounded(statistics.median(values)),
        p95=rounded(p95),
        largest=rounded(max(values)),
        budget=budget,
        met=None if budget is None else p95 <= budget,
        note=samples.note,
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same thing done by us and by a peer, in the same run. `ratio` is the peer's median over ours."""

    id: str
    title: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float
    leads: bool = field(default=False)


def compared(ours: Case, theirs: Case, peer: str) -> Comparison:
    """Medians side by side; we lead where ours is smaller.

    Raises:
        ValueError: The two are not the same thing.
    """
    if (ours.id, ours.unit) != (theirs.id, theirs.unit):
        raise ValueError(f"{ours.id} and {theirs.id} can't be compared")
    ratio = theirs.median / ours.median if ours.median else math.inf
    return Comparison(
        ours.id,
        ours.title,
        ours.unit,
        ours.median,
        peer,
        theirs.median,
        rounded(ratio),
        leads=ours.median < theirs.median,
    )


def rounded(value: float) -> float:
    """Four digits that count: more would be noise."""
    return float(f"{value:.4g}")

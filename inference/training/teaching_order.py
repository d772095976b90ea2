"""Active learning: which of the unread or corrected studies would teach the model most, and why in words. Pure.

A study is worth its uncertainty (probabilities near the decision, disagreement of draft and signature) times its
novelty (far from what was trained on and from what stands higher in the list); one study of a patient comes before the
next of the same patient. What it gains against a random order is measured (docs/training-data.md): it is a suggestion
where to look first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inference.training.rows import Known

Strategy = Literal["uncertainty", "novelty", "uncertainty_then_novelty", "random"]
"""`uncertainty_then_novelty` is the list of the viewer; `random` is there to be compared with."""
STRATEGIES: tuple[str, ...] = get_args(Strategy)

UNDECIDED = (0.3, 0.7)
"""A calibrated probability between these is called undecided in the reason."""
UNLIKE = 1.5
"""So many times the usual distance between neighbours that were trained on is called unlike them."""
WANTED = 50
ODD = 2.0
"""Novelty counts up to here: a film unlike all others is often just a bad one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A study that could be read, or was corrected, next. No identity beyond the two keys."""

    study: str
    patient: str  # studies with the same key are of one person; empty: not known, a person of its own
    probabilities: Mapping[str, float] = field(default_factory=dict)  # finding -> calibrated, 0..1
    features: tuple[float, ...] = ()  # of its film, from the encoder or the abstractor; empty: not seen yet
    drafted: Mapping[str, Known] = field(default_factory=dict)  # of a corrected study: what the model said
    signed: Mapping[str, Known] = field(default_factory=dict)  # … and what the reader signed


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the list. `uncertainty` is in bits over all findings, `novelty` in usual distances."""

    place: int  # from 1
    study: str
    reason: str  # words for the reader, a line
    uncertainty: float
    novelty: float | None  # None: without features it can't be said


def rank(
    candidates: Sequence[Candidate],
    known: Sequence[tuple[float, ...]] = (),
    strategy: Strategy = "uncertainty_then_novelty",
    *,
    wanted: int = WANTED,
    seed: int = 0,
) -> tuple[Ranked, ...]:
    """The studies to read next, best first.

    Args:
        candidates: In any order; the answer does not depend on it, equal ones go by their study's name.
        known: Features of the films that were trained on already, as long as the candidates' features.
        wanted: How many at most.
        seed: Of the random order.

    Raises:
        ValueError: Features differ in length, or the strategy is not known.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"{strategy!r} is no strategy; there are: {', '.join(STRATEGIES)}")
    ordered = sorted(candidates, key=lambda candidate: candidate.study)
    space = _Space(ordered, known)
    bits = np.array([uncertainty(one) for one in ordered])
    worth = _worth(bits, strategy, np.random.default_rng(seed))
    chosen = _pick(ordered, worth, space, wanted)
    return tuple(
        Ranked(place, ordered[at].study, _reason(ordered[at], novelty), float(bits[at]), novelty)
        for place, (at, novelty) in enumerate(chosen, 1)
    )


def uncertainty(candidate: Candidate) -> float:
    """Bits that the true answers would tell the model: entropy of what is open, and one for each changed finding."""
    p = np.clip(np.array(list(candidate.probabilities.values()), float), 1e-9, 1 - 1e-9)
    entropy = float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum())
    return entropy + len(disagreements(candidate))


def disagreements(candidate: Candidate) -> tuple[str, ...]:
    """Findings that the reader signed otherwise than the model drafted them."""
    return tuple(
        finding
        for finding, signed in candidate.signed.items()
        if finding in candidate.drafted and candidate.drafted[finding] != signed
    )


def undecided(candidate: Candidate) -> tuple[str, ...]:
    """Findings whose probability is near the decision."""
    low, high = UNDECIDED
    return tuple(finding for finding, p in candidate.probabilities.items() if low <= p <= high)


class _Space:
    """Distances to what is known or already chosen, in units of the usual distance between known neighbours.

    A candidate without features is as new as usual, and nothing becomes less new by it.
    """

    def __init__(self, candidates: Sequence[Candidate], known: Sequence[tuple[float, ...]]) -> None:
        self.has_features = np.array([bool(one.features) for one in candidates], bool)
        features = _matrix([one.features for one in candidates if one.features])
        seen = _matrix(known)
        if features.size and seen.size and features.shape[1] != seen.shape[1]:
            raise ValueError(
                f"Features of {seen.shape[1]} and of {features.shape[1]} numbers can't be compared."
            )
        self._features = np.zeros((len(candidates), features.shape[1]))
        self.nearest = np.where(self.has_features & (len(seen) == 0), np.inf, 1.0)
        if features.size:
            self._features[self.has_features] = features
        self._unit = _usual_distance(seen if seen.size else self._features[self.has_features]) or 1.0
        if seen.size and features.size:
            self.nearest[self.has_features] = self._to(seen).min(axis=1)

    def novelty(self, at: int) -> float | None:
        """Distance to the nearest that is known or chosen; None where there is nothing to measure."""
        return float(self.nearest[at]) if self.has_features[at] and np.isfinite(self.nearest[at]) else None

    def take(self, at: int) -> None:
        """A candidate was chosen: what is like it is less new from now on."""
        if self.has_features[at]:
            near = self._to(self._features[at : at + 1])[:, 0]
            self.nearest[self.has_features] = np.minimum(self.nearest[self.has_features], near)

    def _to(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return _distances(self._features[self.has_features], rows) / self._unit


def _pick(
    candidates: Sequence[Candidate], worth: _Worth, space: _Space, wanted: int
) -> list[tuple[int, float | None]]:
    """Indices in order, each with its novelty when it was chosen."""
    times_seen = np.zeros(len(candidates), int)  # of its patient, in the list so far
    is_left = np.ones(len(candidates), bool)
    patients = np.array([one.patient or f"\0{one.study}" for one in candidates], dtype=object)
    chosen: list[tuple[int, float | None]] = []
    while is_left.any() and len(chosen) < wanted:
        fresh = np.flatnonzero(is_left & (times_seen == times_seen[is_left].min()))
        at = max(fresh.tolist(), key=lambda one: (*worth(one, space), -one))
        chosen.append((at, space.novelty(at)))
        is_left[at] = False
        times_seen[patients == patients[at]] += 1
        space.take(at)
    return chosen


_Worth = Callable[[int, _Space], tuple[float, ...]]
"""What a candidate is worth now; more is better, the first number counts first."""


def _worth(bits: NDArray[np.float64], strategy: Strategy, rng: np.random.Generator) -> _Worth:
    lot = rng.permutation(len(bits))
    match strategy:
        case "random":
            return lambda at, _: (float(lot[at]),)
        case "uncertainty":
            return lambda at, space: (float(bits[at]), float(space.nearest[at]))
        case "novelty":
            return lambda at, space: (float(space.nearest[at]), float(bits[at]))
        case _:
            return lambda at, space: (
                float(bits[at] * min(space.nearest[at], ODD)),
                float(space.nearest[at]),
            )


def _reason(candidate: Candidate, novelty: float | None) -> str:
    parts = []
    if open_ones := undecided(candidate):
        parts.append(f"{_counted(len(open_ones), 'finding')} undecided ({', '.join(open_ones)})")
    if changed := disagreements(candidate):
        parts.append(
            f"the reader changed {_counted(len(changed), 'finding')} of the draft ({', '.join(changed)})"
        )
    if novelty is not None and novelty >= UNLIKE:
        parts.append("unlike the films seen so far")
    elif not candidate.probabilities and not candidate.signed:
        parts.append("not read by the model yet")
    elif not parts:
        parts.append("no finding undecided; much like films seen so far")
    return "; ".join(parts)


def _counted(count: int, noun: str) -> str:
    words = (
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    )
    number = words[count] if count < len(words) else str(count)
    return f"{number} {noun}" if count == 1 else f"{number} {noun}s"


def _matrix(rows: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(f"Features of {min(lengths)} and of {max(lengths)} numbers can't be compared.")
    return np.array(rows, dtype=float).reshape(len(rows), lengths.pop() if lengths else 0)


def _usual_distance(matrix: NDArray[np.float64], most: int = 1000) -> float:
    """Median distance to the nearest neighbour, of at most `most` evenly chosen rows."""
    if len(matrix) < 2 or not matrix.shape[1]:
        return 0.0
    rows = matrix[:: max(1, len(matrix) // most)]
    apart = _distances(rows, rows)
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(axis=1)))


def _distances(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean, (rows of left, rows of right)."""
    square = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    return np.asarray(np.sqrt(np.maximum(square, 0)))

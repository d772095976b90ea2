"""Area under the ROC curve with an interval over patients. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
FEWEST = 8
"""Positives (and negatives) below which an AUROC says nothing and is not given."""
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Auroc:
    """With the 95 % interval of a bootstrap over patients."""

    value: float
    low: float
    high: float
    positives: int
    negatives: int

    def as_json(self) -> dict[str, float]:
        """Rounded to three places."""
        return {key: round(number, 3) for key, number in asdict(self).items()}


def auroc(scores: Numbers, labels: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative, ties counting half. NaN without both kinds."""
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def auroc_with_interval(
    scores: Numbers, labels: NDArray[np.int8], patients: Sequence[str], seed: int = 0
) -> Auroc | None:
    """AUROC over the films whose label is known (0 or 1); None with too few of either kind."""
    known = labels >= 0
    truth, values = labels[known] == 1, scores[known]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if min(positives, negatives) < FEWEST:
        return None
    draws = _draws(np.asarray(patients)[known], seed)
    resampled = [auroc(values[rows], truth[rows]) for rows in draws]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return Auroc(auroc(values, truth), float(low), float(high), positives, negatives)


def macro_with_interval(
    scores: Numbers, labels: NDArray[np.int8], columns: Sequence[int], patients: Sequence[str], seed: int = 0
) -> tuple[float, float, float]:
    """Mean AUROC over `columns`, with its interval: the same patients are drawn for all of them."""

    def mean(rows: NDArray[np.intp]) -> float:
        return float(np.nanmean([_column(scores[rows, c], labels[rows, c]) for c in columns]))

    resampled = [mean(rows) for rows in _draws(np.asarray(patients), seed)]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return mean(np.arange(len(scores))), float(low), float(high)


def macro_difference(
    before: Numbers,
    after: Numbers,
    labels: NDArray[np.int8],
    columns: Sequence[int],
    patients: Sequence[str],
    seed: int = 0,
) -> tuple[float, float, float]:
    """Macro AUROC of `after` less that of `before` on the same films, with the interval of a paired bootstrap."""

    def gain(rows: NDArray[np.intp]) -> float:
        truth = labels[rows]
        return float(
            np.nanmean(
                [
                    _column(after[rows, c], truth[:, c]) - _column(before[rows, c], truth[:, c])
                    for c in columns
                ]
            )
        )

    resampled = [gain(rows) for rows in _draws(np.asarray(patients), seed)]
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return gain(np.arange(len(after))), float(low), float(high)


def _column(scores: Numbers, labels: NDArray[np.int8]) -> float:
    known = labels >= 0
    return auroc(scores[known], labels[known] == 1)


def _draws(patients: NDArray[np.str_], seed: int) -> list[NDArray[np.intp]]:
    names, owner = np.unique(patients, return_inverse=True)
    films = [np.flatnonzero(owner == index) for index in range(len(names))]
    rng = np.random.default_rng(seed)
    return [
        np.concatenate([films[i] for i in rng.integers(len(names), size=len(names))])
        for _ in range(RESAMPLES)
    ]

"""The numbers of an evaluation as functions of answers and weights (see `inference.evaluation.patient_draws`). Pure.

Everything that ranks films ranks them within their source only: sources and labels are confounded, and a model that
knows the hospital would look as if it knew the finding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.patient_draws import Numbers, Statistic

Truth = NDArray[np.bool_]
Strata = NDArray[np.intp]
"""For each row the number of its source."""


def within_auroc(truth: Truth, strata: Strata) -> Statistic:
    """Probability that a positive scores above a negative of its own source, ties half. `said`: (rows,) scores."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        above, pairs = np.zeros(len(weights)), np.zeros(len(weights))
        for rows in _each(strata):
            positive, negative = _by_score(said[rows], truth[rows], weights[:, rows])
            below = negative.cumsum(1) - negative
            above += (positive * (below + negative / 2)).sum(1)
            pairs += positive.sum(1) * negative.sum(1)
        return _ratio(above, pairs)

    return statistic


def within_precision(truth: Truth, strata: Strata) -> Statistic:
    """Average precision within each source, its positives' mean. `said`: (rows,) scores."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        found, positives = np.zeros(len(weights)), np.zeros(len(weights))
        for rows in _each(strata):
            positive, negative = _by_score(-said[rows], truth[rows], weights[:, rows])
            right, called = positive.cumsum(1), (positive + negative).cumsum(1)
            found += (positive * _ratio(right, called, nothing=0.0)).sum(1)
            positives += positive.sum(1)
        return _ratio(found, positives)

    return statistic


def mean_over(parts: Sequence[tuple[int, NDArray[np.intp], Callable[..., Numbers]]]) -> Statistic:
    """The mean of several statistics, each of one column of `said` (rows, columns) and of some of its rows."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        values = np.stack([one(said[rows, column], weights[:, rows]) for column, rows, one in parts])
        counted = (~np.isnan(values)).sum(0)
        return _ratio(np.nansum(values, axis=0), counted.astype(float))

    return statistic


def f1(truth: NDArray[np.bool_]) -> Statistic:
    """F1 over all cells. `said` and `truth`: (rows, columns) bool; a cell that is not known is in neither."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        hits = weights @ (said & truth).sum(1)
        called = weights @ (said.sum(1) + truth.sum(1))
        return _ratio(2 * hits, called)

    return statistic


def macro_f1(truth: NDArray[np.bool_], columns: Sequence[int]) -> Statistic:
    """The mean of F1 over columns; one that has no case and no call in a draw is left out of its mean."""
    parts = [(column, f1(truth[:, [column]])) for column in columns]

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        values = np.stack([one(said[:, [column]], weights) for column, one in parts])
        return _ratio(np.nansum(values, axis=0), (~np.isnan(values)).sum(0).astype(float))

    return statistic


def mean(said: NDArray[Any], weights: Numbers) -> Numbers:
    """The mean of `said` (rows,): of IoU, of hits, of films with a call."""
    return _ratio(weights @ said.astype(float), weights.sum(1))


def calibration_gap(truth: Truth, bins: int = 10) -> Statistic:
    """Expected calibration error of `said` (rows,) over ten equal parts of 0..1."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        place = np.minimum((said * bins).astype(int), bins - 1)
        gaps = np.zeros(len(weights))
        for one in np.unique(place):
            here = place == one
            gaps += np.abs(weights[:, here] @ (said[here] - truth[here]))
        return _ratio(gaps, weights.sum(1))

    return statistic


def corpus_bleu(order: int, true_words: NDArray[np.float64]) -> Statistic:
    """BLEU over all texts together. `said`: (rows, 1 + 2 * orders): words, then agreeing and all n-grams by order."""

    def statistic(said: NDArray[Any], weights: Numbers) -> Numbers:
        totals, reference = weights @ said, weights @ true_words
        logs = np.zeros(len(weights))
        for n in range(order):
            right, given = totals[:, 1 + 2 * n], totals[:, 2 + 2 * n]
            logs += np.log((right + 1e-15) / (given + 1e-9)) / order
        brevity = np.minimum(0.0, 1 - (reference + 1e-9) / (totals[:, 0] + 1e-15))
        result: Numbers = np.exp(logs + np.maximum(brevity, -700))
        return np.where(weights.sum(1) > 0, result, np.nan)

    return statistic


def _by_score(scores: Numbers, truth: Truth, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Weights of positives and of negatives at each distinct score, ascending: (draws, distinct scores) each."""
    order = np.argsort(scores, kind="stable")
    ranked, is_true = scores[order], truth[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    here = weights[:, order]
    positive = np.add.reduceat(here * is_true, starts, axis=1)
    negative = np.add.reduceat(here * ~is_true, starts, axis=1)
    return positive, negative


def _each(strata: Strata) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(strata == one) for one in np.unique(strata)]


def _ratio(part: Numbers, whole: Numbers, nothing: float = float("nan")) -> Numbers:
    result: Numbers = np.divide(part, whole, out=np.full(np.shape(part), nothing), where=whole > 0)
    return result

"""Calibration and decision thresholds from films that were neither trained on nor scored. Pure.

p = sigmoid(logit(p_model) / temperature + bias), the form of `inference.engine.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
FEW = 12.0
"""Strength of the pull towards temperature 1 and the prior's bias, in films: few positives move little."""
LEAST_SPECIFICITY = 0.8
"""A list that names everything helps nobody."""
FEWEST_TO_CHOOSE = 5
LEAST_PRESENT = 0.1
"""No finding is called present that is more than nine times out of ten absent: F1 alone would, for rare findings."""


@dataclass(frozen=True, slots=True)
class Platt:
    """Temperature and bias on the logit."""

    temperature: float
    bias: float

    def __call__(self, p: Numbers) -> Numbers:
        return sigmoid(logit(p) / self.temperature + self.bias)


def logit(p: Numbers) -> Numbers:
    """Log odds, kept finite."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def sigmoid(x: Numbers) -> Numbers:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def fit_platt(p: Numbers, truth: NDArray[np.bool_], steps: int = 500) -> Platt:
    """Fit slope and bias by penalised maximum likelihood (Newton's method); the slope stays positive."""
    x, y = logit(p), truth.astype(float)
    slope, bias = 1.0, 0.0
    for _ in range(steps):
        q = sigmoid(slope * x + bias)
        weight = q * (1 - q)
        gradient = np.array([((q - y) * x).sum() + FEW * (slope - 1), (q - y).sum()])
        hessian = np.array(
            [[(weight * x * x).sum() + FEW, (weight * x).sum()], [(weight * x).sum(), weight.sum() + 1e-3]]
        )
        step = np.linalg.solve(hessian, gradient)
        slope, bias = max(0.05, slope - float(np.clip(step[0], -1, 1))), bias - float(np.clip(step[1], -2, 2))
        if np.abs(step).max() < 1e-6:
            break
    return Platt(1 / slope, bias)


def choose_threshold(p: Numbers, truth: NDArray[np.bool_]) -> float:
    """The threshold on calibrated p with the best F1 among those of bearable specificity.

    With fewer than five positives to choose by: where one in ten negatives would be called.
    """
    if truth.sum() < FEWEST_TO_CHOOSE:
        return max(LEAST_PRESENT, float(np.quantile(p[~truth], 0.9)))
    best, chosen = -1.0, 0.5
    for threshold in np.unique(np.round(p, 4)):
        called = p >= threshold
        f1 = 2 * int((called & truth).sum()) / max(int(called.sum() + truth.sum()), 1)
        specificity = float((~called[~truth]).mean()) if (~truth).any() else 0.0
        if specificity >= LEAST_SPECIFICITY and f1 > best:
            best, chosen = f1, float(threshold)
    return max(LEAST_PRESENT, chosen)


def calibration_error(p: Numbers, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over equally filled bins."""
    order = np.argsort(p)
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(p[part].mean() - truth[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(p))

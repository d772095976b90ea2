"""Calibration and decisions of an adapter, fitted on the site's validation patients. Pure.

Probabilities move when a model learns, so the base's curves and thresholds no longer fit. Curves are fitted anew where
there are enough cases. Thresholds keep the base's specificity: the site goes on seeing as many false alarms as it
is used to, and what was gained shows as findings found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from inference.backend import FINDINGS
from inference.evaluation.calibration import fit_platt
from inference.evaluation.measures import Films
from inference.evaluation.site_answers import SiteAnswers

FEWEST_TO_FIT = 8
"""Films with a finding, and without, from which on its curve is fitted."""
FEWEST_TO_DECIDE = 20
"""Films without a finding from which on its threshold is moved."""


def fitted_reading(reading: Mapping[str, Any], before: SiteAnswers, after: SiteAnswers) -> dict[str, Any]:
    """The base's `reading` of the manifest with calibration and decisions for the adapter.

    Args:
        reading: Of the base's manifest.
        before: What the base said about the validation patients.
        after: What the adapter said about them.
    """
    fitted: dict[str, Any] = {key: dict(value) if isinstance(value, Mapping) else value
                              for key, value in reading.items()}  # fmt: skip
    first, second = Films(before.films, before.settings), Films(after.films, after.settings)
    curves = dict(fitted.get("calibration") or {})
    decisions = dict(fitted.get("decision") or {})
    for column, label in enumerate(FINDINGS):
        known = second.known[:, column]
        p, truth = second.p[known, column], second.truth[known, column]
        sure = second.sure[known, column]
        if min(int(truth.sum()), int((~truth).sum())) >= FEWEST_TO_FIT:
            curve = fit_platt(p, truth)
            curves[label] = {"temperature": round(curve.temperature, 4), "bias": round(curve.bias, 4)}
            sure = curve(p)
        if label in decisions and int((~truth).sum()) >= FEWEST_TO_DECIDE:
            was_called = first.sure[known, column][~truth] >= decisions[label]
            decisions[label] = _same_alarms(sure[~truth], float(was_called.mean()))
    return {**fitted, "calibration": curves, "decision": decisions} if decisions or curves else fitted


def _same_alarms(sure: np.ndarray[Any, np.dtype[np.float64]], share: float) -> float:
    """The threshold that this share of films without the finding reaches."""
    if share == 0:
        return float(min(1.0, np.round(sure.max() + 1e-4, 4)))
    return float(np.round(np.quantile(sure, 1 - share, method="higher"), 4))

"""Scores of 14-class finding labels, with the published evaluation's averages and its quirks. Pure.

Undefined ratios count as 0. In the published five-class macro average the list of values is never emptied between the
metrics: only its F1, the first one, is what its name says; the others are running means. They are reproduced under
`macro_avg_5_obs` to be compared with published numbers, and named here so that nobody quotes them as anything else.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

CONDITIONS = (
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
    "No Finding",
)
"""CheXbert's order."""
FIVE = ("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion")
METRICS = ("f1_score", "recall", "precision", "specificity", "accuracy")

Labels = NDArray[np.int64]
Scores = dict[str, float]


def clinical_efficacy(predicted: Labels, reference: Labels) -> dict[str, Scores]:
    """Scores by condition and averaged.

    Args:
        predicted: (samples, 14) of 0 and 1.
        reference: Same shape.

    Returns:
        By condition, and under `macro_avg`, `micro_avg`, `example_based_avg`, `micro_avg_5_obs`, `macro_avg_5_obs`.
    """
    by_condition = {
        name: binary_scores(predicted[:, i], reference[:, i]) for i, name in enumerate(CONDITIONS)
    }
    examples = [binary_scores(p, r) for p, r in zip(predicted, reference, strict=True)]
    five = [CONDITIONS.index(name) for name in FIVE]
    return by_condition | {
        "macro_avg": _mean(list(by_condition.values())),
        "micro_avg": binary_scores(predicted, reference),
        "example_based_avg": _mean(examples),
        "micro_avg_5_obs": binary_scores(predicted[:, five], reference[:, five]),
        "macro_avg_5_obs": _running_means([by_condition[name] for name in FIVE]),
    }


def with_uncertain_positive(
    scores: Mapping[str, Scores], predicted: Labels, reference: Labels
) -> dict[str, Scores]:
    """Add the averages over labels that count uncertain as positive, under names that end in `_uncertain`."""
    uncertain = clinical_efficacy(predicted, reference)
    names = ("macro_avg", "micro_avg", "micro_avg_5_obs", "macro_avg_5_obs")
    return {**scores, **{f"{name}_uncertain": uncertain[name] for name in names}}


def binary_scores(predicted: Labels, reference: Labels) -> Scores:
    """F1, recall, precision, specificity and accuracy over all cells of two equal shapes."""
    hit = int(((predicted == 1) & (reference == 1)).sum())
    false_alarm = int(((predicted == 1) & (reference == 0)).sum())
    miss = int(((predicted == 0) & (reference == 1)).sum())
    rest = int(((predicted == 0) & (reference == 0)).sum())
    return {
        "f1_score": _ratio(2 * hit, 2 * hit + false_alarm + miss),
        "recall": _ratio(hit, hit + miss),
        "precision": _ratio(hit, hit + false_alarm),
        "specificity": _ratio(rest, rest + false_alarm),
        "accuracy": _ratio(hit + rest, hit + rest + false_alarm + miss),
    }


def _mean(rows: list[Scores]) -> Scores:
    return {metric: sum(row[metric] for row in rows) / len(rows) for metric in METRICS}


def _running_means(rows: list[Scores]) -> Scores:
    """The published five-class macro average: each metric's mean takes in the values of those before it."""
    values: list[float] = []
    means: Scores = {}
    for metric in METRICS:
        values += [row[metric] for row in rows]
        means[metric] = sum(values) / len(values)
    return means


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

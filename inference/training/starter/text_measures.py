"""How good the reports are: what they state against the labels, and their words against a text composed of the labels.

No film here has its report, so the reference of BLEU and ROUGE-L is what the training texts are: real sentences that
state the film's labels. They say whether the model writes as reports are written, not whether it agrees with a reader.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation.metrics import report_text_scores
from inference.evaluation.through_engine import Reading
from inference.text.labels import label_report
from inference.training.starter.films import LABELS, NO_FINDING
from inference.training.starter.wording import Wording


def stated(text: str) -> dict[str, int]:
    """The 14 labels that a report's words state: 1 or 0; "no finding" where nothing else is stated as present."""
    said = label_report(text)
    present = {name: int(said.get(name) == 1) for name in LABELS if name != NO_FINDING}
    return present | {NO_FINDING: int(not any(present.values()))}


def report_scores(
    readings: Sequence[Reading], labels: Sequence[Sequence[int]], wording: Wording
) -> dict[str, Any]:
    """Micro and macro F1 over the known ones of the 14 labels, BLEU and ROUGE-L.

    Args:
        readings: What the engine wrote.
        labels: For each of them 14 numbers in LABELS order: 1, 0, -1 not known.
        wording: Composes the references.
    """
    said = np.array([[stated(one.report)[name] for name in LABELS] for one in readings])
    truth = np.array(labels)
    references = [
        wording.composed(_facts(row), {}, random.Random(number))  # noqa: S311  # not cryptography
        for number, row in enumerate(labels)
    ]
    words = report_text_scores([one.report for one in readings], references)
    by_label = [_f1(said[:, i], truth[:, i]) for i in range(len(LABELS)) if (truth[:, i] == 1).any()]
    return {
        "micro_f1_14": round(_f1(said, truth), 3),
        "macro_f1_14": round(float(np.mean(by_label)), 3),
        "labels_with_positives": len(by_label),
        **{name.lower(): round(value, 3) for name, value in words.items()},
        "reference": "composed of real sentences that state the labels",
    }


def _facts(row: Sequence[int]) -> Mapping[str, int]:
    return {name: value for name, value in zip(LABELS, row, strict=True) if value >= 0 and name != NO_FINDING}


def _f1(said: Any, truth: Any) -> float:
    known = truth >= 0
    hits = int(((said == 1) & (truth == 1)).sum())
    total = int((said[known] == 1).sum() + (truth == 1).sum())
    return 2 * hits / total if total else 0.0

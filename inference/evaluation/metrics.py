"""The published evaluation of M4CXR's answers, quirks included, so that our numbers stand beside the paper's.

Where the published code raises on odd answers, these functions raise the same kind of error. They are for scoring
against published numbers; `inference.text.answers` is what reads answers for display.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation.label_scores import CONDITIONS, Labels
from inference.evaluation.text_scores import bleu, rouge_l, tokens

GROUNDING_PROMPT = "Provide the bounding box coordinate"
MULTI_LABEL_PROMPT = "Which of the following findings are present in the radiology image?"
REPORT_PROMPT = "provide a description of the findings in the radiology image"
"""In lower case: it matches the chain of thought's second turn, not the single turn's “Provide …”."""
ACCURATE_IOU = 0.5
_MARKS = ("<s>", "</s>", "[INST]", "[/INST]")

Pair = tuple[str, str]
"""(label, output)."""


def remove_special_tokens(text: str) -> str:
    """Text without turn and end marks, stripped."""
    for mark in _MARKS:
        text = text.replace(mark, "")
    return text.strip()


def is_report_prompt(prompt: str) -> bool:
    """Whether the published evaluation scores the answer to this prompt as a report."""
    return REPORT_PROMPT in prompt


# ── grounding ───────────────────────────────────────────────────────────────────────────────────────────────────


def grounding_pairs(conversations: Iterable[Mapping[str, Any]]) -> list[Pair]:
    """The (label, output) of every turn that asks for a box, from `prompts`, `labels` and `outputs` in step."""
    return [
        (label, output)
        for talk in conversations
        for prompt, label, output in zip(talk["prompts"], talk["labels"], talk["outputs"], strict=True)
        if GROUNDING_PROMPT in prompt
    ]


def grounding_scores(pairs: Sequence[Pair]) -> dict[str, float]:
    """Mean IoU and share of IoU >= 0.5.

    Raises:
        ValueError: An answer has four parts that are no numbers, or a label has several boxes.
    """
    overlaps = [_answer_iou(label, output) for label, output in pairs]
    return {
        "mIoU": sum(overlaps) / len(overlaps),
        "Acc": sum(overlap >= ACCURATE_IOU for overlap in overlaps) / len(overlaps),
    }


def _answer_iou(label: str, output: str) -> float:
    output = remove_special_tokens(output)
    if len(output.split(",")) != 4:
        return 0.0
    return iou(_published_box(output), _published_box(remove_special_tokens(label)))


def _published_box(text: str) -> tuple[int, int, int, int]:
    """Integers between commas once `[`, `]` and `.` are deleted, so that `10.5` reads as 105."""
    for sign in "[].":
        text = text.replace(sign, "")
    x1, y1, x2, y2 = (int(part) for part in text.split(","))
    return x1, y1, x2, y2


def iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two (x1, y1, x2, y2); 0 where one is reversed or empty."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    common = max(width, 0) * max(height, 0)
    return common / (_area(first) + _area(second) - common + 1e-16)


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────────


def vqa_scores(pairs: Sequence[Pair]) -> dict[str, float]:
    """Means of exact match, BLEU-1 and recall of the label's words. All stop signs go, decimal points too.

    Raises:
        ZeroDivisionError: A label is empty.
    """
    rows = [_vqa_row(_plain_answer(label), _plain_answer(output)) for label, output in pairs]
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def _plain_answer(text: str) -> str:
    return remove_special_tokens(text).replace(".", "").lower()


def _vqa_row(label: str, output: str) -> dict[str, float]:
    wanted, given = tokens(label), tokens(output)
    return {
        "accuracy": float(label == output),
        "bleu_1": bleu([given], [wanted])["BLEU_1"],
        "recall": len(set(wanted) & set(given)) / len(set(wanted)),
    }


# ── finding lists and reports ───────────────────────────────────────────────────────────────────────────────────


def labels_of_answer(output: str) -> list[int]:
    """14 labels of a finding list: a name counts wherever it stands in the answer, in lower case only.

    "no pneumothorax" counts as pneumothorax. "No Finding" is 1 if none of the first 12 is named.
    """
    answer = remove_special_tokens(output)
    named = [int(name.lower() in answer) for name in CONDITIONS[:-1]]
    return [*named, int(not any(named[:-1]))]


def labels_of_chexbert(classes: Sequence[int]) -> list[int]:
    """14 labels from CheXbert's classes (0 blank, 1 positive, 2 negative, 3 uncertain): positive only."""
    return [int(value == 1) for value in classes]


def as_labels(rows: Sequence[Sequence[int]]) -> Labels:
    """(samples, 14) array of label rows."""
    return np.asarray(rows, dtype=np.int64).reshape(-1, len(CONDITIONS))


def report_text_scores(predicted: Sequence[str], reference: Sequence[str]) -> dict[str, float]:
    """BLEU-1 to 4 over the set and the mean ROUGE-L. METEOR: `inference.evaluation.meteor`."""
    given, wanted = [tokens(text) for text in predicted], [tokens(text) for text in reference]
    overlaps = [rouge_l(p, r) for p, r in zip(given, wanted, strict=True)]
    return {**bleu(given, wanted), "ROUGE_L": sum(overlaps) / len(overlaps)}

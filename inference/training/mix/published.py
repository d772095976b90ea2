"""How often each task is drawn: the published sampling weights by task (m4cxr.md §8), 54 / 35 / 11 by group. Data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

Group = Literal["reports", "understanding", "questions"]

GROUPS: Mapping[Group, Mapping[str, float]] = {
    "reports": {
        "report_single": 200.0,
        "report_multi_image": 120.0,
        "report_multi_study": 60.0,
    },
    "understanding": {
        "classification": 62.0,
        "finding_grounding": 21.1,
        "grounded_finding": 11.1,
        "abnormality_detection": 10.6,
        "multi_finding_grounding": 14.0,
        "organ_grounding": 1.6,
        "grounded_organ": 1.6,
        "phrase_grounding": 42.0,
        "grounded_phrase": 42.0,
        "anatomy_grounding": 20.0,
        "grounded_anatomy": 20.0,
    },
    "questions": {
        "vqa_open": 72.0,  # RaDialog's conversations 70, Diff-VQA 2
        "vqa_closed": 2.0,
        "vqa_difference": 4.0,
    },
}
"""Added up over the published sets of a task. They sum up to 704."""

PUBLISHED: Mapping[str, float] = {task: weight for group in GROUPS.values() for task, weight in group.items()}


def shares(tasks: Collection[str], weights: Mapping[Group, Mapping[str, float]] = GROUPS) -> dict[str, float]:
    """Weights for the tasks that the data can feed, summing up to 1.

    A group keeps its published share among the groups that have any task, and its tasks their shares within it: a
    site without boxes still learns to see, by its labels, for a third of the time, and not for a tenth.
    """
    fed = {
        name: {task: w for task, w in group.items() if task in tasks and w} for name, group in weights.items()
    }
    whole = {name: sum(weights[name].values()) for name, group in fed.items() if group}
    total = sum(whole.values())
    return {
        task: whole[name] / total * weight / sum(group.values())
        for name, group in fed.items()
        for task, weight in group.items()
    }

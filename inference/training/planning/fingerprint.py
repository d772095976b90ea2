"""What the data are, as far as a plan depends on it: counts, views, tasks that can be fed, lengths of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from inference.backend import FINDINGS
from inference.training.mix import TASKS, TaskMix, mix_of_all
from inference.training.rows import DataSet, KnownStudy, Split
from inference.training.splits import counts, studies_of, too_few

LONGEST = 4095
EXAMPLES = 24
"""Conversations of each task that are measured."""


@dataclass(frozen=True, slots=True)
class TaskPrint:
    """One task: the studies that can feed it, and how long its samples are."""

    studies: int
    lengths: tuple[int, ...]  # tokens, pictures included, of some samples
    films: float  # of a sample, on average


@dataclass(frozen=True, slots=True)
class DataPrint:
    """The data of a run. Counts are of the studies that are learnt from, unless named otherwise."""

    studies: Mapping[Split, int]
    patients: Mapping[Split, int]
    films: int
    views: Mapping[str, int]
    tasks: Mapping[str, TaskPrint]
    missing: Mapping[str, str] = field(default_factory=dict)  # task -> what it would need
    present: Mapping[str, int] = field(default_factory=dict)  # finding -> studies
    with_report: int = 0
    with_boxes: int = 0
    with_prior: int = 0
    troubles: int = 0  # rows that could not be taken
    warnings: tuple[str, ...] = ()


def fingerprint(
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    length_of: Callable[[str], int],
    image_tokens: int,
    *,
    takes_synthetic: bool = False,
) -> DataPrint:
    """Look at the data. Films are opened only where boxes are to be asked about, a few of each kind.

    Args:
        datasets: As read.
        splits: Side of each patient.
        length_of: Tokens of a sample's text.
        image_tokens: That a film takes of a sample.
        takes_synthetic: Synthetic films count.

    Raises:
        NothingToLearn: The data feed no task at all.
    """
    mix = mix_of_all(datasets, splits, takes_synthetic=takes_synthetic, image_tokens=image_tokens)
    learnt = [study for _, study in studies_of(datasets, splits, "train")]
    films = [film for study in learnt for film in study.films]
    sides = Counter(splits.values())
    tasks = {name: _task_print(mix, name, length_of) for name in mix.tasks}
    silent = {
        name: f"{TASKS[name].needs}: none here gives a conversation"
        for name in tasks
        if not tasks[name].lengths
    }
    return DataPrint(
        studies=counts(datasets, splits),
        patients={split: sides[split] for split in ("train", "val", "test")},
        films=len(films),
        views=dict(Counter(film.view.upper() or "not stated" for film in films).most_common()),
        tasks={name: task for name, task in tasks.items() if task.lengths},
        missing={**mix.missing, **silent},
        present={name: count for name in FINDINGS if (count := _with_finding(learnt, name))},
        with_report=sum(bool(study.findings.strip()) for study in learnt),
        with_boxes=sum(any(film.boxes for film in study.films) for study in learnt),
        with_prior=sum(any(film.role == "prior" for film in study.films) for study in learnt),
        troubles=sum(len(dataset.troubles) for dataset in datasets),
        warnings=too_few(splits),
    )


def _task_print(mix: TaskMix, name: str, length_of: Callable[[str], int]) -> TaskPrint:
    examples = mix.examples(name, EXAMPLES)
    films = sum(len(sample.films) for sample in examples) / max(1, len(examples))
    return TaskPrint(mix.studies[name], tuple(sorted(length_of(sample.text) for sample in examples)), films)


def _with_finding(studies: Sequence[KnownStudy], name: str) -> int:
    return sum(
        study.labels.get(name) == "present"
        or any(film.labels.get(name) == "present" for film in study.films if film.role != "prior")
        for study in studies
    )


def percentile(tasks: Mapping[str, TaskPrint], weights: Mapping[str, float], share: float) -> int:
    """The length that `share` of the drawn samples do not exceed, tasks weighted as they are drawn."""
    rows = sorted(
        (length, weights[name] / len(tasks[name].lengths))
        for name in weights
        for length in tasks[name].lengths
    )
    total, reached = sum(weight for _, weight in rows), 0.0
    for length, weight in rows:
        reached += weight
        if reached >= share * total - 1e-9:
            return length
    return rows[-1][0] if rows else 0


def mean(tasks: Mapping[str, TaskPrint], weights: Mapping[str, float]) -> tuple[float, float]:
    """Tokens and films of a drawn sample, on average."""
    total = sum(weights.values()) or 1.0
    tokens = (
        sum(w * sum(tasks[n].lengths) / max(1, len(tasks[n].lengths)) for n, w in weights.items()) / total
    )
    return tokens, sum(w * tasks[n].films for n, w in weights.items()) / total

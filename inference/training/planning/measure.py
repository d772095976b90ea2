"""How long a step takes here: a few samples go through the model, forth and back. Nothing is learnt from it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

from inference.text.tokenizer import IMAGE
from inference.training.mix import TaskMix
from inference.training.plan import PhasePlan, TrainingPlan
from inference.training.planning.duration import Pace
from inference.training.rows import DataSet, Split
from inference.training.samples import Sample
from inference.training.splits import split_patients

if TYPE_CHECKING:
    from inference.training.learner.collate import Collator

MICRO_BATCHES = 4
"""Measured at least, after one that warms up; at most twice as many."""


def measured_paces(plan: TrainingPlan, datasets: Sequence[DataSet]) -> Mapping[str, Pace]:
    """Seconds for a sample and for a film, by phase.

    Raises:
        PackRefused, OutOfMemory: As the run itself would.
    """
    splits = split_patients(datasets, plan.split)
    return {phase.name: _pace(plan, phase, datasets, splits) for phase in plan.phases}


def _pace(
    plan: TrainingPlan, phase: PhasePlan, datasets: Sequence[DataSet], splits: Mapping[str, Split]
) -> Pace:
    from inference.devices import use_cores
    from inference.training.learner.collate import Collator
    from inference.training.learner.learner import load_learner

    learner = load_learner(plan, phase)
    use_cores(sum(parameter.numel() for parameter in learner.parameters()))
    collator = Collator(learner, datasets, takes_synthetic=plan.takes_synthetic)
    mix = TaskMix(
        datasets,
        splits,
        phase,
        plan.seed,
        takes_synthetic=plan.takes_synthetic,
        image_tokens=learner.core.config.image_tokens,
    )
    groups = _groups(mix, phase.micro_batch, len(phase.tasks))
    film_s = _film_seconds(collator, groups) if learner.stage != "pixels" else 0.0
    seconds = []
    for group in groups:
        start = time.perf_counter()
        learner(collator(group)).backward()
        seconds.append((time.perf_counter() - start) / len(group))
    return Pace(mean(seconds[1:]), film_s, is_measured=True)


def _groups(mix: TaskMix, size: int, tasks: int) -> list[list[Sample]]:
    """Micro-batches of like length, as a run makes them; the middle one comes first, to warm up."""
    count = size * max(MICRO_BATCHES, min(tasks, 2 * MICRO_BATCHES))
    samples = sorted(
        (mix.draw(at) for at in range(count)), key=lambda one: (one.text.count(IMAGE), len(one.text))
    )
    groups = [samples[at : at + size] for at in range(0, count, size)]
    return [groups[len(groups) // 2], *groups]


def _film_seconds(collator: Collator, groups: Sequence[Sequence[Sample]]) -> float:
    """Look at every film of the samples, which keeps it for the steps; seconds for one."""
    seen: dict[tuple[str, str], float] = {}
    for sample in (sample for group in groups for sample in group):
        for film in sample.films:
            if (sample.source, film.key) not in seen:
                start = time.perf_counter()
                collator.pictures.kept(sample.source, film)
                seen[sample.source, film.key] = time.perf_counter() - start
    return median(list(seen.values())[1:] or [0.0])

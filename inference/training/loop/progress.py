"""How far a run is, as plain data: what a checkpoint keeps beside the tensors, and how each event changes it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from inference.training.plan import PhasePlan

EARLY, LATE = 40, 60
"""Steps whose losses are compared: a phase's first ones, and its latest."""
CONVERGED = 0.02
"""Nats per token: with so little loss there is nothing left to fall."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps are counted from 1: `step` have been taken in all phases, `step_of_phase` in this one."""

    phase: int = 0  # its place in the plan
    step: int = 0
    step_of_phase: int = 0
    micro_batch: int = 0  # 0: as planned; less after memory ran out
    best: float | None = None  # of this phase, on the validation patients
    best_step: int = 0
    misses: int = 0  # evaluations since the best one
    evaluated_step: int = -1
    early: tuple[float, ...] = ()
    late: tuple[float, ...] = ()
    is_phase_over: bool = False  # its best weights were taken
    seconds: float = 0.0  # of all steps so far
    unreadable: int = 0  # samples of this phase that were left out


def after_step(progress: Progress, loss: float, seconds: float, unreadable: int = 0) -> Progress:
    is_early = progress.step_of_phase < EARLY
    return replace(
        progress,
        step=progress.step + 1,
        step_of_phase=progress.step_of_phase + 1,
        early=(*progress.early, loss) if is_early else progress.early,
        late=(*progress.late, loss)[-LATE:],
        seconds=progress.seconds + seconds,
        unreadable=progress.unreadable + unreadable,
    )


def after_evaluation(progress: Progress, metric: str, value: float) -> Progress:
    """Count a miss, or note a new best. A value that is no number never is one."""
    is_best = is_better(metric, value, progress.best)
    return replace(
        progress,
        best=value if is_best else progress.best,
        best_step=progress.step if is_best else progress.best_step,
        misses=0 if is_best else progress.misses + 1,
        evaluated_step=progress.step,
    )


def after_phase(progress: Progress) -> Progress:
    """The next phase begins: only the count of all steps and the time go on."""
    return Progress(phase=progress.phase + 1, step=progress.step, seconds=progress.seconds)


def is_better(metric: str, value: float, best: float | None) -> bool:
    if not math.isfinite(value):
        return False
    return best is None or (value < best if metric == "loss" else value > best)


def is_patience_over(progress: Progress, phase: PhasePlan) -> bool:
    return phase.patience > 0 and progress.misses >= phase.patience


def is_flat_due(progress: Progress, phase: PhasePlan) -> bool:
    """Whether it is time to ask if the loss falls: once in a phase, well after its warm-up."""
    return progress.step_of_phase == max(2 * (EARLY + LATE), 2 * phase.warm_up, phase.steps // 5)


def is_flat(progress: Progress) -> bool:
    """True where the latest steps' loss is not below the first steps' by more than chance would have it.

    A run that learns anything passes: the fall has to be larger than its standard error.
    """
    early, late = mean(progress.early), mean(progress.late)
    if late < CONVERGED:
        return False
    fall = early - late
    error = math.sqrt(_variance_of_mean(progress.early) + _variance_of_mean(progress.late))
    return fall <= max(error, 0.001 * early)


def is_diverged(progress: Progress) -> bool:
    """True where the loss rose to twice what it was at the beginning."""
    return len(progress.late) == LATE and mean(progress.late) > 2 * mean(progress.early) + CONVERGED


def mean(values: tuple[float, ...]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _variance_of_mean(values: tuple[float, ...]) -> float:
    if len(values) < 2:
        return 0.0
    center = mean(values)
    return math.fsum((value - center) ** 2 for value in values) / (len(values) - 1) / len(values)

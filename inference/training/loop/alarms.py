"""What ends a run because it would teach nothing, or something wrong: each in words, with what to do next."""

from __future__ import annotations

import math

from inference.training.loop.progress import Progress, is_diverged, is_flat, is_flat_due, mean
from inference.training.plan import PhasePlan

MOST_UNREADABLE = 0.05
"""Of a phase's samples: with more, the run would not learn what was planned."""


class Alarm(Exception):
    """The run stops here; `str()` says what happened and what to do next. Its last checkpoint is whole."""


def check_finite(loss: float, gradient_norm: float, step: int) -> None:
    """Raises Alarm: the loss or the gradient of this step is no finite number. Its weights have not changed yet."""
    if math.isfinite(loss) and math.isfinite(gradient_norm):
        return
    what = "loss" if not math.isfinite(loss) else "gradient"
    raise Alarm(
        f"The {what} of step {step} is not a finite number, so the run was stopped before it could spoil the weights. "
        "Lower the learning rate or lengthen the warm-up in plan.json, then resume: it goes on from the last "
        "checkpoint. If it happens again at the same step, run the doctor on the data."
    )


def check_readable(unreadable: int, samples: int, batch: int) -> None:
    """Raises Alarm: of `samples` so far, more than a few had films that can't be read."""
    if unreadable >= batch and unreadable > MOST_UNREADABLE * samples:
        raise Alarm(
            f"{unreadable} of {samples} samples could not be used, because their films can't be read. Is the folder "
            "with the films still there? `sidelight train doctor` names them. Then resume."
        )


def check_falling(progress: Progress, phase: PhasePlan) -> None:
    """Raises Alarm: the loss does not fall, or has risen to twice its value. To resume goes on in spite of it."""
    if is_diverged(progress):
        raise Alarm(
            f"The loss rose from {mean(progress.early):.3g} to {mean(progress.late):.3g}. The learning rate is too "
            "high for this data: lower it in plan.json and start a new run from it."
        )
    if is_flat_due(progress, phase) and is_flat(progress):
        raise Alarm(
            f"The loss has not fallen in {progress.step_of_phase} steps: {mean(progress.early):.3g} at the beginning, "
            f"{mean(progress.late):.3g} now. Check that the labels belong to the films (the doctor's report), or raise "
            "the learning rate in plan.json. To go on all the same, resume: it is asked only once."
        )

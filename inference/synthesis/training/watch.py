"""Looks whether what should learn learns: nothing is frozen by mistake, every part gets a gradient and moves."""

from __future__ import annotations

import torch
from torch import nn

from inference.synthesis.training.learner import FilmLearner
from inference.training.loop.alarms import Alarm

PATIENCE = 5
"""Steps until every parameter must have had a gradient: behind a zero convolution the first one has none."""
NEVER = ("k_proj.bias",)
"""A bias of keys moves all scores of a query alike: its gradient is nothing but rounding."""


class FilmWatch:
    """The learner's checks, as alarms with a remedy (`inference.training.loop.course.Watch`)."""

    def __init__(self, learner: FilmLearner) -> None:
        self._learner = learner
        self._dead = {name for name in learner.learns if not name.endswith(NEVER)}
        self._looked = 0
        self._began = _numbers(learner.learns)

    def before(self) -> None:
        if not self._learner.learns:
            raise Alarm("Nothing of the generator would learn. Check `parts` in plan.json.")

    def after_backward(self, step: int) -> bool:  # noqa: ARG002  # asked of every watch
        own = self._learner.learns
        self._dead = {name for name in self._dead if not _is_alive(own[name])}
        self._looked += 1
        if self._dead and self._looked >= PATIENCE:
            raise Alarm(
                f"After {self._looked} steps {len(self._dead)} parameters never had a gradient, the first is "
                f"{min(self._dead)}. Nothing of them would be learnt; choose another way, or another base."
            )
        return not self._dead

    def after_steps(self, step: int) -> None:
        if _numbers(self._learner.learns) == self._began:
            raise Alarm(
                f"No weight has changed in {step} steps. Raise learning_rate in plan.json, then start a new run."
            )


def _is_alive(parameter: nn.Parameter) -> bool:
    gradient = parameter.grad
    return gradient is not None and bool((gradient != 0).any())


def _numbers(learns: dict[str, nn.Parameter]) -> tuple[float, ...]:
    with torch.no_grad():
        return tuple(float(one.double().abs().sum()) for one in learns.values())

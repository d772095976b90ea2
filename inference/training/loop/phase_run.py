"""One phase of a run: its learner, optimizer and samples, and how they go one step on. Decides nothing about a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from inference.devices import choose_device, release_memory
from inference.training.loop.ahead import Ahead, Made
from inference.training.loop.alarms import check_finite, check_readable
from inference.training.loop.checkpoints import Checkpoint
from inference.training.loop.course import Averaging, Course
from inference.training.loop.judge import judge
from inference.training.loop.processes import Processes
from inference.training.loop.progress import Progress, after_step
from inference.training.loop.random_states import random_states, restore_random_states, seed_all
from inference.training.loop.schedule import seed_of, share_of_rate
from inference.training.loop.step import Backward, backward, clip, new_optimizer
from inference.training.plan import PhasePlan

MOVED_AFTER = 10
"""Steps after which every part must have moved, unless the rate is below `SLOW` of the planned one by then."""
SLOW = 0.1
LEARNT = 1e-5
"""With so little loss per token a gradient may well be nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One optimizer step."""

    loss: float
    learning_rate: float
    gradient_norm: float
    wishes: tuple[float, ...]


class PhaseRun:
    """What is loaded for one phase, and how far it is (`progress`).

    Args:
        begin: The adapter of the phase before, if there is one.
        checkpoint: To go on from; None: the phase's beginning.
    """

    def __init__(
        self,
        course: Course,
        progress: Progress,
        processes: Processes,
        begin: Path | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._course, self._processes, self.progress = course, processes, progress
        self.phase: PhasePlan = course.plan.phases[progress.phase]
        self.learner = course.learner(progress.phase, begin, str(processes.device))
        self.material = course.material(progress.phase, self.learner)
        self.material.watch.before()
        groups = self.learner.parameter_groups()
        self._planned = [(float(group["lr"]), float(group["weight_decay"])) for group in groups]
        self.parameters: list[nn.Parameter] = [one for group in groups for one in group["params"]]
        self._optimizer = new_optimizer(groups, processes.device.type)
        if checkpoint is not None:
            self.learner.load_state(checkpoint.weights)
            self._optimizer.load_state_dict(checkpoint.state["optimizer"])
            restore_random_states(checkpoint.state["random"])
        self._steps_here, self._is_alive = 0, False
        self._ahead: Ahead | None = None

    @property
    def micro_batch(self) -> int:
        return self.progress.micro_batch or self.phase.micro_batch

    def take_step(self, give_way: Callable[[], None], wishes: Callable[[], Sequence[float]]) -> Taken | None:
        """Take one step; None where memory ran out: then the micro-batch is smaller, and nothing else has changed.

        Raises:
            Alarm: The loss or the gradient is not finite, or too many films can't be read; the weights are as they
                were.
        """
        began, number = time.monotonic(), self.progress.step + 1
        result = self._backward(give_way, wishes)
        if result.is_out_of_memory:
            return None
        left_out = self.progress.unreadable + result.unreadable
        check_readable(left_out, (self.progress.step_of_phase + 1) * self.phase.batch, self.phase.batch)
        check_finite(result.loss, result.gradient_norm, number)
        if not self._is_alive and result.loss > LEARNT:
            self._is_alive = self.material.watch.after_backward(number)
        rate = self._update(result)
        self._steps_here += 1
        if self._steps_here == MOVED_AFTER and rate >= SLOW * self.phase.learning_rate:
            self.material.watch.after_steps(number)
        seconds = time.monotonic() - began
        self.progress = after_step(self.progress, result.loss, seconds, result.unreadable)
        return Taken(result.loss, rate, result.gradient_norm, result.wishes)

    def shrink(self) -> None:
        """Halve the micro-batch; a step has twice as many of them, and the same loss."""
        self.progress = replace(self.progress, micro_batch=max(1, self.micro_batch // 2))
        self.close()
        release_memory(choose_device(self._processes.device.type))

    def judge(self) -> float:
        """The phase's metric on the validation samples. Raises NothingToJudge."""
        if self._ahead is not None:
            self._ahead.settle()
        phase = replace(self.phase, micro_batch=self.micro_batch)
        material = self.material
        return judge(self.learner, material.collate, material.validation, phase, self._processes)

    def checkpoint(self, plan_sha256: str) -> Checkpoint:
        state: dict[str, Any] = {"optimizer": self._optimizer.state_dict(), "random": random_states()}
        return Checkpoint(self.progress, self.learner.state(), state, plan_sha256)

    def close(self) -> None:
        """End the thread that works ahead; the next step begins another."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _backward(self, give_way: Callable[[], None], wishes: Callable[[], Sequence[float]]) -> Backward:
        if self._ahead is None:
            steps = range(self.progress.step_of_phase, self.phase.steps)
            share = slice(self._processes.index, None, self._processes.count)
            order, collate = self.material.order, self.material.collate
            self._ahead = Ahead(order, collate, steps, self.micro_batch, share)

        def begin(made: Made) -> None:
            give_way()
            seed_all(seed_of(self._course.plan.seed, self.progress.phase, made.step, made.number))

        return backward(self.learner, self._ahead.step(), self.parameters, self._processes, begin, wishes)

    def _update(self, result: Backward) -> float:
        share = share_of_rate(self.phase, self.progress.step_of_phase)
        clip(self.parameters, result.gradient_norm, self.phase.clip)
        for group, (rate, decay) in zip(self._optimizer.param_groups, self._planned, strict=True):
            group["lr"], group["weight_decay"] = rate * share, decay  # as the plan has it now
        self._optimizer.step()
        if isinstance(self.learner, Averaging):
            self.learner.after_step()
        return self.phase.learning_rate * share

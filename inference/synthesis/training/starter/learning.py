"""The loop that all lessons share. What a step learns depends on the seed and its number alone.

So a run that was killed goes on from its last checkpoint to the same weights, to the bit, on the same machine.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inference.synthesis.training.starter.settings import Lesson, share_of_rate
from inference.training.checkpoint import resume, save_checkpoint
from inference.training.loop.schedule import seed_of

logger = logging.getLogger(__name__)

Tell = Callable[[str, int, int], None]
"""A lesson's name, steps done, steps of it. Called after each step, and after its checkpoint where one was due."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What learns, and from what."""

    name: str
    learns: nn.Module  # all of its parameters that take a gradient
    loss: Callable[
        [int], Tensor
    ]  # of a step's number; all its lots are drawn from torch's generator or its number
    lesson: Lesson
    shares: Mapping[str, float] = field(default_factory=dict)  # of the rate, by the first name of a parameter


class Diverged(ValueError):
    """The loss is no number any more."""


def learn(course: Course, seed: int, checkpoint: Path, tell: Tell = lambda *_: None) -> nn.Module:
    """Take the lesson, or go on with it from `checkpoint`; returns a copy of what learns, averaged and at rest.

    Raises:
        Diverged: The loss is no number. The message says what to do.
    """
    lesson, own = course.lesson, course.learns
    average = copy.deepcopy(own).requires_grad_(False)
    kept = nn.ModuleDict({"own": own, "average": average})
    optimizer = _optimizer(course)
    nothing = torch.Generator()  # the loop has no state of chance that a checkpoint would have to keep
    first = resume(checkpoint, kept, optimizer, nothing)
    own.train()
    begun = time.monotonic()
    for step in range(first, lesson.steps):
        for group in optimizer.param_groups:
            group["lr"] = lesson.learning_rate * group["share"] * share_of_rate(lesson, step)
        loss = _one_step(course, optimizer, seed, step)
        _follow(average, own, min(lesson.average, (1 + step) / (10 + step)))
        if step % 25 == 0:
            passed = time.monotonic() - begun
            logger.info("%s step %d/%d loss %.4f %.0f s", course.name, step, lesson.steps, loss, passed)
        if (step + 1) % lesson.save_every == 0 or step + 1 == lesson.steps:
            save_checkpoint(checkpoint, kept, optimizer, nothing, step + 1)
        tell(course.name, step + 1, lesson.steps)
    return average.eval()


def _one_step(course: Course, optimizer: torch.optim.Optimizer, seed: int, step: int) -> float:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(seed, course.name, step))
        loss = course.loss(step)
    if not bool(torch.isfinite(loss)):
        raise Diverged(
            f"The loss of “{course.name}” is no number at step {step}. Lower its learning rate and begin anew."
        )
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
    nn.utils.clip_grad_norm_(course.learns.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _optimizer(course: Course) -> torch.optim.AdamW:
    groups: dict[float, list[nn.Parameter]] = {}
    for name, parameter in course.learns.named_parameters():
        if parameter.requires_grad:
            groups.setdefault(course.shares.get(name.partition(".")[0], 1.0), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": some, "share": share} for share, some in groups.items()],
        lr=course.lesson.learning_rate,
        weight_decay=course.lesson.weight_decay,
        betas=course.lesson.betas,
    )


@torch.no_grad()
def _follow(average: nn.Module, own: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), [one.detach() for one in own.parameters()], 1 - decay)


def in_sixteen_bits() -> contextlib.AbstractContextManager[Any]:
    """bfloat16 where the processor computes in it (AMX, AVX-512 BF16); elsewhere it would be slower than float32."""
    is_fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast("cpu", torch.bfloat16) if is_fast else contextlib.nullcontext()

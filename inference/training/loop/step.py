"""One step: forward and backward over its micro-batches, on all processes, to one gradient that is clipped once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from inference.devices import is_out_of_memory
from inference.training.loop.ahead import Made
from inference.training.loop.course import Learning
from inference.training.loop.processes import Processes


@dataclass(frozen=True, slots=True)
class Backward:
    """What all processes' backward passes came to; their gradients lie in the parameters."""

    loss: float  # mean over the step's answers, by their weight; no number where there is none
    gradient_norm: float  # before it was clipped
    unreadable: int  # samples that were left out
    is_out_of_memory: bool  # in one of them: nothing else holds, and the gradients are gone
    wishes: tuple[float, ...]  # summed over the processes


def backward(
    learner: Learning,
    made: Iterable[Made],
    parameters: Sequence[nn.Parameter],
    processes: Processes,
    begin: Callable[[Made], None],
    wishes: Callable[[], Sequence[float]],
) -> Backward:
    """Leave the gradient of the step's mean loss in `parameters`, not clipped yet.

    The loss is summed over all answers and divided by all their weights at the end: into how many micro-batches and
    processes the samples were parted changes nothing but the order in which numbers are added.

    Args:
        begin: Called before each micro-batch: seeds, and gives way to a reading.
        wishes: What this process would tell the others, asked once its own share is done.
    """
    for parameter in parameters:
        parameter.grad = None
    total, weight, unreadable, is_full = 0.0, 0.0, 0, False
    for one in made:
        unreadable += one.unreadable
        is_full |= one.is_out_of_memory
        if is_full or one.batch is None:
            continue
        begin(one)
        try:
            loss = learner(one.batch.to(processes.device))
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            total, weight = total + float(loss.detach()), weight + float(one.batch.weight)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            is_full = True
    numbers = processes.sum((total, weight, unreadable, float(is_full), *wishes()))
    return _combined(numbers, parameters, processes)


def _combined(numbers: Sequence[float], parameters: Sequence[nn.Parameter], processes: Processes) -> Backward:
    total, weight, unreadable, full, *wishes = numbers
    if full:
        for parameter in parameters:
            parameter.grad = None
        return Backward(math.nan, math.nan, 0, True, tuple(wishes))
    if not weight:
        return Backward(math.nan, math.nan, int(unreadable), False, tuple(wishes))
    processes.add_gradients(parameters)
    for parameter in parameters:
        assert parameter.grad is not None
        parameter.grad.div_(weight)
    norm = float(torch.nn.utils.get_total_norm([one.grad for one in parameters if one.grad is not None]))
    return Backward(total / weight, norm, int(unreadable), False, tuple(wishes))


def clip(parameters: Sequence[nn.Parameter], norm: float, limit: float) -> None:
    """Shorten the gradient to `limit` where its norm is above; a limit of 0 leaves it."""
    if limit and norm > limit:
        for parameter in parameters:
            assert parameter.grad is not None
            parameter.grad.mul_(limit / norm)


def new_optimizer(groups: list[dict[str, Any]], device: str) -> torch.optim.Optimizer:
    """AdamW; on a graphics card with states of 8 bits that may move to main memory, where bitsandbytes has it."""
    if device == "cuda":
        try:
            from bitsandbytes.optim import PagedAdamW8bit
        except ImportError:
            pass
        else:
            paged: torch.optim.Optimizer = PagedAdamW8bit(groups)
            return paged
    return torch.optim.AdamW(groups)

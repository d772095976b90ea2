"""The processes that train together, on one machine or on several: a thin layer over accelerate.

Their gradients are added once per step, and not by torch's wrapper after each backward pass: so the loss is normalised
by all answers of the step exactly, whatever share of them each process had; a process may have a micro-batch more than
another; and one that runs out of memory tells the others instead of leaving them waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn

BUCKET = 16_000_000
"""Numbers that are added in one go."""
PATIENCE = timedelta(days=2)
"""How long the others are waited for: one of them may be giving way to a reading. A dead one ends all at once."""


class Processes:
    """This process and its fellows. `device` is "cpu" or "cuda"; with several cards each process has its own."""

    def __init__(self, device: str) -> None:
        from accelerate import Accelerator
        from accelerate.utils import InitProcessGroupKwargs

        self._accelerator: Any = Accelerator(
            cpu=device == "cpu",
            mixed_precision="no",  # the learner computes in the plan's precision by itself
            kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
        )

    @property
    def device(self) -> torch.device:
        device: torch.device = self._accelerator.device
        return device

    @property
    def index(self) -> int:
        return int(self._accelerator.process_index)

    @property
    def count(self) -> int:
        return int(self._accelerator.num_processes)

    @property
    def is_main(self) -> bool:
        return bool(self._accelerator.is_main_process)

    def sum(self, values: Sequence[float]) -> list[float]:
        """Each number added up over all processes, in double precision. All must call it with as many numbers."""
        if self.count == 1:
            return [float(value) for value in values]
        numbers = torch.tensor(values, dtype=torch.float64, device=self.device)
        return [float(value) for value in self._accelerator.reduce(numbers, reduction="sum").tolist()]

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by the sum over all processes; where there is none it is zeros, as one or as many."""
        if self.count == 1:
            for parameter in parameters:
                parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            return
        for bucket in _buckets(list(parameters)):
            gradients = [_gradient(parameter) for parameter in bucket]
            added: Tensor = self._accelerator.reduce(torch.cat(gradients), reduction="sum")
            at = 0
            for parameter, flat in zip(bucket, gradients, strict=True):
                parameter.grad = added[at : at + len(flat)].view_as(parameter).clone()
                at += len(flat)

    def gather(self, values: list[Any]) -> list[Any]:
        """The lists of all processes, one after the other."""
        if self.count == 1:
            return values
        from accelerate.utils import gather_object

        gathered: list[Any] = gather_object(values)
        return gathered

    def wait(self) -> None:
        """Until all are here."""
        self._accelerator.wait_for_everyone()

    def close(self) -> None:
        self._accelerator.end_training()


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter).flatten() if parameter.grad is None else parameter.grad.flatten()


def _buckets(parameters: Sequence[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    bucket: list[nn.Parameter] = []
    for parameter in parameters:
        if bucket and (
            parameter.dtype != bucket[0].dtype
            or sum(one.numel() for one in bucket) + parameter.numel() > BUCKET
        ):
            yield bucket
            bucket = []
        bucket.append(parameter)
    if bucket:
        yield bucket

"""The machine that shall train, as a plan sees it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.plan import USABLE_SHARE

CPU_FLOPS_A_CORE = 2.5e10
CUDA_FLOPS_A_PROCESSOR = 0.4e12
"""Rough: what training reaches on one core, or one streaming multiprocessor of a card, per second."""


@dataclass(frozen=True, slots=True)
class TrainingMachine:
    kind: Literal["cpu", "cuda"]
    title: str  # for a person
    memory_bytes: int  # of the card, or of the computer
    free_bytes: int
    cores: int
    has_bfloat16: bool = True  # computes in it without detours
    processors: int = 0  # streaming multiprocessors of a card
    cards: int = 0
    disk_free_bytes: int | None = None  # where the run will lie

    @property
    def budget_bytes(self) -> int:
        """What a run may take: the rest is the screen's, other programs' and lost between."""
        return int(min(USABLE_SHARE * self.memory_bytes, self.free_bytes))

    @property
    def flops_per_s(self) -> float:
        """A guess, for where nothing could be measured."""
        if self.kind == "cuda":
            return max(1, self.processors) * CUDA_FLOPS_A_PROCESSOR
        return max(1, self.cores) * CPU_FLOPS_A_CORE


def this_machine(wish: str = "auto", folder: Path | None = None) -> TrainingMachine:
    """Ask the computer.

    Args:
        wish: auto, cpu or cuda.
        folder: Where the run will lie; need not exist yet.

    Raises:
        InvalidRequest: There is no such device.
    """
    import psutil
    import torch

    from inference.devices import choose_device, machine

    device = choose_device(wish)
    seen = machine(device)
    is_cuda = device.name == "cuda"
    return TrainingMachine(
        kind="cuda" if is_cuda else "cpu",
        title=seen.title,
        memory_bytes=seen.memory_bytes,
        free_bytes=seen.free_bytes,
        cores=psutil.cpu_count(logical=False) or 1,
        has_bfloat16=seen.has_bfloat16,
        processors=torch.cuda.get_device_properties(0).multi_processor_count if is_cuda else 0,
        cards=torch.cuda.device_count() if is_cuda else 0,
        disk_free_bytes=_disk_free(folder) if folder else None,
    )


def _disk_free(folder: Path) -> int | None:
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), None)
    return shutil.disk_usage(there).free if there else None

"""The most memory that a run held."""

from __future__ import annotations

import torch

from inference.devices import cpu, cuda, memory_in_use


def peak_bytes(device: torch.device) -> int:
    """Of this process, since it began: on its graphics card, or in main memory."""
    return memory_in_use(cuda() if device.type == "cuda" else cpu())[1]

"""What one forward pass of a generator's training takes: latents with noise, and words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class FilmBatch:
    """Films of a step, all drawn beforehand: the forward pass has no lot of its own."""

    latents: Tensor  # (films, channels, rows, columns) float32, as the U-Net sees them
    noise: Tensor  # as `latents`
    levels: Tensor  # (films,) int64: of the scheduler's training steps
    prompts: tuple[str, ...]  # the words; empty: none

    @property
    def weight(self) -> float:
        """What the sum of the losses is divided by: each film counts alike."""
        return float(len(self.latents))

    def to(self, device: str | torch.device) -> FilmBatch:
        return replace(
            self,
            latents=self.latents.to(device),
            noise=self.noise.to(device),
            levels=self.levels.to(device),
        )

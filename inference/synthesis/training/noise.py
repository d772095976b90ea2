"""Noise levels as the pack's scheduler has them, what is predicted, and how the levels weigh in the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from inference.errors import PackRefused

_TAKEN = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
)
PREDICTED = ("epsilon", "v_prediction")


class NoiseLevels:
    """The forward process of a generator.

    Args:
        config: `scheduler/scheduler_config.json`, of whichever sampler.
        snr_gamma: Min-SNR weighting (Hang et al. 2023); 0 weighs all levels alike, as MedXChat's objective does.

    Raises:
        PackRefused: It predicts neither noise nor velocity.
    """

    def __init__(self, config: Mapping[str, Any], snr_gamma: float = 0.0) -> None:
        self._scheduler: Any = DDPMScheduler(**{name: config[name] for name in _TAKEN if name in config})
        self.predicts = str(self._scheduler.config.prediction_type)
        if self.predicts not in PREDICTED:
            raise PackRefused(
                f"The generator predicts “{self.predicts}”; only {' and '.join(PREDICTED)} are learnt."
            )
        self.count = int(self._scheduler.config.num_train_timesteps)
        self._weights = self._weighted(snr_gamma)

    def noisy(self, latents: Tensor, noise: Tensor, levels: Tensor) -> Tensor:
        """Latents at their noise levels; all (films, channels, rows, columns), `levels` (films,)."""
        found: Tensor = self._scheduler.add_noise(latents, noise, levels)
        return found

    def target(self, latents: Tensor, noise: Tensor, levels: Tensor) -> Tensor:
        """What should be predicted: the noise, or the velocity."""
        if self.predicts == "epsilon":
            return noise
        velocity: Tensor = self._scheduler.get_velocity(latents, noise, levels)
        return velocity

    def weight(self, levels: Tensor) -> Tensor:
        """(films,): of each film's squared error."""
        return self._weights.to(levels.device)[levels]

    def _weighted(self, gamma: float) -> Tensor:
        alphas: Tensor = self._scheduler.alphas_cumprod.double()
        snr = alphas / (1 - alphas)
        if not gamma:
            return torch.ones_like(snr).float()
        over = snr if self.predicts == "epsilon" else snr + 1
        return (snr.clamp(max=gamma) / over.clamp(min=1e-8)).float()

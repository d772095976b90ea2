"""From noise to a latent in few steps: DPM-Solver++ (second order, multistep), with classifier-free guidance.

The arithmetic is diffusers' `DPMSolverMultistepScheduler`; it takes the noise schedule and what the network predicts
(noise or velocity) from the pack's own scheduler config, whatever sampler that names. It draws no random numbers after
the first noise, so a seed decides everything.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from diffusers import DPMSolverMultistepScheduler
from torch import Tensor

from inference.errors import PackRefused

_SCHEDULE = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "rescale_betas_zero_snr",
    "timestep_spacing",
    "steps_offset",
)
PREDICTIONS = ("epsilon", "v_prediction")


class Sampler:
    """One drawing's way from noise to latent.

    Args:
        config: `scheduler/scheduler_config.json` of the pack.
        steps: Network calls of a whole drawing.
        strength: How much of it is done: 1 begins at pure noise, less begins later, at a source film's latent with
            less noise on it.

    Raises:
        PackRefused: The config is of a noise schedule or a prediction that this program does not compute.
    """

    def __init__(self, config: Mapping[str, Any], steps: int, strength: float = 1.0) -> None:
        if (kind := config.get("prediction_type", "epsilon")) not in PREDICTIONS:
            raise PackRefused(f"The generator predicts “{kind}”; known are: {', '.join(PREDICTIONS)}.")
        schedule = {name: config[name] for name in _SCHEDULE if config.get(name) is not None}
        self._solver = DPMSolverMultistepScheduler.from_config(
            {**schedule, "algorithm_type": "dpmsolver++", "solver_order": 2, "solver_type": "midpoint"}
        )
        with warnings.catch_warnings():  # NumPy 2 deplores how diffusers 0.42 makes an array of a tensor
            warnings.simplefilter("ignore", DeprecationWarning)
            self._solver.set_timesteps(steps)
        first = steps - min(max(round(steps * strength), 1), steps)
        self.timesteps: Tensor = self._solver.timesteps[first:]
        self._solver.set_begin_index(first)
        self._clean: Tensor | None = None

    def start(self, noise: Tensor, source: Tensor | None = None) -> Tensor:
        """The latent to begin with: the noise alone, or `source` with as much of it as its first step expects."""
        if source is None:
            return noise * float(self._solver.init_noise_sigma)
        begun: Tensor = self._solver.add_noise(source, noise, self.timesteps[:1])
        return begun

    def step(self, said: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        """The next latent, of what the network said about this one."""
        after: Tensor = self._solver.step(said, timestep, latents).prev_sample
        self._clean = self._solver.model_outputs[-1]  # where DPM-Solver++ steps to: the latent without noise
        return after

    @property
    def clean(self) -> Tensor:
        """The latent without noise, as the network sees it at the last step. Before the first one there is none."""
        clean = self._clean
        assert clean is not None, "no step was taken"
        return clean


def guided(said: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance: away from what is said without the words.

    Args:
        said: (2, …) without the words first, with them second; (1, …) with them only, and guidance does nothing.
    """
    if said.shape[0] == 1:
        return said
    without, with_words = said.chunk(2)
    return without + guidance * (with_words - without)

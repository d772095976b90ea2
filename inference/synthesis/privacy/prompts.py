"""How far a prompt moves the prediction from that of no words: d_mem, mean over t of ||eps(x_t, c) - eps(x_t, "")||.

A prompt that stands for one film pulls the noise towards it from the first step on (Wen et al., "Detecting, Explaining,
and Mitigating Memorization in Diffusion Models", 2024). No film has to be drawn to the end for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler
from numpy.typing import NDArray

from inference.synthesis.networks import Networks

STEPS = 8
_TAKEN = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
)


@torch.no_grad()
def pulls(
    networks: Networks, prompts: Sequence[str], seed: int = 0, steps: int = STEPS
) -> NDArray[np.float64]:
    """d_mem of each prompt, per latent number (root mean square): (prompts,).

    The noise is the same for all prompts, so their numbers can be held against each other.
    """
    scheduler = _scheduler(networks.scheduler_config)
    scheduler.set_timesteps(steps)
    noise = torch.randn((1, *networks.latent_shape), generator=torch.Generator().manual_seed(seed))
    nothing = networks.encode_text([""])
    found = []
    for words in prompts:
        prompt = networks.encode_text([words])
        latents, pull = noise.to(networks.device), 0.0
        for level in scheduler.timesteps:
            levels = level.reshape(1).to(networks.device)
            with_words = networks.predict(latents, levels, prompt)
            without = networks.predict(latents, levels, nothing)
            pull += float((with_words - without).square().mean().sqrt())
            latents = scheduler.step(with_words, level, latents).prev_sample
        found.append(pull / len(scheduler.timesteps))
    return np.array(found)


def _scheduler(config: Mapping[str, Any]) -> Any:
    told = {name: config[name] for name in _TAKEN if name in config}
    return DDIMScheduler(**told, clip_sample=False)

"""Samples to a batch: kept latents, words, noise and noise levels that follow from each sample's id."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from inference.synthesis.training.batch import FilmBatch
from inference.synthesis.training.draws import noise_seed, variant_of
from inference.synthesis.training.latents import Latents
from inference.training.samples import Sample


class FilmCollator:
    """Makes batches for one learner.

    Args:
        latents: Gives the films.
        levels: How many noise levels there are.
        seed: The plan's.
    """

    def __init__(self, latents: Latents, levels: int, seed: int) -> None:
        self._latents, self._levels, self._seed = latents, levels, seed

    def __call__(self, samples: Sequence[Sample], *, varied: bool = True) -> FilmBatch:
        """One batch; the same sample gives the same rows in whatever company.

        Args:
            samples: At least one, of one film each.
            varied: False takes the films as they are.

        Raises:
            UnreadableFilm, InvalidFilm: A film can't be had.
        """
        latents = [
            self._latents.latent(one.source, one.films[0], variant_of(one) if varied else 0)
            for one in samples
        ]
        lots = [self._lot(sample, latent) for sample, latent in zip(samples, latents, strict=True)]
        return FilmBatch(
            latents=torch.stack(latents),
            noise=torch.stack([noise for noise, _ in lots]),
            levels=torch.tensor([level for _, level in lots]),
            prompts=tuple(sample.text for sample in samples),
        )

    def _lot(self, sample: Sample, latent: Tensor) -> tuple[Tensor, int]:
        generator = torch.Generator().manual_seed(noise_seed(self._seed, sample))
        level = int(torch.randint(self._levels, (1,), generator=generator))
        return torch.randn(latent.shape, generator=generator), level

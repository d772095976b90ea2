"""What a step of the base and of the adapter draws: which films, their words, noise and noise levels."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random

import torch

from inference.synthesis.training.batch import FilmBatch
from inference.synthesis.training.starter.latent_bank import VARIANTS, LatentBank
from inference.synthesis.training.starter.settings import Lesson, StarterSynthRecipe
from inference.synthesis.training.starter.taught import TaughtFilm, caption
from inference.training.loop.schedule import seed_of


class Draws:
    """Batches by their step's number; the same number gives the same batch.

    Args:
        name: Of the lesson: two lessons draw different films.
        lesson: Says how many.
        films: All that may be drawn, each as often as its weight says.
        bank: Their latents.
        recipe: Seed, shares of captions without words and without tag.
        levels: How many noise levels there are.
    """

    def __init__(
        self,
        name: str,
        lesson: Lesson,
        films: tuple[TaughtFilm, ...],
        bank: LatentBank,
        recipe: StarterSynthRecipe,
        levels: int,
    ) -> None:
        self._name, self._batch, self._films, self._bank = name, lesson.batch, films, bank
        self._recipe, self._levels = recipe, levels
        self._bounds = list(accumulate(film.weight for film in films))

    def step(self, step: int) -> FilmBatch:
        seed = seed_of(self._recipe.seed, self._name, "draw", step)
        lot, chance = Random(seed), torch.Generator().manual_seed(seed)  # noqa: S311  # not cryptography
        films = [self._film(lot) for _ in range(self._batch)]
        latents = torch.stack([self._bank.latent(film, lot.randrange(VARIANTS)) for film in films])
        return FilmBatch(
            latents=latents,
            noise=torch.randn(latents.shape, generator=chance),
            levels=torch.randint(self._levels, (len(films),), generator=chance),
            prompts=tuple(self._words(film, lot) for film in films),
        )

    def _film(self, lot: Random) -> TaughtFilm:
        place = bisect_right(self._bounds, lot.random() * self._bounds[-1])
        return self._films[min(place, len(self._films) - 1)]

    def _words(self, film: TaughtFilm, lot: Random) -> str:
        is_empty = lot.random() < self._recipe.empty_captions
        tag = film.tag if lot.random() < self._recipe.tag_share else ""
        told = caption(film.view, tag, film.sayings(lot))
        return "" if is_empty else told

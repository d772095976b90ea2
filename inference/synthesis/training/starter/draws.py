"""What a step of the base and of the adapter draws: which films, their words, noise and noise levels.

Most films are drawn one by one, from pools with set shares. The others come in pairs: a film on which a finding was
painted, and the film itself, under the same noise at the same level.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

import torch
from torch import Tensor
from torch.nn import functional

from inference.synthesis.training.batch import FilmBatch
from inference.synthesis.training.starter.latent_bank import VARIANTS, LatentBank
from inference.synthesis.training.starter.settings import PAINTED_SHARES, SHARES, Lesson, StarterSynthRecipe
from inference.synthesis.training.starter.taught import DRAWN_FOR, TaughtFilm, caption
from inference.synthesis.training.wording import Said, sayings
from inference.training.loop.schedule import seed_of


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A step's films, and how much an error counts at each of their places."""

    batch: FilmBatch
    stress: Tensor  # (films, 1, rows, columns)


class Urn:
    """Films to draw from, each as often as its weight says."""

    def __init__(self, films: Sequence[TaughtFilm], weight: Callable[[TaughtFilm], float]) -> None:
        self.films = tuple(films)
        self._bounds = list(accumulate(weight(film) for film in films))

    def film(self, lot: Random) -> TaughtFilm:
        place = bisect_right(self._bounds, lot.random() * self._bounds[-1])
        return self.films[min(place, len(self.films) - 1)]


class Draws:
    """Batches by their step's number; the same number gives the same batch.

    Args:
        name: Of the lesson: two lessons draw different films.
        lesson: Says how many.
        films: All that may be drawn.
        bank: Their latents.
        recipe: Seed, pairs, shares of captions without words and without tag.
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
        self._name, self._batch, self._bank = name, lesson.batch, bank
        self._recipe, self._levels = recipe, levels
        self._pools = urns(films)
        self._names = tuple(self._pools)
        self._real = {film.row: film for film in films if film.kind == "real"}
        self._painted = painted_urn(films)
        self._pairs = min(recipe.pairs, lesson.batch // 2) if self._painted else 0

    def step(self, step: int) -> Drawn:
        seed = seed_of(self._recipe.seed, self._name, "draw", step)
        lot, chance = Random(seed), torch.Generator().manual_seed(seed)  # noqa: S311  # not cryptography
        singles = [self._single(lot) for _ in range(self._batch - 2 * self._pairs)]
        pairs = [self._pair(lot) for _ in range(self._pairs)]
        latents = torch.stack([*(one for one, _ in singles), *(one for pair in pairs for one in pair[0])])
        prompts = (*(words for _, words in singles), *(words for pair in pairs for words in pair[1]))
        noise = torch.randn(latents.shape, generator=chance)
        levels = self._noise_levels(len(latents), chance)
        for at in range(len(singles), len(latents), 2):
            noise[at + 1] = noise[at]
            least = int(self._recipe.pair_noise * self._levels)
            levels[at : at + 2] = torch.randint(least, self._levels, (1,), generator=chance)
        return Drawn(FilmBatch(latents, noise, levels, prompts), self._stress(latents, len(singles)))

    def _noise_levels(self, count: int, chance: torch.Generator) -> Tensor:
        """Even ones, and for `shape_share` of the films those at which a film's rough shape is decided."""
        first, last = (share * self._levels for share in self._recipe.shape_levels)
        middling = torch.rand(2, count, generator=chance).mean(0)  # the middle of them most often
        at_shape = torch.rand(count, generator=chance) < self._recipe.shape_share
        even = torch.randint(self._levels, (count,), generator=chance)
        return torch.where(at_shape, (first + (last - first) * middling).long(), even)

    def _single(self, lot: Random) -> tuple[Tensor, str]:
        name = lot.choices(self._names, [SHARES[name] for name in self._names])[0]
        film = self._pools[name].film(lot)
        return self._bank.latent(film, lot.randrange(VARIANTS)), self._words(film, name, lot)

    def _pair(self, lot: Random) -> tuple[tuple[Tensor, Tensor], tuple[str, str]]:
        """Latents and words of a painted film, and of the film itself under the same crop."""
        assert self._painted is not None
        film = self._painted.film(lot)
        before = self._real[film.on]
        tag = film.tag if lot.random() < self._recipe.tag_share else ""
        calm = sayings((), before.absent, lot, is_clear=before.is_clear or lot.random() < 0.5)
        words = caption(film.view, tag, film.sayings(lot)), caption(film.view, tag, calm)
        return (self._bank.latent(film, 0), self._bank.without_paint(film)), words

    def _stress(self, latents: Tensor, singles: int) -> Tensor:
        """1, and more where a pair differs."""
        stress = torch.ones_like(latents[:, :1])
        on, off = self._recipe.stress
        for at in range(singles, len(latents), 2):
            apart = (latents[at] - latents[at + 1]).square().mean(0, keepdim=True).sqrt()
            apart = functional.avg_pool2d(apart, 3, 1, 1)
            apart = apart / (apart.max() + 1e-6)
            stress[at], stress[at + 1] = 1 + on * apart, 1 + off * apart
        return stress

    def _words(self, film: TaughtFilm, pool: str, lot: Random) -> str:
        recipe = self._recipe
        chance = lot.random()
        is_known_adult = film.is_of_an_adult and film.has_labels
        is_plain = is_known_adult or film.view == "lateral"
        if is_plain and chance < recipe.empty_captions:
            return ""
        if is_plain and chance < recipe.empty_captions + recipe.bare_captions:
            return caption(film.view, "", ())
        tag = film.tag if not is_known_adult or lot.random() < recipe.tag_share else ""
        return caption(film.view, tag, self._said(film, pool, lot))

    def _said(self, film: TaughtFilm, pool: str, lot: Random) -> tuple[Said, ...]:
        if film.kind != "real" or pool == "children":
            return film.sayings(lot)
        facts = [
            replace(one, grade=lot.choice(("moderate", "severe", "severe")))
            if one.label in DRAWN_FOR and lot.random() < self._recipe.graded_share
            else one
            for one in film.facts
        ]
        if pool in DRAWN_FOR and lot.random() < self._recipe.alone_share:
            facts = [one for one in facts if one.label == pool]
        return sayings(facts, film.absent, lot, is_clear=film.is_clear)


def urns(films: Sequence[TaughtFilm]) -> Mapping[str, Urn]:
    """By pool, in the order of SHARES; a pool without a film is left out, and the others share its part."""
    found = {name: [film for film in films if name in film.pools] for name in SHARES}
    return {name: Urn(some, lambda film: film.weight) for name, some in found.items() if some}


def painted_urn(films: Sequence[TaughtFilm]) -> Urn | None:
    """Painted films, as often as their finding's share says; None: nothing was painted."""
    painted = [film for film in films if film.kind == "painted"]
    return Urn(painted, lambda film: PAINTED_SHARES[film.facts[0].label]) if painted else None

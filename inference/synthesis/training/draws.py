"""Which films a step learns from, with which words and which noise: pure in (films, seed, step). No torch.

A run that was killed goes on from any step without a sampler's state: everything that is drawn by lot is drawn from
the plan's seed and the draw's own number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from inference.synthesis.training.rows import NothingToDraw, WordedFilm
from inference.training.loop.schedule import seed_of
from inference.training.plan import PhasePlan, SynthesisPlan
from inference.training.samples import Sample

MOST_VALIDATION = 160


@dataclass(frozen=True, slots=True)
class StepFilms:
    micro_batches: tuple[tuple[Sample, ...], ...]


class FilmOrder:
    """The steps of a run, in any order asked for.

    A `Sample` here is one film: `text` the generator's words (empty for guidance without a classifier), `id` the film
    and the draw's number, from which its noise follows (`noise_seed`).
    """

    def __init__(
        self, films: Sequence[WordedFilm], phase: PhasePlan, synthesis: SynthesisPlan, seed: int
    ) -> None:
        if not films or not any(film.weight > 0 for film in films):
            raise NothingToDraw("No film of these data can be learnt from.")
        self._films, self._phase, self._synthesis, self._seed = films, phase, synthesis, seed
        self._bounds = list(accumulate(film.weight for film in films))

    def step(self, step: int) -> StepFilms:
        """Step `step`, from 0."""
        samples = [self.draw(step * self._phase.batch + place) for place in range(self._phase.batch)]
        size = self._phase.micro_batch
        return StepFilms(tuple(tuple(samples[at : at + size]) for at in range(0, len(samples), size)))

    def draw(self, number: int) -> Sample:
        rng = Random(seed_of(self._seed, "film", number))  # noqa: S311  # not cryptography
        place = rng.random() * self._bounds[-1]
        film = self._films[min(bisect_right(self._bounds, place), len(self._films) - 1)]
        variant = rng.randrange(max(1, self._synthesis.variants))
        is_empty = rng.random() < self._synthesis.empty_captions
        return _sample(film, number, "" if is_empty else film.prompt(rng), variant)


def validation_samples(films: Sequence[WordedFilm], seed: int) -> tuple[Sample, ...]:
    """Films that watch the training, each with its words; those that a hash puts first where there are many."""
    chosen = sorted(films, key=lambda film: seed_of(seed, "watch", film.name))[:MOST_VALIDATION]
    return tuple(
        _sample(film, -1 - at, film.prompt(Random(seed_of(seed, "watch", film.name))))  # noqa: S311
        for at, film in enumerate(chosen)
    )


def noise_seed(seed: int, sample: Sample) -> int:
    """Of a draw's noise level and noise: whatever batch it is in."""
    return seed_of(seed, "noise", sample.id)


def variant_of(sample: Sample) -> int:
    """Which variant of its film a sample shows."""
    return int(sample.id.rpartition("~")[2])


def _sample(film: WordedFilm, number: int, prompt: str, variant: int = 0) -> Sample:
    return Sample(
        id=f"{film.name}#{number}~{variant}",
        source=film.source,
        study=film.study,
        patient=film.patient,
        task="drawing",
        text=prompt,
        films=(film.film,),
    )

"""Draws one film of a wish. What it returns is **unmarked**: only `inference.synthesis.drawing` may ask for it.

The same wish, source, pack, precision and machine give the same bytes: all random numbers are drawn on the CPU, from
the wish's seed, also for a graphics card. Another machine, another number of threads or another precision may differ
in the last bits of each step, and so in some grey levels.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from inference.backend import CancelToken
from inference.errors import InferenceCancelled, InferenceError, InvalidRequest
from inference.preprocess import MAX_ASPECT
from inference.synthesis.networks import Networks, Prompt, to_bytes, to_network
from inference.synthesis.sampler import Sampler, guided
from inference.synthesis.stepwise import DrawStep
from inference.synthesis.wish import MOST_STEPS, FilmWish, without_view_sentence

PREVIEW_SIDE = 32
"""Latents of more rows are decoded smaller for a preview: a large autoencoder takes seconds on a CPU."""

Look = Callable[[], NDArray[np.uint8]]
"""Decodes what the film looks like now: (rows, columns), unmarked, of the step that it was given with."""


class OnStep(Protocol):
    def __call__(self, step: int, steps: int, look: Look, /) -> None:
        """`step` of `steps` network calls are done; `look` costs a decoding, so ask for it only to show it."""
        ...


class NoFilm(InferenceError):
    """The generator's numbers left what can be computed with."""

    remedy = "Ask again with less guidance, or start the program with --precision float32."


class Generator:
    """A pack's networks, ready to draw. Not for several threads at once."""

    def __init__(self, networks: Networks) -> None:
        self.networks = networks

    def draw(
        self,
        wish: FilmWish,
        source: NDArray[np.uint8] | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> NDArray[np.uint8]:
        """Draw one film.

        Args:
            wish: What of. `source_image` is not looked at here.
            source: The film that it begins from, upright, as a reader sees it (rows, columns); then
                `wish.strength` says how much of it is drawn anew: 0 returns it in the generator's size, 1 takes
                nothing of it. Its central part is taken, as in reading.
            on_step: Called after each network call, in this thread.
            cancel: Looked at before each network call.

        Returns:
            (rows, columns) uint8, MONOCHROME2, of the pack's native size. Unmarked.

        Raises:
            InferenceCancelled: Within one network call of `cancel.cancel()`.
            InvalidRequest: The pack does not draw this view, or a number is out of its range.
            NoFilm: The numbers overflowed.
        """
        stream = self.steps(wish, source)
        try:
            while True:
                if cancel is not None:
                    cancel.rest()
                    if cancel.is_cancelled:
                        raise InferenceCancelled("The drawing was stopped.")
                try:
                    done = next(stream)
                except StopIteration as end:
                    film: NDArray[np.uint8] = end.value
                    return film
                if on_step is not None:
                    on_step(done.step, done.steps, done.preview)
        finally:
            stream.close()

    def steps(
        self, wish: FilmWish, source: NDArray[np.uint8] | None = None
    ) -> abc.Generator[DrawStep, None, NDArray[np.uint8]]:
        """The same drawing, one network call at a time (`inference.synthesis.stepwise.DrawsInSteps`).

        Nothing is held between two steps that another computation in this thread would notice: no inference mode, no
        precision. Several drawings may go on in turns.

        Raises:
            InvalidRequest, NoFilm: As `draw` says; the former at once.
        """
        self._check(wish)
        facts = self.networks.facts
        return self._steps(wish, None if source is None else fit(source, facts.rows, facts.columns))

    def _steps(
        self, wish: FilmWish, source: NDArray[np.uint8] | None
    ) -> abc.Generator[DrawStep, None, NDArray[np.uint8]]:
        if source is not None and wish.strength == 0:
            return source
        kept = source if wish.strength < 1 else None
        with torch.inference_mode():
            sampler = Sampler(
                self.networks.scheduler_config, wish.steps, 1 if kept is None else wish.strength
            )
            prompt = self._prompt(wish)
            latents = sampler.start(self._noise(wish.seed), None if kept is None else self._encoded(kept))
        for step, timestep in enumerate(sampler.timesteps, start=1):
            latents = self._stepped(sampler, latents, timestep, prompt, wish.guidance)
            yield DrawStep(step, len(sampler.timesteps), partial(self._preview, sampler.clean))
        return self._film(latents)

    def prompt_text(self, wish: FilmWish) -> str:
        """The words that are encoded: the pack's view sentence, then the description."""
        sentence = self.networks.facts.view_sentences[wish.view]
        return f"{sentence} {without_view_sentence(wish.text)}".strip()

    def _check(self, wish: FilmWish) -> None:
        views = self.networks.facts.views
        if wish.view not in views:
            raise InvalidRequest(f"This generator draws {', '.join(views)} views, not {wish.view}.")
        if not 1 <= wish.steps <= MOST_STEPS:
            raise InvalidRequest(f"steps must be 1 to {MOST_STEPS}, got {wish.steps}.")
        if not 0 <= wish.strength <= 1:
            raise InvalidRequest(f"strength must be 0 to 1, got {wish.strength:g}.")
        if not 0 <= wish.guidance <= 30:
            raise InvalidRequest(f"guidance must be 0 to 30, got {wish.guidance:g}.")
        if not 0 <= wish.seed < 2**63:
            raise InvalidRequest("seed must be 0 or more, and below 2 to the 63rd power.")

    def _prompt(self, wish: FilmWish) -> Prompt:
        words = self.prompt_text(wish)
        return self.networks.encode_text([words] if wish.guidance == 1 else ["", words])

    def _noise(self, seed: int) -> Tensor:
        drawn = torch.randn(
            (1, *self.networks.latent_shape), generator=torch.Generator("cpu").manual_seed(seed)
        )
        return drawn.to(self.networks.device)

    def _encoded(self, picture: NDArray[np.uint8]) -> Tensor:
        return self.networks.encode(to_network(picture).to(self.networks.device))

    @torch.inference_mode()
    def _stepped(
        self, sampler: Sampler, latents: Tensor, timestep: Tensor, prompt: Prompt, guidance: float
    ) -> Tensor:
        twice = latents.expand(len(prompt.tokens), -1, -1, -1)
        said = self.networks.predict(twice, timestep.to(latents.device), prompt)
        return sampler.step(guided(said, guidance), timestep, latents)

    @torch.inference_mode()
    def _preview(self, clean: Tensor) -> NDArray[np.uint8]:
        largest = max(clean.shape[-2:])
        if largest > PREVIEW_SIDE:
            clean = torch.nn.functional.interpolate(clean, scale_factor=PREVIEW_SIDE / largest, mode="area")
        return to_bytes(self.networks.decode(clean))

    @torch.inference_mode()
    def _film(self, latents: Tensor) -> NDArray[np.uint8]:
        picture = self.networks.decode(latents)
        if not bool(torch.isfinite(picture).all()):
            raise NoFilm(
                f"The generator's numbers overflowed in {self.networks.precision}: no film was made."
            )
        return to_bytes(picture)


def fit(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The central part of a picture in the generator's size: scaled until it fills it, then cut evenly.

    Raises:
        InvalidRequest: It is empty, or far longer than wide.
    """
    height, width = picture.shape
    if min(height, width) < 1 or max(height, width) > MAX_ASPECT * min(height, width):
        raise InvalidRequest(f"A film of {height} rows and {width} columns can't be drawn from.")
    scale = max(rows / height, columns / width)
    size = (max(round(width * scale), columns), max(round(height * scale), rows))
    scaled = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - columns) // 2, (size[1] - rows) // 2
    return np.asarray(scaled.crop((left, top, left + columns, top + rows)), dtype=np.uint8)

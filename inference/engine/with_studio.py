"""The engine that reads, with an image generator beside it, as one backend.

A `DrawFilm` goes to the generator, and so does each film that an answer describes between `<Xray>` tags; everything
else is the reader's. The generator is loaded when a film is first wanted. Where both do not fit on the graphics card
they take turns, between two tokens or two steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from inference.backend import (
    AskQuestion,
    Backend,
    CancelToken,
    DrawFilm,
    Event,
    FilmInput,
    Finished,
    Flag,
    PackInfo,
    Progress,
    Request,
    StudyInput,
)
from inference.devices import is_out_of_memory
from inference.engine.answered_films import described_films, films_told
from inference.engine.room import SMALLER_PLAN
from inference.engine.turns import Movable, Turns, TurnToken
from inference.errors import InferenceCancelled, InferenceError, InvalidRequest, OutOfMemory
from inference.film_picture import model_picture
from inference.plan import MemoryUse
from inference.status import Synthesis
from inference.synthesis.asked import checked
from inference.synthesis.drawing import NO_FILM, Drawer, Drawing, Picture, draw_films
from inference.synthesis.facts import SynthesisFacts
from inference.two_models import Sharing
from viewer.core import synthetic_mark


class ReadsFilms(Backend, Movable, Protocol):
    """What is needed of the reader (`inference.engine.engine.M4cxrBackend`)."""

    @property
    def precision(self) -> str: ...

    @property
    def device(self) -> str: ...

    def film(self, image_sha256: str) -> FilmInput: ...

    def memory(self) -> MemoryUse: ...

    def features_of(self, images: Sequence[str]) -> dict[str, tuple[float, ...]]: ...

    def note(self, words: str, kind: str = SMALLER_PLAN) -> None: ...

    def close(self) -> None: ...


class DrawsFilms(Movable, Protocol):
    """What is needed of the generator (`inference.synthesis.studio.Studio`)."""

    @property
    def state(self) -> str: ...

    def info(self) -> PackInfo: ...

    @property
    def facts(self) -> SynthesisFacts: ...

    def drawer(self) -> Drawer: ...

    def fingerprint(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


class WithStudio:
    """Implements `inference.backend.Backend` with two models. Not thread-safe: one inference thread.

    Args:
        reader: Loaded, and on the device.
        studio: Nothing of it needs to be loaded.
        sharing: How they share the device (`inference.two_models.share`).
    """

    def __init__(self, reader: ReadsFilms, studio: DrawsFilms, sharing: Sharing) -> None:
        self._reader, self._studio, self._sharing = reader, studio, sharing
        self._turns = Turns(reader, studio, both_stay=sharing.way != "take turns")

    # ── the reader's ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def precision(self) -> str:
        return self._reader.precision

    @property
    def device(self) -> str:
        return self._reader.device

    def info(self) -> PackInfo:
        return self._reader.info()

    def note(self, words: str, kind: str = SMALLER_PLAN) -> None:
        self._reader.note(words, kind)

    def memory(self) -> MemoryUse:
        return self._reader.memory()

    def features_of(self, images: Sequence[str]) -> dict[str, tuple[float, ...]]:
        return self._reader.features_of(images)

    def put_film(self, film: FilmInput) -> None:
        self._reader.put_film(film)

    def has_film(self, image_sha256: str) -> bool:
        return self._reader.has_film(image_sha256)

    def put_study(self, study: StudyInput) -> None:
        self._reader.put_study(study)

    def forget_study(self, study_id: str) -> None:
        self._reader.forget_study(study_id)

    # ── both ────────────────────────────────────────────────────────────────────────────────────────────────────

    def synthesis(self) -> Synthesis:
        """What is told about the generator."""
        facts = self._studio.facts
        return Synthesis(
            self._studio.info(),
            self._studio.state,
            facts.rows,
            facts.columns,
            facts.views,
            facts.steps,
            facts.guidance,
            self._sharing.why,
        )

    def close(self) -> None:
        """Free both models; nothing can be asked any more."""
        self._studio.close()
        self._reader.close()

    def run(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        """Carry out a request; see `inference.backend.Backend.run`."""
        match request:
            case DrawFilm():
                yield from self._drawn(request, cancel)
            case AskQuestion():
                yield from self._answered(request, cancel)
            case _:
                yield from self._read(request, cancel)

    def _read(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        self._turns.claim(self._reader)
        yield from self._reader.run(request, TurnToken(cancel, self._turns, self._reader))

    def _answered(self, request: AskQuestion, cancel: CancelToken) -> Iterator[Event]:
        """The reader's answer, then the films that it describes, then its end."""
        for event in self._read(request, cancel):
            if not isinstance(event, Finished):
                yield event
                continue
            films: list[Any] = []
            for part, wish, why_not in described_films(event.result, request.messages):
                if wish is None:
                    yield Flag(NO_FILM, why_not)
                    continue
                facts = self._studio.facts
                drawing = Drawing(facts.steps, part=part, number=len(films))
                asked = replace(wish, steps=facts.steps, guidance=facts.guidance)
                try:
                    yield from self._films(asked, cancel, drawing, None)
                except InferenceCancelled:
                    raise
                except InferenceError as error:  # what was answered is not lost for a film
                    yield Flag(NO_FILM, f"{error} {error.remedy}".strip())
                films += drawing.films
            told = {"films": films_told(films)} if films else {}
            yield replace(event, result={**event.result, **told})

    def _drawn(self, request: DrawFilm, cancel: CancelToken) -> Iterator[Event]:
        begun = time.perf_counter()
        source = self._source(checked(request))
        drawing = Drawing(request.steps * request.count)
        yield from self._films(request, cancel, drawing, source)
        usage = {"steps": drawing.done_steps, "seconds": round(time.perf_counter() - begun, 3)}
        made = {"images": [request.source_image] if request.source_image else [], "seed": request.seed}
        yield Finished({"films": films_told(drawing.films)}, usage, {**self._studio.fingerprint(), **made})

    def _films(
        self, request: DrawFilm, cancel: CancelToken, drawing: Drawing, source: Picture | None
    ) -> Iterator[Event]:
        """Draw; where both models at once were too much, once more with the reader set aside."""
        if self._sharing.way == "reader alone":
            refused = OutOfMemory(self._sharing.why)
            refused.remedy = self._sharing.remedy
            raise refused
        first = drawing.number
        try:
            yield from self._tried(request, cancel, drawing, source)
            return
        except Exception as error:
            if not (is_out_of_memory(error) or isinstance(error, OutOfMemory)):
                raise
        # Outside of the except block: what is raised in there keeps the failed run's frames, and they hold tensors.
        if not self._turns.both_stay or not self._sharing.can_take_turns:
            self._studio.close()
            raise OutOfMemory(
                f"{self.device} ran out of memory while drawing. The reading model is as it was."
            )
        self._turns.take_turns()
        yield Flag(
            SMALLER_PLAN,
            "Memory ran out; the reading model waits in main memory while films are drawn. It takes longer.",
        )
        ready = drawing.number - first
        drawing.done_steps = request.steps * ready
        rest = replace(request, seed=request.seed + ready, count=request.count - ready)
        yield from self._tried(rest, cancel, drawing, source)

    def _tried(
        self, request: DrawFilm, cancel: CancelToken, drawing: Drawing, source: Picture | None
    ) -> Iterator[Event]:
        if self._studio.state == "not loaded":
            yield Progress("loading", 0, 1)
        self._turns.claim(self._studio)
        token = TurnToken(cancel, self._turns, self._studio)
        yield from draw_films(request, self._studio.drawer(), token, source=source, drawing=drawing)

    def _source(self, request: DrawFilm) -> Picture | None:
        """The film that is drawn from, as the reader sees it. Raises InvalidFilm, InvalidRequest, UnknownFilm."""
        if not request.source_image:
            return None
        film = self._reader.film(request.source_image)
        picture = model_picture(film).grey
        if film.is_synthetic or synthetic_mark.look(picture) is not None:
            raise InvalidRequest(
                "body.source_image is a synthetic film itself; films are made from real ones only."
            )
        return picture

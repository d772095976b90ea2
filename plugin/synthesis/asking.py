"""What is asked of the backend, in worker threads: films from words, and films from this patient."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.backend import DrawFilm, Event
from inference.client import film_input
from inference.errors import BackendFault, BackendLost, InferenceCancelled, InferenceError
from inference.film_picture import model_picture
from plugin import wording
from plugin.events import PanelEvent
from plugin.runs import BackendDoor, EventsOfAJob, IsStopped, ReadPixels, Run, lost_reason
from plugin.study_films import FilmToRead, ReadingPlan
from plugin.synthesis.difference import fitted
from plugin.synthesis.state import Form, FromPatient, GeneratorTold, Trouble
from viewer.core.study import Film

SIDE = 512
"""Of the source film's copy on the page; it is shown beside films of 256 to 512 pixels."""


class Drawing(Protocol):
    """A wish on its way. `work` runs in a worker thread; `cancel` waits, so it must not be called in the window's."""

    def work(self, is_stopped: IsStopped) -> Iterator[PanelEvent]: ...
    def cancel(self) -> None: ...


class DrawingFromWords:
    """Films that no patient has anything to do with: no study, no film of anybody is sent."""

    def __init__(self, door: BackendDoor, request: DrawFilm) -> None:
        self._door, self._request = door, request
        self._lock = threading.Lock()
        self._stream: EventsOfAJob | None = None
        self._is_cancelled = False

    def work(self, _: IsStopped) -> Iterator[Event]:
        """Yield the job's events.

        Raises:
            InferenceError: What went wrong, fit for the reader.
        """
        try:
            yield from self._followed(self._door.client().run(self._request))
        except BackendLost as error:
            raise BackendLost(lost_reason(self._door) or str(error)) from error

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            stream = self._stream
        if stream is not None:
            stream.cancel()

    def _followed(self, stream: EventsOfAJob) -> Iterator[Event]:
        with self._lock:
            self._stream = stream
            is_cancelled = self._is_cancelled
        if is_cancelled:
            stream.cancel()
        try:
            yield from stream
        finally:
            stream.close()


@dataclass(frozen=True, slots=True, eq=False)
class SourceShown:
    """The film that a wish begins from, as the generator is given it, for the page."""

    id: int  # of the wish
    grey: NDArray[np.uint8]  # (SIDE, SIDE)


def generator_work(door: BackendDoor) -> Callable[[IsStopped], Iterator[GeneratorTold]]:
    """Asks what draws on this computer; starts the backend where it does not run."""

    def work(_: IsStopped) -> Iterator[GeneratorTold]:
        status = door.client().status()
        if status.state == "ready":  # while the reader is loaded, nothing is known of the generator yet
            yield GeneratorTold(status.synthesis)

    return work


def request_of(form: Form) -> DrawFilm:
    return DrawFilm(form.text, form.view, form.seed, form.count, form.steps, form.guidance)


def from_patient(
    door: BackendDoor,
    read_pixels: ReadPixels,
    plan: ReadingPlan,
    form: Form,
    patient: FromPatient,
    allow_synthetic: bool = False,
) -> Run:
    """Send the study's films, as a reading does, then ask for films made from one of them."""
    films = {item.film.key: item.film for item in plan.films}
    source = films[patient.film_key]

    def request(study_id: str) -> DrawFilm:
        image = film_input(source, read_pixels(source)).image_sha256
        asked = request_of(form)
        return replace(asked, study_id=study_id, source_image=image, strength=patient.strength)

    return Run(door, read_pixels, _of_one(plan, patient.film_key), request, allow_synthetic=allow_synthetic)


def source_work(id: int, film: Film, read_pixels: ReadPixels) -> Callable[[IsStopped], Iterator[SourceShown]]:
    """Prepares the source film for the page."""

    def work(_: IsStopped) -> Iterator[SourceShown]:
        picture = model_picture(film_input(film, read_pixels(film)))
        yield SourceShown(id, fitted(picture.grey, SIDE, SIDE))

    return work


def trouble_of(error: BaseException) -> Trouble:
    """Words for the reader."""
    if isinstance(error, BackendLost):
        return Trouble(wording.lost_backend(str(error)), "", "BackendLost")
    if not isinstance(error, InferenceError):
        error = BackendFault(
            f"The drawing ended with an error that nobody expected ({type(error).__name__})."
        )
    return Trouble(str(error), error.remedy, type(error).__name__)


def was_stopped(error: BaseException | None) -> bool:
    return isinstance(error, InferenceCancelled)


def _of_one(plan: ReadingPlan, film_key: str) -> ReadingPlan:
    """Only the source film, as a current one: nothing else of the patient is needed."""
    (item,) = (item for item in plan.films if item.film.key == film_key)
    return ReadingPlan((FilmToRead(item.film, "current", item.title),))

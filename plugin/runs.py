"""Runs in a worker thread: pixels from the viewer, films to the backend, its events back.

Nothing here touches a widget. Each run is a generator for `Host.run_in_background`; what it yields is folded in the
GUI thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from inference.backend import (
    Compare,
    Event,
    FilmInput,
    Prefetch,
    Progress,
    ReadStudy,
    Request,
    StudyFilm,
    StudyInput,
)
from inference.client import film_input
from inference.errors import BackendLost, InferenceCancelled, NothingToRead, UnknownFilm, UnknownStudy
from inference.status import BackendStatus, InstalledPack, Loading
from plugin.events import FilmFailed, FilmPrepared, PanelEvent, StudyPut
from plugin.settings import ALLOW_SYNTHETIC
from plugin.study_films import FilmToRead, ReadingPlan
from plugin.training.door import Training
from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels

IsStopped = Callable[[], bool]
POLL_S = 0.1
MEGABYTE = 1_000_000
"""The unit in which the loading of a model is told as a stage."""
REASON_WAIT_S = 1.5
SAME_PICTURE = "it is the same picture as a film of the current study, so there is nothing to compare"
SYNTHETIC = f"it is marked synthetic; {ALLOW_SYNTHETIC}=1 lets the model read such films"
ReadPixels = Callable[[Film], FilmPixels]


class EventsOfAJob(Protocol):
    """What the panel needs of `inference.client.Run`."""

    def __iter__(self) -> Iterator[Event]: ...
    def __next__(self) -> Event: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...


class Client(Protocol):
    """What the panel needs of `inference.client.BackendClient`."""

    @property
    def training(self) -> Training: ...

    def status(self) -> BackendStatus: ...
    def packs(self) -> tuple[InstalledPack, ...]: ...
    def load(self, *, accept_slow: bool = False) -> None: ...
    def put_film(self, film: FilmInput) -> None: ...
    def put_study(self, study: StudyInput) -> str: ...
    def run(self, request: Request, *, priority: int = 0) -> EventsOfAJob: ...


class BackendDoor(Protocol):
    """What the panel needs of `inference.supervisor.BackendProcess`."""

    @property
    def state(self) -> str: ...
    def client(self) -> Client: ...
    def choose(self, pack: str | None, precision: str | None) -> None: ...
    def stop(self) -> None: ...


def wake(door: BackendDoor, check: Callable[[], None]) -> Generator[Progress, None, Client]:
    """Start the backend where it does not run, and wait until its model is loaded.

    `check` is called every tenth of a second and raises to give up.
    """
    if door.state != "ready":
        yield Progress("start", 0, 1)
    client = door.client()
    told: Progress | None = None
    while not (status := client.status()).packs:
        loading = status.loading or Loading(0, 0)
        progress = Progress("loading", loading.done_bytes // MEGABYTE, loading.total_bytes // MEGABYTE)
        if progress != told:
            yield progress
        told = progress
        check()
        time.sleep(POLL_S)
    return client


def lost_reason(door: BackendDoor) -> str:
    """Why the backend is gone, empty if it is not: the supervisor knows it a moment after the connection broke."""
    end = time.monotonic() + REASON_WAIT_S
    while door.state != "stopped" and time.monotonic() < end:
        name, _, reason = door.state.partition(":")
        if name == "lost":
            return reason.strip()
        time.sleep(POLL_S / 5)
    return ""


class Run:
    """One reading or one question. `work` is carried out in a worker thread; `cancel` may come from any other."""

    def __init__(
        self,
        door: BackendDoor,
        read_pixels: ReadPixels,
        plan: ReadingPlan,
        request_of: Callable[[str], Request],
        prior_report: str = "",
        known_as: str = "",
        allow_synthetic: bool = False,
        priority: int = 0,
    ) -> None:
        """`known_as` names the study at the backend; empty puts it there first. `priority`: see BackendClient.run."""
        self._allow_synthetic, self._priority = allow_synthetic, priority
        self._door, self._read_pixels, self._plan = door, read_pixels, plan
        self._request_of, self._prior_report, self._known_as = request_of, prior_report, known_as
        self._lock = threading.Lock()
        self._stream: EventsOfAJob | None = None
        self._is_cancelled = False

    def work(self, is_stopped: IsStopped) -> Iterator[PanelEvent]:
        """Yield the run's events.

        Raises:
            InferenceError: What went wrong, fit for the reader.
        """
        try:
            if not self._known_as:
                yield from self._put_and_run(is_stopped)
                return
            try:
                yield from self._events(self._known_as)
            except (UnknownStudy, UnknownFilm):  # another backend process since, or it needed the room
                yield from self._put_and_run(is_stopped)
        except BackendLost as error:
            raise BackendLost(lost_reason(self._door) or str(error)) from error
        except RuntimeError as error:  # httpx, when the supervisor has closed the client of a dead process
            reason = lost_reason(self._door)
            if not reason:
                raise
            raise BackendLost(reason) from error

    @property
    def film_keys(self) -> tuple[str, ...]:
        """The films that the backend is given, so that they can be asked about."""
        return self._plan.film_keys

    def cancel(self) -> None:
        """Ask the backend to stop. Waits for its answer: not for the GUI thread."""
        with self._lock:
            self._is_cancelled = True
            stream = self._stream
        if stream is not None:
            stream.cancel()

    def _put_and_run(self, is_stopped: IsStopped) -> Iterator[PanelEvent]:
        study_id = yield from self._put(is_stopped)
        yield from self._events(study_id)

    def _put(self, is_stopped: IsStopped) -> Generator[PanelEvent, None, str]:
        films: dict[str, tuple[FilmToRead, FilmInput]] = {}
        for number, item in enumerate(self._plan.films):
            self._go_on_unless(is_stopped())
            yield Progress("prepare", number, len(self._plan.films))
            if item.film.header.is_synthetic and not self._allow_synthetic:
                yield FilmFailed(item.film.key, SYNTHETIC)
                continue
            try:
                told = film_input(item.film, self._read_pixels(item.film))
            except FilmError as error:
                yield FilmFailed(item.film.key, error.reason)
                continue
            first, _ = films.setdefault(told.image_sha256, (item, told))
            if item.role == "prior" and first.role != "prior":
                yield FilmFailed(item.film.key, SAME_PICTURE)
                continue
            yield FilmPrepared(item.film.key, told.image_sha256)
        if not any(item.role == "current" for item, _ in films.values()):
            raise NothingToRead("None of this study's films could be given to the model.")
        study_id = yield from self._send(list(films.values()), is_stopped)
        yield StudyPut(study_id)
        return study_id

    def _send(
        self, films: list[tuple[FilmToRead, FilmInput]], is_stopped: IsStopped
    ) -> Generator[PanelEvent, None, str]:
        client = yield from wake(self._door, lambda: self._go_on_unless(is_stopped()))
        for number, (_, told) in enumerate(films):
            self._go_on_unless(is_stopped())
            yield Progress("send", number, len(films))
            client.put_film(told)
        study = tuple(StudyFilm(told.image_sha256, item.role, item.days_before) for item, told in films)
        return client.put_study(StudyInput("", study, prior_report=self._prior_report))

    def _events(self, study_id: str) -> Iterator[Event]:
        stream = self._door.client().run(self._request_of(study_id), priority=self._priority)
        with self._lock:
            self._stream = stream
            is_cancelled = self._is_cancelled
        if is_cancelled:  # Stop was pressed before the job had begun
            stream.cancel()
        try:
            yield from stream
        finally:
            stream.close()

    def _go_on_unless(self, is_stopped: bool) -> None:
        if is_stopped or self._is_cancelled:
            raise InferenceCancelled("Stopped.")


def read_request(study_id: str) -> Request:
    return ReadStudy(study_id)


def compare_request(study_id: str) -> Request:
    return Compare(study_id, changes_only=True)


def prefetch_request(study_id: str) -> Request:
    return Prefetch(study_id)

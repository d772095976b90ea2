"""One inference thread and a queue in front of it: by class, then first come, first served.

The thread loads the backend, is the only one that ever calls it, and outlives whatever a job raises.

Between two tokens of a job, those that wait in a more urgent class run to their end, on the same thread and on top of
the job, which then goes on where it was: nothing of it is lost or done again. So a reader's question starts within
one token of a running batch. Work of the same class never interrupts. A batch gets the machine whenever nobody reads:
interactive work ends by itself, and prefetching ends with the worklist, so a night is enough for it. Drawing a film is
never as urgent as a reading: a job that has begun to draw is interrupted, between two steps, by the next question.
"""

from __future__ import annotations

import bisect
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Literal, Protocol, runtime_checkable

from inference.backend import (
    Backend,
    Cancelled,
    CancelToken,
    Error,
    Event,
    FilmInput,
    PackInfo,
    Progress,
    Queued,
    Request,
    StudyInput,
    WriteImpression,
    is_last,
)
from inference.errors import (
    BackendFault,
    InferenceCancelled,
    InferenceError,
    ModelAtWork,
    OutOfMemory,
    Refused,
    UnknownFilm,
    UnknownJob,
    UnknownStudy,
)
from inference.plan import MemoryUse
from inference.server.jobs import Job
from inference.server.safe_log import where_it_failed
from inference.server.shelf import Shelf
from inference.status import Loading, RunsOn, Synthesis, weights_told_to
from inference.training.loop import yielding

log = logging.getLogger(__name__)

MAX_WAITING = 100
KEEP_ENDED_S = 600
KEEP_ENDED = 200
FEATURES_S = 3.0  # how long an answer about films may wait for the model
NOBODY = 1000  # less urgent than any class
WAITING = "waiting"
"""The stage of a job that was interrupted; its own stage is told again afterwards."""
TRAINING = "training"
"""The stage of a job that waits until training has left the graphics card."""
DRAWING, GIVES_WAY = "drawing", 1
"""A job that draws films gives way to readings and questions from then on, whatever class it was asked for in."""
BackendFactory = Callable[[], Backend]
Readiness = Literal["loading", "ready", "failed", "unloaded"]
IdleLimit = Callable[[MemoryUse | None], float | None]


@runtime_checkable
class Unloadable(Protocol):
    """A backend that says what it takes and can let go of it."""

    def memory(self) -> MemoryUse: ...

    def close(self) -> None:
        """Free everything that was loaded; the backend can't be used any more."""
        ...


@runtime_checkable
class Seeing(Protocol):
    """A backend that tells what its encoder saw of films."""

    def features_of(self, images: Sequence[str]) -> Mapping[str, tuple[float, ...]]:
        """A vector for each film that was encoded before, all of one length. Nothing is computed for it."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A backend that says what it computes on."""

    @property
    def device(self) -> str: ...

    @property
    def precision(self) -> str: ...


@runtime_checkable
class Drawing(Protocol):
    """A backend that draws films too."""

    def synthesis(self) -> Synthesis: ...


def never(_: MemoryUse | None) -> float | None:
    """The model stays loaded however long nobody asks."""
    return None


class Scheduler:
    """Takes requests from any thread and carries them out in one of its own.

    Args:
        backend_factory: Makes the backend, also after it was unloaded.
        shelf: Holds what the requests are about.
        idle_limit: After how many seconds without a request the model is unloaded; the next request loads it again.
    """

    def __init__(self, backend_factory: BackendFactory, shelf: Shelf, idle_limit: IdleLimit = never) -> None:
        self._factory, self._shelf, self._idle_limit = backend_factory, shelf, idle_limit
        self._commands: list[Callable[[], None]] = []
        self._backend: Backend | None = None
        self._given: set[str] = set()  # studies that the backend holds
        self._to_forget: list[str] = []
        self._queue: list[Job] = []
        self._jobs: dict[str, Job] = {}
        self._running: list[Job] = []  # the last one is at work, those before it were interrupted by the next
        self._count = 0
        self._is_closing = False
        self._is_said = False  # to training, that this process is at work; the inference thread's own
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self.readiness: Readiness = "loading"
        self.info: PackInfo | None = None
        self.failure: InferenceError | None = None  # why it could not be loaded
        self.memory: MemoryUse | None = None  # after the last request
        self.loading: Loading | None = None  # while it loads, once its first weights were read
        self.runs_on: RunsOn | None = None
        self.synthesis: Synthesis | None = None  # what draws, once the backend was loaded

    # ── from any thread ─────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_s: float = 1.0) -> bool:
        """Cancel everything and end the thread; False if it is still busy after `timeout_s`."""
        with self._changed:
            self._is_closing = True
            for job in (*self._queue, *self._running):
                job.cancel.cancel()
            for job in self._queue:
                job.end(Cancelled())
            self._queue.clear()
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def submit(self, request: Request, *, priority: int = 0, cancel_on_disconnect: bool = True) -> Job:
        """Queue a request; its study and films are taken from the shelf now.

        Raises:
            UnknownStudy, UnknownFilm: The shelf does not hold what it is about.
            Refused: Too many jobs are waiting.
        """
        study, films = self._material(request)
        with self._changed:
            if len(self._queue) >= MAX_WAITING or self._is_closing:
                raise Refused(f"{len(self._queue)} jobs are waiting already.")
            self._prune()
            self._count += 1
            job = Job(uuid.uuid4().hex, request, self._count, priority, cancel_on_disconnect, study, films)
            job.cancel = CancelToken(partial(self._let_more_urgent, job))
            self._jobs[job.id] = job
            bisect.insort(self._queue, job, key=lambda waiting: waiting.rank)
            self._tell_positions()
            if self.readiness in ("loading", "unloaded"):
                job.log.append(Progress("loading", 0, 1))
            self._changed.notify_all()
        return job

    def enter(self, job: Job) -> None:
        """Let a job that somebody else carries out be found and cancelled like the others."""
        with self._changed:
            self._prune()
            self._jobs[job.id] = job

    def job(self, job_id: str) -> Job:
        """Raises UnknownJob."""
        with self._changed:
            if job_id not in self._jobs:
                raise UnknownJob("There is no such job (any more).")
            return self._jobs[job_id]

    def cancel(self, job: Job) -> None:
        """Stop a job: at once if it waits or is interrupted, within a token if it runs; it may have ended already."""
        with self._changed:
            job.cancel.cancel()
            if job in self._running[:-1]:
                job.end(Cancelled())
            if job in self._queue:
                self._queue.remove(job)
                job.end(Cancelled())
                self._tell_positions()

    def load(self) -> None:
        """Load the model if it is not loaded; does not wait for it."""
        with self._changed:
            if self._is_closing or self.readiness not in ("unloaded", "failed"):
                return
            self.readiness = "loading"
            self._commands.append(self._load)
            self._changed.notify_all()

    def unload(self) -> None:
        """Free the model's memory; does not wait for it. The next request loads it again.

        Raises:
            ModelAtWork: Something runs or waits.
        """
        with self._changed:
            if self._running or self._queue or self.readiness == "loading":
                raise ModelAtWork("The model is at work.")
            if self._is_closing or self.readiness != "ready":
                return
            self.readiness = "unloaded"
            self._commands.append(self._unload)
            self._changed.notify_all()

    def renew(self) -> None:
        """Load the model anew once what runs has ended, because another one shall read; does not wait for it.

        What waits in the queue is read with the new one. An unloaded model stays so: the next request loads it.
        """
        with self._changed:
            if self._is_closing or self.readiness == "unloaded":
                return
            self.readiness, self.info = "loading", None
            self._commands += [self._unload, self._load]
            self._changed.notify_all()

    def features(self, images: Sequence[str]) -> dict[str, tuple[float, ...]]:
        """What the model saw of films, by their hash; empty where it stays busy or knows none. Waits a little."""
        told: Future[dict[str, tuple[float, ...]]] = Future()

        def look() -> None:
            backend: object = self._backend
            found = {} if not isinstance(backend, Seeing) else backend.features_of(images)
            told.set_result(dict(found))

        with self._changed:
            if self._is_closing or self.readiness != "ready" or not images:
                return {}
            self._commands.append(look)
            self._changed.notify_all()
        try:
            return told.result(FEATURES_S)
        except TimeoutError:
            return {}

    def forget_study(self, study_id: str) -> None:
        """Let the backend free a study's caches, between two jobs."""
        with self._changed:
            self._to_forget.append(study_id)
            self._changed.notify_all()

    def _material(self, request: Request) -> tuple[StudyInput | None, tuple[FilmInput, ...]]:
        if isinstance(request, WriteImpression) or request.study_id is None:
            return None, ()
        study, films = self._shelf.study(request.study_id)
        known = {film.image_sha256 for film in study.films}
        image = getattr(request, "image_sha256", "") or getattr(request, "source_image", "")
        if image and image not in known:
            raise UnknownFilm("The film is not part of this study.")
        return study, films

    def _tell_positions(self) -> None:
        for position, job in enumerate(self._queue):
            if job.position != position:
                job.position = position
                job.log.append(Queued(position))

    def _prune(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended_at is not None]
        ended.sort(key=lambda job: job.ended_at or 0.0)
        oldest_kept = time.monotonic() - KEEP_ENDED_S
        excess = len(ended) - KEEP_ENDED
        for at, job in enumerate(ended):
            if at < excess or (job.ended_at or 0.0) < oldest_kept:
                del self._jobs[job.id]

    # ── in the inference thread ─────────────────────────────────────────────────────────────────────────────────

    def _work(self) -> None:
        self._load()
        while True:
            idle_limit_s = self._idle_limit(self.memory) if self._backend is not None else None
            with self._changed:
                is_wanted = self._changed.wait_for(self._has_something, idle_limit_s)
                if self._is_closing:
                    return
                forget, self._to_forget = self._to_forget, []
                commands, self._commands = self._commands, []
                job = None if commands else self._next(NOBODY)
                if not is_wanted:
                    self.readiness = "unloaded"
                    commands = [self._unload]
            for study_id in forget:
                self._forget(study_id)
            for command in commands:
                command()
            if job is not None:
                with self._said_to_training():
                    self._run(job)

    @contextlib.contextmanager
    def _said_to_training(self) -> Iterator[None]:
        """A training run on the same device gives way meanwhile; on a graphics card it is waited for."""
        if self._is_said:  # a job's model is loaded while it is at work
            yield
            return
        device = self.memory.kind if self.memory is not None else _device_of_training()
        with yielding.at_work("reading", device):
            self._wait_for_training(device)
            self._is_said = True
            try:
                yield
            finally:
                self._is_said = False

    def _wait_for_training(self, device: str) -> None:
        """Until training has left the graphics card; whoever waits for an answer is told so."""
        is_waiting = device != "cpu" and yielding.is_at_work("training", device)
        if is_waiting:
            self._tell_first(Progress(TRAINING, 0, 1))
        yielding.wait_for_device(device)
        if is_waiting and self._backend is None:
            self._tell_first(Progress("loading", 0, 1))

    def _tell_first(self, progress: Progress) -> None:
        """Tell the job at work; while the model loads before any job, those that wait for it."""
        with self._changed:
            for job in self._running or self._queue:
                job.log.append(progress)

    def _has_something(self) -> bool:
        return bool(self._is_closing or self._queue or self._to_forget or self._commands)

    def _next(self, below: int) -> Job | None:
        """Take the first job of a class more urgent than `below` from the queue; the lock is held."""
        if not self._queue or self._queue[0].priority >= below:
            return None
        job = self._queue.pop(0)
        self._running.append(job)
        self._tell_positions()
        return job

    def _let_more_urgent(self, interrupted: Job) -> None:
        """Between two tokens of a job: run what is more urgent to its end. Raises nothing."""
        if not self._queue:  # most tokens end here, without the lock
            return
        is_told = False
        while True:
            with self._changed:
                job = self._next(interrupted.priority)
            if job is None:
                break
            if not is_told:
                interrupted.log.append(Progress(WAITING, 0, 1))
                is_told = True
            self._run(job)
        if is_told and interrupted.stage is not None:
            interrupted.log.append(interrupted.stage)

    def _load(self) -> None:
        if self._backend is not None:
            self.readiness = "ready"
            return
        self.readiness, self.failure, self.loading = "loading", None, None
        try:
            with self._said_to_training(), weights_told_to(self._note_loading):
                backend = self._factory()
            info, runs_on = backend.info(), _runs_on(backend)
        except BaseException as error:
            self.failure = _told(error).with_traceback(None)
            self.readiness = "failed"
        else:
            self._backend = backend
            self._note_memory()  # before it is told that the model is here: whoever hears it asks
            self.info, self.runs_on, self.readiness = info, runs_on, "ready"
        self.loading = None

    def _note_loading(self, loading: Loading) -> None:
        self.loading = loading

    def _unload(self) -> None:
        backend: object = self._backend
        self._backend = None
        self._given.clear()
        self.memory = None
        if isinstance(backend, Unloadable):
            backend.close()
        if self.synthesis is not None:
            self.synthesis = replace(self.synthesis, state="not loaded")

    def _note_memory(self) -> None:
        backend: object = self._backend
        if isinstance(backend, Unloadable):
            self.memory = backend.memory()
        self.synthesis = backend.synthesis() if isinstance(backend, Drawing) else None

    def _run(self, job: Job) -> None:
        job.state = "running"
        try:
            last = Cancelled() if job.cancel.is_cancelled else self._drive(job)
        except InferenceCancelled:
            last = Cancelled()
        except (
            BaseException
        ) as error:  # the one broad except: a Rust panic is no Exception, and the thread must live
            told = _told(error)
            last = Error(type(told).__name__, str(told), told.remedy)
        try:
            self._note_memory()  # first: who has heard that the job ended, asks for the state it left
        finally:  # a device that fell silent must not keep the answer from whoever waits
            with self._changed:
                self._running.remove(job)
            job.end(last)

    def _drive(self, job: Job) -> Event:
        """Publish the run's events up to its last one, which is returned."""
        backend = self._loaded()
        self._hand_over(backend, job)
        told = job.log.count
        try:
            return self._stream(backend, job)
        except (UnknownStudy, UnknownFilm):
            if job.study is None or job.log.count != told:
                raise
        self._given.discard(
            job.study.study_id
        )  # the backend keeps fewer studies than we do: give it once more
        self._hand_over(backend, job)
        return self._stream(backend, job)

    def _stream(self, backend: Backend, job: Job) -> Event:
        assert job.request is not None, "what needs no model is never queued"
        stream = backend.run(job.request, job.cancel)
        events_after_cancel = 0
        try:
            for event in stream:
                if is_last(event):
                    return event
                job.log.append(event)
                if isinstance(event, Progress):
                    job.stage = event
                    job.priority = max(job.priority, GIVES_WAY if event.stage == DRAWING else 0)
                events_after_cancel += job.cancel.is_cancelled
                if events_after_cancel > 1:  # the backend should have raised by now
                    return Cancelled()
        finally:
            getattr(stream, "close", lambda: None)()  # a generator frees its caches here
        raise BackendFault("The run ended without a result.")

    def _loaded(self) -> Backend:
        """The backend; loading is tried again where it failed, since a pack may have been installed meanwhile."""
        if self._backend is None:
            self._load()
        if self._backend is None:
            failure = self.failure or BackendFault("The model could not be loaded.")
            raise failure.with_traceback(None)  # no frames of earlier attempts are kept alive
        return self._backend

    def _hand_over(self, backend: Backend, job: Job) -> None:
        """Give the backend the films and the study that it does not hold yet."""
        study = job.study
        if study is None:
            return
        missing = [film for film in job.films if not backend.has_film(film.image_sha256)]
        for film in missing:
            backend.put_film(film)
        if missing or study.study_id not in self._given:
            backend.put_study(study)
            self._given.add(study.study_id)

    def _forget(self, study_id: str) -> None:
        self._given.discard(study_id)
        if self._backend is None:
            return
        try:
            self._backend.forget_study(study_id)
        except Exception as error:
            log.error("A study could not be forgotten: %s", where_it_failed(error))


def _device_of_training() -> str:
    """Where a model will run is not known before it is loaded: then a graphics card is asked for where one is held."""
    return "cuda" if yielding.is_at_work("training", "cuda") else "cpu"


def _runs_on(backend: object) -> RunsOn | None:
    return RunsOn(backend.device, backend.precision) if isinstance(backend, Placed) else None


def _told(error: BaseException) -> InferenceError:
    """What the user is told about `error`: our own errors as they are, anything else logged and named only."""
    if isinstance(error, InferenceError):
        return error
    log.error("The backend failed: %s", where_it_failed(error))
    if isinstance(error, MemoryError):
        return OutOfMemory("This computer has too little memory for this request.")
    return BackendFault(f"The backend met an error it did not expect ({type(error).__name__}).")

"""What is asked of the backend, as generators for worker threads; what they yield is folded in the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from inference.backend import Cancelled, Error, Event, Finished, Progress
from inference.errors import BackendFault, InferenceError
from inference.plain import from_plain
from inference.train_status import Examination, PlanWish, RunSummary, TrainingPlan
from inference.wire import make_error
from plugin.runs import EventsOfAJob, IsStopped
from plugin.training.door import Training, TrainingDoor
from plugin.training.state import (
    AdaptersTold,
    Compared,
    DetailTold,
    Examined,
    MeansTold,
    Planned,
    RunChanged,
    RunsTold,
    StageTold,
    TrainingEvent,
)

WATCH_S = 1.0
"""How often the run on screen is looked at."""
POLL_S = 0.05
Work = Callable[[IsStopped], Iterator[TrainingEvent]]


class Question:
    """One question at a time to the backend, which can be taken back from any thread."""

    def __init__(self, door: TrainingDoor) -> None:
        self._door = door
        self._lock = threading.Lock()
        self._stream: EventsOfAJob | None = None
        self._is_taken_back = False

    def take_back(self) -> None:
        """Waits for the backend's answer: not for the GUI thread."""
        with self._lock:
            self._is_taken_back = True
            stream = self._stream
        if stream is not None:
            stream.cancel()

    def means(self, pack: str) -> Work:
        """What one can train from, what was trained, and what is read with. `pack`: the one that reads now."""

        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            training = self._training()
            yield MeansTold(training.means())
            yield RunsTold(training.runs())
            yield AdaptersTold(training.adapters(pack))

        return work

    def examine(self, sources: tuple[str, ...]) -> Work:
        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            for event in self._followed(self._training().examine(sources)):
                match event:
                    case Progress(stage, done, total):
                        yield StageTold(stage, done, total)
                    case Finished(result):
                        yield Examined(sources, from_plain(Examination, result, "examination"))

        return work

    def plan(self, wish: PlanWish) -> Work:
        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            for event in self._followed(self._training().plan(wish)):
                match event:
                    case Progress(stage, done, total):
                        yield StageTold(stage, done, total)
                    case Finished(result):
                        yield Planned(wish, from_plain(TrainingPlan, result, "plan"))

        return work

    def evaluate(self, id: str) -> Work:
        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            training = self._training()
            for event in self._followed(training.evaluate(id)):
                match event:
                    case Progress(stage, done, total):
                        yield StageTold(stage, done, total)
                    case Finished():
                        yield DetailTold(training.run(id))

        return work

    def promote(self, id: str, pack: str) -> Work:
        """Activate a run's adapter, if the gate accepts it."""

        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            training = self._training()
            refused: InferenceError | None = None
            try:
                for event in self._followed(training.promote(id)):
                    if isinstance(event, Progress):
                        yield StageTold(event.stage, event.done, event.total)
            except InferenceError as error:
                refused = error
            yield DetailTold(training.run(id))  # it may have been judged on the way, whatever the gate said
            yield AdaptersTold(training.adapters(pack))
            if refused is not None:
                raise refused

        return work

    def compare(self, id: str, study_id: str, key: str) -> Work:
        """Both models on one study that the backend holds."""

        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            for event in self._followed(self._training().compare(id, study_id)):
                match event:
                    case Progress(stage, done, total):
                        yield StageTold(stage, done, total)
                    case Finished(result):
                        yield Compared(key, result)

        return work

    def roll_back(self, pack: str) -> Work:
        """Read without the active adapter."""

        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            yield AdaptersTold(self._training().roll_back(pack))

        return work

    def change(self, call: Callable[[Training], RunSummary]) -> Work:
        """Start, pause or resume a run."""

        def work(_: IsStopped) -> Iterator[TrainingEvent]:
            yield RunChanged(call(self._training()))

        return work

    def _training(self) -> Training:
        return self._door.client().training

    def _followed(self, stream: EventsOfAJob) -> Iterator[Event]:
        """The events of a job; one that failed raises its error."""
        with self._lock:
            self._stream = stream
            is_taken_back = self._is_taken_back
        if is_taken_back:
            stream.cancel()
        try:
            for event in stream:
                if isinstance(event, Error):
                    raise make_error(event.type, event.message, event.remedy)
                if isinstance(event, Cancelled):
                    return
                yield event
        finally:
            stream.close()


def watch(door: TrainingDoor, id: str, after: int) -> Work:
    """The run as it goes, until it is stopped. A log that was cut back is told from its beginning.

    Raises:
        InferenceError: The backend is gone. The run is not: it needs none.
    """

    def work(is_stopped: IsStopped) -> Iterator[TrainingEvent]:
        known = after
        training = door.client().training
        while not is_stopped():
            detail = training.run(id, known)
            known = detail.next
            yield DetailTold(detail)
            if detail.lines and known - detail.first >= 1_000:  # more is waiting
                continue
            _rest(is_stopped, WATCH_S)

    return work


def _rest(is_stopped: IsStopped, seconds: float) -> None:
    pause = threading.Event()
    for _ in range(max(1, round(seconds / POLL_S))):
        if is_stopped():
            return
        pause.wait(POLL_S)


def unexpected(error: BaseException) -> BackendFault:
    return BackendFault(f"It ended with an error that nobody expected ({type(error).__name__}).")

"""The runs that go on, at most one per study. What they tell comes home to their own study, or to nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inference.backend import Cancelled, is_last
from inference.errors import InferenceCancelled, InferenceError
from plugin import problems
from plugin.events import PanelEvent, Problem, RunFailed, StudyPut
from plugin.readings import Readings
from plugin.runs import Run
from plugin.state import StudyReading
from viewer.api import BackgroundTask, Host

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class RunningRun:
    """A run of one study. Items of any other run of that study are not its business."""

    key: str
    run: Run
    task: BackgroundTask | None = None
    has_last_event: bool = False


class RunningRuns:
    """Begins runs in worker threads and stops them. All in the GUI thread."""

    def __init__(
        self, host: Host, readings: Readings, told: Callable[[str], None], ended: Callable[[], None]
    ) -> None:
        """`told` hears the key of a study about which something came in, `ended` that a run is over."""
        self._host, self._readings, self._told, self._over = host, readings, told, ended
        self._running: dict[str, RunningRun] = {}
        self._given: dict[str, tuple[str, ...]] = {}  # which films the backend holds of a study

    def __bool__(self) -> bool:
        return bool(self._running)

    def holds(self, key: str, film_keys: tuple[str, ...]) -> bool:
        """True if the backend was given just these films of a study."""
        return self._given.get(key) == film_keys

    def make_room(self, key: str) -> None:
        """Stop the study's run that gives way to another."""
        given_way = self._running.pop(key, None)
        if given_way is not None and not given_way.has_last_event:
            self._stop(given_way)

    def begin(self, key: str, run: Run) -> None:
        running = self._running[key] = RunningRun(key, run)
        running.task = self._host.run_in_background(
            run.work, lambda item: self._item(running, item), lambda error: self._ended(running, error)
        )

    def stop(self, key: str) -> None:
        if key in self._running:
            self._stop(self._running[key])

    def leave(self) -> None:
        """Stop all; what their threads still deliver finds nobody."""
        for running in tuple(self._running.values()):
            self._stop(running)
        self._running.clear()

    def is_running(self, key: str) -> bool:
        return key in self._running

    def _item(self, running: RunningRun, item: PanelEvent) -> None:
        if self._running.get(running.key) is not running:
            return
        running.has_last_event = running.has_last_event or is_last(item)  # type: ignore[arg-type]
        if isinstance(item, StudyPut):
            self._given[running.key] = running.run.film_keys
        self._readings.note(running.key, item)
        self._told(running.key)

    def _ended(self, running: RunningRun, error: BaseException | None) -> None:
        if self._running.get(running.key) is not running:
            return
        del self._running[running.key]
        event = _end_of(self._readings.of(running.key), running, error)
        if event is not None:
            self._readings.note(running.key, event)
        self._over()

    def _stop(self, running: RunningRun) -> None:
        """Tell the backend from a thread of its own: the window never waits for an answer."""
        if running.task is not None:
            running.task.stop()
        cancel = running.run.cancel

        def tell(_: Callable[[], bool]) -> Iterator[None]:
            cancel()
            yield from ()

        self._host.run_in_background(tell, lambda _: None, _log_failure)


def _end_of(state: StudyReading, running: RunningRun, error: BaseException | None) -> PanelEvent | None:
    """The event that a run's end stands for, if the stream did not bring one."""
    if isinstance(error, InferenceCancelled) or state.phase == "stopping":
        return Cancelled()  # as the reader wished, also where it took the backend's end
    if error is not None:
        _log_failure(error)
        return RunFailed(problems.problem_of(error))
    if running.has_last_event:
        return None
    return RunFailed(Problem("The reading ended without a result.", InferenceError.remedy))


def _log_failure(error: BaseException | None) -> None:
    """Kinds only: a message may hold a file's path, and paths may hold names."""
    if error is not None:
        log.warning("a run ended with %s", type(error).__name__)

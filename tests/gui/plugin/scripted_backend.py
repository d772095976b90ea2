"""A backend whose events the test sends one by one, from any moment it likes."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from inference.backend import Cancelled, Event, FilmInput, PackInfo, Request, StudyInput, is_last
from inference.errors import BackendLost, UnknownStudy
from inference.status import BackendStatus, InstalledPack, Loading, RunsOn, Synthesis

PACK = PackInfo(
    "starter-test", "0.9", "f" * 64, "Test pack", "Apache-2.0", True, "Knows nothing.", ("fracture",)
)


DRAWS = Synthesis(
    replace(PACK, id="synth-test", title="Test generator"),
    "not loaded",
    64,
    64,
    ("PA", "AP", "lateral"),
    20,
    4.0,
)


class ScriptedRun:
    """The events of one job. What is sent arrives in order; `fail` breaks the stream."""

    def __init__(self, request: Request, priority: int = 0) -> None:
        self.request, self.priority = request, priority
        self.cancels = 0
        self._queue: queue.Queue[Event | BaseException] = queue.Queue()
        self._has_ended = False

    def send(self, *events: Event | BaseException) -> None:
        for event in events:
            self._queue.put(event)

    @property
    def has_ended(self) -> bool:
        """True once the panel's worker has taken the last event."""
        return self._has_ended

    def __iter__(self) -> ScriptedRun:
        return self

    def __next__(self) -> Event:
        if self._has_ended:
            raise StopIteration
        event = self._queue.get(timeout=20)
        if isinstance(event, BaseException):
            raise event
        self._has_ended = is_last(event)
        return event

    def cancel(self) -> None:
        self.cancels += 1
        self._queue.put(Cancelled())

    def close(self) -> None:
        self._has_ended = True


@dataclass
class ScriptedDoor:
    """Stands for the supervisor and its client at once."""

    state: str = "ready"
    pack: PackInfo = PACK
    runs: list[ScriptedRun] = field(default_factory=list)
    films: dict[str, FilmInput] = field(default_factory=dict)
    studies: dict[str, StudyInput] = field(default_factory=dict)
    starts: int = 0
    stops: int = 0
    start_error: BaseException | None = None
    load_error: BaseException | None = None
    loading: Loading | None = None
    installed: tuple[InstalledPack, ...] = ()
    slow_loads: int = 0
    choices: list[tuple[str | None, str | None]] = field(default_factory=list)
    synthesis: Synthesis | None = DRAWS
    training: Any = None  # gui.plugin.scripted_training, where a test is about it

    def client(self) -> ScriptedDoor:
        if self.start_error is not None:
            raise self.start_error
        if self.state != "ready":
            self.starts += 1
            self.state = "ready"
        return self

    def choose(self, pack: str | None, precision: str | None) -> None:
        self.choices.append((pack, precision))

    def stop(self) -> None:
        self.stops += 1
        self.state = "stopped"

    def die(self, reason: str) -> None:
        """As after kill -9: all that was held is gone, all streams break."""
        self.state = f"lost: {reason}"
        self.studies.clear()
        self.films.clear()
        for run in self.runs:
            run.send(BackendLost("The AI stopped answering (ReadError)."))

    # ── the client ──────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> BackendStatus:
        if self.load_error is not None:
            raise self.load_error
        if self.loading is not None:
            return BackendStatus("loading", (), self.loading)
        return BackendStatus("ready", (self.pack,), None, RunsOn("CPU, 8 cores", "float32"), self.synthesis)

    def packs(self) -> tuple[InstalledPack, ...]:
        return self.installed

    def load(self, *, accept_slow: bool = False) -> None:
        self.slow_loads += accept_slow
        self.load_error = None

    def put_film(self, film: FilmInput) -> None:
        self.films[film.image_sha256] = film

    def put_study(self, study: StudyInput) -> str:
        name = f"study {len(self.studies) + 1}.{self.starts}"
        self.studies[name] = study
        return name

    def run(self, request: Request, *, priority: int = 0) -> ScriptedRun:
        wanted = getattr(request, "study_id", None)
        if wanted is not None and wanted not in self.studies:
            raise UnknownStudy(f"Study {wanted} is not here.")
        self.runs.append(ScriptedRun(request, priority))
        return self.runs[-1]


def wait_for(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """For tests without a window; with one use qtbot.waitUntil."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)

"""One job: what was asked, how far it is, and its numbered events, kept for streams that come back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from inference.backend import CancelToken, Event, FilmInput, Progress, Request, StudyInput, is_last
from inference.errors import InvalidRequest
from inference.wire import event_name, event_to_json

RING = 10_000
State = Literal["queued", "running", "finished", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it goes over the wire; numbers start at 1 and have no gaps."""

    number: int
    name: str
    data: str  # JSON, one line


class Listener:
    """Wakes one stream in its event loop when the inference thread has written something."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready = asyncio.Event()
        self._is_woken = False  # saves a wake-up per event while the stream has not looked yet

    def wake(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to wake
                self._loop.call_soon_threadsafe(self._ready.set)

    async def wait(self, timeout_s: float) -> bool:
        """True when there is something new, False after `timeout_s`."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def rest(self) -> None:
        """Call before looking into the log, so that nothing falls between looking and waiting."""
        self._ready.clear()
        self._is_woken = False


class EventLog:
    """The events of one job. Written by the inference thread, followed by any number of streams."""

    def __init__(self, keep: int = RING) -> None:
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._count = 0
        self.last: Event | None = None  # the one that ended it

    @property
    def count(self) -> int:
        """Events so far, also those that are no longer kept."""
        return self._count

    def append(self, event: Event) -> None:
        """Number and keep an event; after the last one nothing more is taken.

        Raises:
            ValueError: The event holds something that JSON has no word for, NaN for instance.
        """
        data = json.dumps(event_to_json(event), allow_nan=False, separators=(",", ":"))
        with self._lock:
            if self.last is not None:
                return
            self._count += 1
            self._entries.append(Entry(self._count, event_name(event), data))
            self.last = event if is_last(event) else None
            for listener in self._listeners:
                listener.wake()

    def since(self, number: int) -> list[Entry]:
        """The entries after `number` (0 = from the beginning).

        Raises:
            InvalidRequest: That number was never reached, or entries after it are no longer kept.
        """
        with self._lock:
            if not 0 <= number <= self._count:
                raise InvalidRequest(f"Last-Event-ID is {number}, but the job is at event {self._count}.")
            missing = self._count - number
            if missing > len(self._entries):
                raise InvalidRequest(f"The events after {number} are no longer kept.")
            return list(self._entries)[len(self._entries) - missing :] if missing else []

    @contextlib.contextmanager
    def listener(self) -> Iterator[Listener]:
        """A listener of the running event loop, for as long as the stream lasts."""
        listener = Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)


@dataclass(eq=False)
class Job:
    """A request on its way. `study` and `films` are let go when it ends."""

    id: str
    request: Request | None  # None: no model is needed for it, see inference.server.errands
    number: int  # order of arrival
    priority: int = 0  # 0 interactive, 1 prefetch of the open study, 2 of the worklist, 3 batch, 4 training
    is_cancelled_on_disconnect: bool = True
    study: StudyInput | None = None
    films: tuple[FilmInput, ...] = ()
    state: State = "queued"
    position: int = -1  # in the queue as last told
    cancel: CancelToken = field(default_factory=CancelToken)
    log: EventLog = field(default_factory=EventLog)
    followers: int = 0  # streams that are open now; only the event loop looks at it
    ended_at: float | None = None  # time.monotonic
    stage: Progress | None = None  # as last told by the backend

    @property
    def rank(self) -> tuple[int, int]:
        """Lower runs first: by class, then first come, first served."""
        return (self.priority, self.number)

    def end(self, last: Event) -> None:
        """Say the last word, once, and let go of the films."""
        self.log.append(last)
        if self.ended_at is None:
            self.state = _STATES[event_name(last)]
            self.ended_at = time.monotonic()
            self.study, self.films = None, ()


_STATES: dict[str, State] = {"finished": "finished", "cancelled": "cancelled", "error": "error"}

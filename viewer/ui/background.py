"""Work in threads whose items arrive in the GUI thread, in order, the end always last.

Items go through a mailbox: the worker drops them and rings once; the GUI thread empties it for a few milliseconds at
a time. A stream of thousands of items can so neither freeze the window nor flood its event queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from viewer.ui.right_of_way import RightOfWay

log = logging.getLogger(__name__)

DRAIN_S = 0.008
"""The GUI thread hands out items for at most this long before it looks at its other events."""

Work = Callable[[Callable[[], bool]], Iterator[Any]]
OnFault = Callable[[BaseException], None]


class Task(QObject):
    """One running work. Made by `Background`; lives in the GUI thread, its thread only fills the mailbox."""

    _rung = Signal()
    finished = Signal(object)  # this task, after `on_ended` was called

    def __init__(
        self,
        work: Work,
        on_item: Callable[[Any], None],
        on_ended: Callable[[BaseException | None], None],
        on_fault: OnFault,
        right_of_way: RightOfWay,
    ) -> None:
        super().__init__()
        self._right_of_way = right_of_way
        self._work, self._on_item, self._on_ended, self._on_fault = work, on_item, on_ended, on_fault
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._mail: deque[Any] = deque()
        self._has_rung = False
        self._end: BaseException | None = None
        self._is_over = False  # the thread has put everything into the mailbox
        self._has_ended = False  # and `on_ended` was called
        self._rung.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=f"work {getattr(work, '__qualname__', work)}")
        self._thread.daemon = True  # a work that never looks at is_stopped must not keep the program alive

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to end. Its end still arrives."""
        self._stopped.set()

    @property
    def is_running(self) -> bool:
        """True until the thread has let go of everything."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread and deliver what is left. False: it did not end in time."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._deliver(until=None)
        return True

    def _run(self) -> None:
        try:
            for item in self._work(self._stopped.is_set):
                self._drop(item)
                if self._stopped.is_set():
                    break
        except BaseException as error:
            self._end = error
        with self._lock:
            self._is_over = True
        self._ring()

    def _drop(self, item: Any) -> None:
        with self._lock:
            self._mail.append(item)
        self._ring()

    def _ring(self) -> None:
        with self._lock:
            if self._has_rung:
                return
            self._has_rung = True
        try:
            self._rung.emit()
        except RuntimeError:  # the window and this object are gone; nobody waits for the mail
            log.debug("a task ended after its window")

    @Slot()
    def _drain(self) -> None:
        self._right_of_way.take()
        self._deliver(until=time.perf_counter() + DRAIN_S)

    def _deliver(self, until: float | None) -> None:
        with self._lock:
            self._has_rung = False
        while not self._has_ended:
            with self._lock:
                has_item, is_over = bool(self._mail), self._is_over
                item = self._mail.popleft() if has_item else None
            if has_item:
                self._guarded(self._on_item, item)
            elif is_over:
                self._has_ended = True
                self._guarded(self._on_ended, self._end)
                self.finished.emit(self)
                return
            else:
                return
            if until is not None and time.perf_counter() > until:
                self._ring()
                return

    def _guarded(self, call: Callable[[Any], None], value: Any) -> None:
        try:
            call(value)
        except Exception as error:  # one faulty receiver must not hold up the end, which always arrives
            log.exception("a receiver of background items failed")
            self._on_fault(error)


class Background:
    """All running works of one window."""

    def __init__(self, on_fault: OnFault) -> None:
        self._on_fault = on_fault
        self.right_of_way = RightOfWay()
        self._tasks: set[Task] = set()
        self._leaving: list[Task] = []  # ended, but perhaps their threads still hold them
        self._is_closed = False

    def start(
        self, work: Work, on_item: Callable[[Any], None], on_ended: Callable[[BaseException | None], None]
    ) -> Task:
        """Run `work(is_stopped)` in a thread of its own; see `viewer.api.Host.run_in_background`."""
        if self._is_closed:
            raise RuntimeError("The window is closing; no new work is taken.")
        task = Task(work, on_item, on_ended, self._on_fault, self.right_of_way)
        self._tasks.add(task)
        task.finished.connect(self._forget, Qt.ConnectionType.DirectConnection)
        task.start()
        return task

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop everything, wait for the threads, deliver every end."""
        self._is_closed = True
        self.right_of_way.release()
        for task in tuple(self._tasks):
            task.stop()
        deadline = time.monotonic() + timeout_s
        for task in tuple(self._tasks):
            if not task.join(max(0.0, deadline - time.monotonic())):
                log.warning("still running after %g s: %s", timeout_s, task._thread.name)
        self._tasks.clear()

    def _forget(self, task: Task) -> None:
        """Let go of a task only after its thread has.

        The thread would else be the last to hold it, and destroy a QObject that this thread may still be leaving.
        """
        self._tasks.discard(task)
        self._leaving = [*(other for other in self._leaving if other.is_running), task]

    @property
    def is_closed(self) -> bool:
        """True once the window is closing: no new work is taken."""
        return self._is_closed

    @property
    def running(self) -> int:
        return len(self._tasks)

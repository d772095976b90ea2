"""Watches the GUI thread: for how long at most did it not answer, whose doing was that, and where was it.

with GuiWatchdog() as watchdog:
    window.open([path])
    qtbot.waitUntil(…)
assert watchdog.worst.own_ms < 100, watchdog.report()

A heartbeat (a QTimer of 5 ms) notes, from beat to beat, the processor time that the GUI thread spent and, on Linux, the
time in which it waited for the disk, a lock or another thread. What it waited for a processor, because the machine was
busy with something else, is not the program's doing and is told apart: a loaded machine fails no test.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from PySide6.QtCore import Qt, QTimer

BEAT_MS = 5
LATE_S = 0.04
"""After so long without a beat a look is taken at where the GUI thread is."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two heartbeats, in ms."""

    wall_ms: float
    processor_ms: float  # the GUI thread computed
    queued_ms: float  # it could have run, but all processors were busy; 0 where the system does not say
    where: str = ""  # what it was doing, if it took long

    @property
    def waited_ms(self) -> float:
        """Time in which it slept: in the event loop (at most one beat), or for a lock, the disk, another thread."""
        return max(0.0, self.wall_ms - self.processor_ms - self.queued_ms - BEAT_MS)

    @property
    def own_ms(self) -> float:
        """The part of the gap in which the GUI thread computed: the program's own doing on any machine."""
        return self.processor_ms

    @property
    def blocked_ms(self) -> float:
        """Time in which the program's own code slept in the GUI thread: the disk, a database, a lock. On a loaded
        machine some of it may be another thread's turn, so judge it more kindly than `own_ms`."""
        return self.waited_ms if self.where else 0.0


class GuiWatchdog:
    """Measures from entering to leaving; made and used in the GUI thread. Events must be processed meanwhile."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []  # all that were longer than two beats
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._gui_thread = threading.main_thread().ident
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._before = self._clocks()
        self._is_over = threading.Event()
        self._where = ""
        self._looker = threading.Thread(target=self._look, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._before = self._clocks()
        self._timer.start()
        self._looker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beat()
        self._timer.stop()
        self._is_over.set()
        self._looker.join()

    @property
    def worst(self) -> Gap:
        """The gap with most of the program's own time."""
        return max(self.gaps, key=lambda gap: gap.own_ms, default=Gap(0, 0, 0))

    @property
    def longest_block(self) -> Gap:
        """The gap in which the program's own code slept longest."""
        return max(self.gaps, key=lambda gap: gap.blocked_ms, default=Gap(0, 0, 0))

    def report(self, count: int = 5) -> str:
        """The worst gaps and where the GUI thread was in them."""
        worst = sorted(self.gaps, key=lambda gap: -max(gap.own_ms, gap.blocked_ms))[:count]
        return "\n".join(
            f"{gap.own_ms:.0f} ms own ({gap.wall_ms:.0f} ms by the clock, {gap.queued_ms:.0f} ms queued,"
            f" {gap.waited_ms:.0f} ms waited)\n{gap.where}"
            for gap in worst
        )

    def _beat(self) -> None:
        now = self._clocks()
        wall, processor, queued = (1000 * (new - old) for new, old in zip(now, self._before, strict=True))
        self._before, where, self._where = now, self._where, ""
        if wall > 2 * BEAT_MS:
            self.gaps.append(Gap(wall, processor, queued, where))

    def _clocks(self) -> tuple[float, float, float]:
        """By the wall, by the processor, and waiting for a processor, in seconds."""
        try:
            queued = int(self._schedule.read_text().split()[1]) / 1e9
        except OSError:  # not Linux
            queued = 0.0
        return time.perf_counter(), time.thread_time(), queued

    def _look(self) -> None:
        while not self._is_over.wait(LATE_S / 2):
            if self._where or time.perf_counter() - self._before[0] < LATE_S:
                continue
            places = _places(sys._current_frames().get(self._gui_thread or 0))
            self._where = "".join(f"  {file}:{line} {name}\n" for file, line, name in places)


def _places(frame: FrameType | None) -> list[tuple[str, int, str]]:
    """Where the thread is, innermost last; quick, so that no frame (and no painter in it) is held for long."""
    found: list[tuple[str, int, str]] = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname))
        frame = frame.f_back
    return [
        (file, line, name) for file, line, name in reversed(found) if "/viewer/" in file or "/plugin/" in file
    ]

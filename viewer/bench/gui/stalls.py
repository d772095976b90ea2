"""How long the GUI thread was deaf: a timer that should ring all the time, and its longest silence."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import Qt, QTimer

BEAT_MS = 5


class StallWatch:
    """Counts from `start` to `stop`."""

    def __init__(self) -> None:
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = 0.0
        self.longest_ms = 0.0

    def start(self) -> None:
        self._last, self.longest_ms = perf_counter(), 0.0
        self._timer.start()

    def stop(self) -> float:
        """The longest stall in milliseconds."""
        self._beat()
        self._timer.stop()
        return self.longest_ms

    def _beat(self) -> None:
        now = perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000 - BEAT_MS)
        self._last = now

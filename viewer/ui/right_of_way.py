"""The window goes first: a long work in the background rests while the window's thread is busy.

Python runs one thread at a time. Where several threads are at work, the window's gets its turn back late after every
call into Qt, and 30 ms of its own work take 300. A work that asks here between two small steps lets it finish.
"""

from __future__ import annotations

import threading

from PySide6.QtCore import QTimer

MOST_REST_S = 0.05
"""A work goes on after this time, a step at a time, even where the window is busy without end."""
REPAINT_MS = 1
"""What a change on screen has to paint is painted before a timer of this length rings."""


class RightOfWay:
    """`take` is called by the window's thread, `give_way` by every other."""

    def __init__(self) -> None:
        self._is_free = threading.Event()
        self._is_free.set()
        self._end = QTimer(singleShot=True, interval=REPAINT_MS)
        self._end.timeout.connect(self._is_free.set)

    def take(self) -> None:
        """The window's thread begins with something; others rest until it is done and painted."""
        self._is_free.clear()
        self._end.start()

    def release(self) -> None:
        """Nobody needs to rest any more."""
        self._end.stop()
        self._is_free.set()

    def give_way(self) -> None:
        """Return once the window's thread is done, or after MOST_REST_S."""
        self._is_free.wait(MOST_REST_S)

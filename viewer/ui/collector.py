"""Python's cycle collector, held to the GUI thread and to what it can do without being noticed.

Left alone, the collector runs in whichever thread happens to allocate. In a worker thread it may so destroy a window's
Qt objects, which belong to the GUI thread: a timer or a queued event then reaches freed memory and the program is
gone. So it is switched off and called from a timer of the GUI thread instead.

A collection takes time in proportion to what it looks at: ten thousand films that a scan just found would hold up the
window for a third of a second. They are plain data without cycles, so what has grown beyond `MANY` is set aside for
good (`gc.freeze`); it is still freed when nobody refers to it, as all plain data is.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

INTERVAL_MS = 1000
FULL_EVERY = 30
"""Every so many rounds also the oldest generation."""
MANY = 20_000
"""So many objects are looked at in about 5 ms."""


class GuiThreadCollector(QObject):
    """Collects in its own thread, young objects every second. Lives as long as `parent`, the application."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # what the imports made lives as long as the program: it need not be looked at again
        self._round = 0
        self._grown = 0  # objects more than when something was set aside last
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """One round: nothing while a mouse button is held, so that no drag can stutter."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        self._round += 1
        new = gc.get_count()[0]
        self._grown += new
        if new <= MANY:
            gc.collect(2 if self._round % FULL_EVERY == 0 or self._grown > MANY else 1)
        if self._grown > MANY:
            gc.freeze()
            self._grown = 0

"""Waits until a window has been drawn once, so that what starts after it can't delay it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

AT_LATEST_MS = 2000
"""A window that starts minimised is never drawn; what waits for it begins after this time."""


class AfterFirstPaint(QObject):
    """Calls `act` once: right after the window was painted for the first time, or AT_LATEST_MS after it was shown."""

    def __init__(self, window: QWidget, act: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._act = window, act
        self._wait = QTimer(self, singleShot=True, interval=AT_LATEST_MS)
        self._wait.timeout.connect(self._begin)
        self._wait.start()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            self._wait.start(0)  # the painting itself comes first
        return False

    def _begin(self) -> None:
        self._window.removeEventFilter(self)
        self._act()

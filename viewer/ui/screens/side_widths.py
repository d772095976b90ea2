"""In a narrow window the study list and the panels make room: the films are what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

NARROW = 1200
"""Below this width, in pixels of the desktop, list and panels are as narrow as they can be read."""
NARROW_LIST, NARROW_PANEL = 190, 320


class SideWidths(QObject):
    """Changes widths only when the window becomes narrow or wide: in between they are the reader's."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._wide: tuple[int, int] | None = None  # list and panel, while the window is narrow

    def window_is_built(self) -> None:
        self._window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and isinstance(event, QResizeEvent):
            self._follow(event.size().width())
        return False

    def _follow(self, width: int) -> None:
        if width < NARROW and self._wide is None:
            self._wide = (self._window.middle.sizes()[0], self._window.panel_width)
            self._set(min(self._wide[0], NARROW_LIST), min(self._wide[1], NARROW_PANEL))
        elif width >= NARROW and self._wide is not None:
            wide, self._wide = self._wide, None
            self._set(*wide)

    def _set(self, list_width: int, panel_width: int) -> None:
        window = self._window
        window.middle.setSizes([list_width, max(1, window.middle.width() - list_width)])
        window.panel_width = panel_width  # also of panels that come later
        docks = [dock for dock in window.findChildren(QDockWidget) if not dock.isHidden()]
        window.resizeDocks(docks, [panel_width] * len(docks), Qt.Orientation.Horizontal)

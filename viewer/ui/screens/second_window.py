"""The window on the second screen: films only. Keys work in it as in the main window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from viewer.core.language import tr
from viewer.ui.keys.lone_keys import LoneKeyGuard
from viewer.ui.viewport_grid import ViewportGrid


class SecondWindow(QWidget):
    """Holds viewports of the films area; they stay the films area's own."""

    closed_by_hand = Signal()
    left = Signal()  # another window has the keyboard now

    def __init__(
        self,
        parent: QWidget,
        press: Callable[[QKeyEvent], bool],
        release: Callable[[QKeyEvent], bool],
        give_up: Callable[[], bool],
    ) -> None:
        """`press`, `release`: of keys that last while they are down. `give_up`: what Esc does in this window."""
        super().__init__(parent, Qt.WindowType.Window)
        self._press, self._release, self._give_up = press, release, give_up
        self.setObjectName("ground")
        self.setWindowTitle(tr("Sidelight – second screen"))
        self.grid = ViewportGrid()
        self.setLayout(self.grid)
        LoneKeyGuard(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_done = self._give_up() if event.key() == Qt.Key.Key_Escape else self._press(event)
        if not is_done:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._release(event):
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.left.emit()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if event.spontaneous():
            self.closed_by_hand.emit()
        super().closeEvent(event)

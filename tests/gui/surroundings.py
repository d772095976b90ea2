"""What all windows of one process share: the screen, the mouse and the keyboard. A test hands them on as it found them.

The offscreen platform gives a moved mouse to the oldest window under it, whatever lies above. So a window that one test
forgets takes the pointer from the windows of every later test in that process.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

NOWHERE = QPoint(-1, -1)
"""On no screen."""


def let_go() -> None:
    """No button and no key is down, and the mouse is over no window: to go where it already is tells nothing."""
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        QTest.mouseRelease(QWidget(), button)
    QCursor.setPos(NOWHERE)
    QApplication.processEvents()


def clear_the_way() -> list[str]:
    """Free the screen for the next test. Returns what the last one forgot there, a line each.

    What it asked Qt to delete is deleted now, with the dialogs that belong to it: that is not forgotten.
    """
    if QApplication.instance() is None:
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    forgotten: list[str] = []
    for window in QApplication.topLevelWidgets():
        if window.isVisible():
            window.hide()
            if window.metaObject().className() != "QTipLabel":  # comes and goes by the clock
                forgotten.append(f"{name_of(window)} is open")
    return forgotten


def who_has_what() -> str:
    """Who has the screen, the mouse and the keyboard now: for the message of a test that waited in vain."""
    shown = (window for window in QGuiApplication.topLevelWindows() if window.isExposed())
    windows = ", ".join(f"{window.objectName()} {window.geometry().getRect()}" for window in shown)
    at = QCursor.pos()
    lines = {
        "windows, the oldest first": windows,
        "mouse": f"at {at.toTuple()} over {name_of(QApplication.widgetAt(at))}, {QApplication.mouseButtons()}",
        "keyboard": f"{name_of(QApplication.focusWidget())} in {name_of(QApplication.activeWindow())}",
        "dialog before all others": name_of(QApplication.activeModalWidget()),
        "popup": name_of(QApplication.activePopupWidget()),
    }
    return "\n".join(f"{what}: {told}" for what, told in lines.items())


def name_of(widget: QWidget | None) -> str:
    if widget is None:
        return "none"
    said = " ".join(part for part in (widget.objectName(), widget.windowTitle()) if part)
    return f"{type(widget).__name__} {said!r} {widget.geometry().getRect()}"

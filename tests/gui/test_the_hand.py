"""Qt's test hand between two tests: what one leaves pressed or open is not in the way of the next."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget


class Pad(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.held: list[Qt.MouseButton] = []

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.held.append(event.buttons())


def held_while_moving(qtbot) -> set[Qt.MouseButton]:
    pad = Pad()
    qtbot.addWidget(pad)
    pad.show()
    for at in range(3, 9):
        qtbot.mouseMove(pad, QPoint(at, at))
    held = set(pad.held)
    qtbot.mouseDClick(pad, Qt.MouseButton.LeftButton)  # Qt forgets to let go of it
    return held


def test_a_double_click_is_made(qtbot):
    assert held_while_moving(qtbot) == {Qt.MouseButton.NoButton}


def test_and_the_next_tests_first_move_is_no_drag(qtbot):
    assert held_while_moving(qtbot) == {Qt.MouseButton.NoButton}


LEFT_OPEN: list[QDialog] = []


def test_a_dialog_stays_open(qapp):
    dialog = QDialog()
    dialog.setModal(True)
    dialog.show()
    LEFT_OPEN.append(dialog)
    assert QApplication.activeModalWidget() is dialog


def test_and_keeps_the_mouse_from_no_window_of_the_next_test(qtbot):
    assert held_while_moving(qtbot) == {Qt.MouseButton.NoButton}

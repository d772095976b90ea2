"""Qt's test hand between two tests: what one leaves pressed or open is not in the way of the next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from gui.surroundings import clear_the_way
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.exceptions import TimeoutError

TESTS = Path(__file__).resolve().parent.parent
GUILTY = """
from PySide6.QtWidgets import QWidget

def test_a_window_is_forgotten(qapp, request):
    request.config.forgotten = QWidget(windowTitle="forgotten")
    request.config.forgotten.show()
"""


class Pad(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.held: list[Qt.MouseButton] = []

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.held.append(event.buttons())


def moves_over_a_new_window(qtbot) -> list[Qt.MouseButton]:
    """The buttons that were down at each of three steps of the mouse, as the window under it was told."""
    pad = Pad()
    qtbot.addWidget(pad)
    pad.resize(200, 200)
    pad.show()
    for at in (30, 60, 90):
        qtbot.mouseMove(pad, QPoint(at, at))
    return pad.held


THREE_FREE_MOVES = [Qt.MouseButton.NoButton] * 3


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
def test_a_double_click_is_made(qtbot, button):
    assert moves_over_a_new_window(qtbot) == THREE_FREE_MOVES
    QTest.mouseDClick(QWidget(), button)  # Qt forgets to let go of it


def test_and_the_next_tests_first_move_is_no_drag(qtbot):
    assert moves_over_a_new_window(qtbot) == THREE_FREE_MOVES


@pytest.mark.parametrize("time", ["once", "again"])
def test_a_move_to_where_the_mouse_was_in_the_test_before_is_a_move(qtbot, time):
    pad = Pad()
    qtbot.addWidget(pad)
    pad.show()
    qtbot.mouseMove(pad, QPoint(30, 30))
    assert len(pad.held) == 1


def a_window() -> QWidget:
    left = QWidget()
    left.resize(300, 300)
    left.show()
    return left


def a_dialog() -> QWidget:
    left = QDialog()
    left.setModal(True)
    left.show()
    return left


@pytest.mark.parametrize("leave", [a_window, a_dialog])
def test_what_a_test_forgets_is_named_and_no_longer_in_the_way(qtbot, leave: Callable[[], QWidget]):
    left = leave()
    left.setWindowTitle("forgotten")

    told = clear_the_way()

    assert told and all("forgotten" in line for line in told)
    assert moves_over_a_new_window(qtbot) == THREE_FREE_MOVES
    assert not left.isVisible()


def test_a_dialog_of_a_window_that_was_put_away_is_gone_with_it(qapp):
    window = a_window()
    QDialog(window).show()
    window.close()
    window.deleteLater()
    assert clear_the_way() == []


def test_a_test_that_forgets_a_window_fails(tmp_path):
    (tmp_path / "test_guilty.py").write_text(GUILTY, "utf-8")
    (tmp_path / "pytest.ini").touch()
    command = [sys.executable, "-m", "pytest", "-p", "pytestqt.plugin", "-p", "gui.conftest", str(tmp_path)]
    paths = os.pathsep.join((str(TESTS), str(TESTS.parent)))
    environment = os.environ | {"PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    assert "left behind: QWidget 'forgotten'" in run.stdout, run.stdout
    assert "1 passed, 1 error" in run.stdout


def test_who_waits_in_vain_is_told_who_has_the_screen(qtbot, monkeypatch):
    monkeypatch.setitem(qtbot.waitUntil.__globals__, "LONG_MS", 1)
    qtbot.addWidget(in_the_way := a_dialog())
    in_the_way.setObjectName("in the way")

    with pytest.raises(TimeoutError) as waited:
        qtbot.waitUntil(lambda: False, timeout=1)

    assert "dialog before all others: QDialog 'in the way'" in waited.value.__notes__[0]

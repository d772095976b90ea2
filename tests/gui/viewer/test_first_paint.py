"""What is not needed for the first picture of the window does not delay it."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.ui import first_paint
from viewer.ui.first_paint import AfterFirstPaint


class Canvas(QWidget):
    def __init__(self, happened: list[str]) -> None:
        super().__init__()
        self.happened = happened

    def paintEvent(self, event: QPaintEvent) -> None:
        self.happened.append("painted")


def test_what_waits_begins_once_and_after_the_window_was_painted(qtbot):
    happened: list[str] = []
    canvas = Canvas(happened)
    qtbot.addWidget(canvas)
    AfterFirstPaint(canvas, lambda: happened.append("begun"))
    canvas.show()
    qtbot.waitUntil(lambda: "begun" in happened)
    canvas.repaint()

    assert happened[0] == "painted"
    assert happened.count("begun") == 1


def test_a_window_that_is_never_painted_does_not_hold_it_up_for_ever(qtbot, monkeypatch):
    monkeypatch.setattr(first_paint, "AT_LATEST_MS", 10)
    happened: list[str] = []
    canvas = Canvas(happened)
    qtbot.addWidget(canvas)
    AfterFirstPaint(canvas, lambda: happened.append("begun"))

    qtbot.waitUntil(lambda: "begun" in happened)
    assert "painted" not in happened

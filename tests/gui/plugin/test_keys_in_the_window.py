"""The panel's keys and boxes with real key presses and a real hand, in the real window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.plugin.test_in_the_window import NEW, Room
from gui.viewer.conftest import ScriptedScan
from PySide6.QtCore import Qt

from plugin.controller import Controller
from plugin.review.reviewed import reviewed_findings
from viewer.app import make_application


@pytest.fixture
def room(qapp, qtbot, monkeypatch) -> Iterator[Room]:
    """A study that was read hangs, and the film has the keyboard."""
    make_application()
    scan = ScriptedScan()
    monkeypatch.setattr("viewer.ui.light_box.scan", scan)
    made = Room(qtbot, scan)
    made.drop(NEW)
    made.read()
    made.viewport(NEW).setFocus()
    yield made
    scan.end()
    made.window.close()


def statuses(room) -> dict[str, str]:
    reading = room.panel.findChild(Controller).reading()
    return {one.label: one.status for one in reviewed_findings(reading)}


def test_j_and_enter_over_the_film_accept_one_finding_each(room):
    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_Return)
    room.press(Qt.Key.Key_Return)
    assert statuses(room) == {"cardiomegaly": "accepted", "pleural effusion": "untouched"}

    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_Enter)
    assert statuses(room) == {"cardiomegaly": "accepted", "pleural effusion": "accepted"}


def test_after_backspace_a_number_is_a_reason_and_no_window_preset(room):
    before = room.view(NEW)
    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_Backspace)
    reasons = room.panel.findings.item_of("f1").reasons
    room.wait(reasons.hasFocus)

    room.qtbot.keyClick(room.window.focusWidget(), Qt.Key.Key_3)

    assert statuses(room)["cardiomegaly"] == "rejected"
    assert room.view(NEW) == before
    room.wait(room.viewport(NEW).hasFocus)  # the keyboard is where it was


def test_esc_closes_the_question_and_the_film_has_the_keys_again(room):
    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_Backspace)
    room.wait(room.panel.findings.item_of("f1").reasons.hasFocus)

    room.qtbot.keyClick(room.window.focusWidget(), Qt.Key.Key_Escape)
    room.wait(room.viewport(NEW).hasFocus)

    assert statuses(room)["cardiomegaly"] == "untouched"


def test_letters_typed_into_the_words_of_a_finding_turn_no_film(room):
    before = room.view(NEW)
    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_E)
    form = room.panel.findings.item_of("f1").form
    room.wait(form.label.lineEdit().hasFocus)

    room.qtbot.keyClicks(form.label.lineEdit(), "rich heart v 3")
    room.qtbot.keyClick(form.label.lineEdit(), Qt.Key.Key_Return)

    assert statuses(room).get("rich heart v 3") == "edited"
    assert room.view(NEW) == before


def test_ctrl_z_over_the_film_takes_a_verdict_back(room):
    room.press(Qt.Key.Key_J)
    room.press(Qt.Key.Key_Return)
    assert statuses(room)["cardiomegaly"] == "accepted"

    room.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    room.wait(lambda: statuses(room)["cardiomegaly"] == "untouched")

"""The reader's hand and keys in the real window: boxes on real viewports, Enter and Backspace where they count."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.plugin.test_in_the_window import NEW, OLD, Room
from gui.plugin.test_review import a_reading
from gui.viewer.conftest import ScriptedScan
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from plugin import colours
from tests.factories_ui import film
from viewer.app import make_application

LINE = (3.8, 3.0)
"""On the upper line of the AI's box, between two handles."""
LEFT = Qt.MouseButton.LeftButton


class Hands(Room):
    """A study that was read, and a reader with a mouse and a keyboard."""

    def read(self) -> None:
        self.panel.run_bar.read_button.click()
        self.wait(lambda: self.door.runs)
        (current, *_) = self.door.studies["study 1.0"].films
        self.door.runs[0].send(*a_reading(current.image_sha256))
        self.wait(lambda: self.panel.run_bar.status_label.text().startswith("Draft ready"))
        self.wait(self.marks)
        self.come_to_rest(NEW)  # the films make room for the banner

    def at(self, x: float, y: float) -> QPoint:
        viewport = self.viewport(NEW)
        u, v = viewport.placement().to_screen(x, y)
        ratio = viewport.devicePixelRatioF()
        return QPoint(round(u / ratio), round(v / ratio))

    def pull(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        viewport = self.viewport(NEW)
        self.qtbot.mousePress(viewport, LEFT, pos=self.at(*start))
        self.qtbot.mouseMove(viewport, self.at(*end))
        self.qtbot.mouseRelease(viewport, LEFT, pos=self.at(*end))

    def strike(self, *keys: Qt.Key) -> None:
        """Into whatever has the keyboard."""
        for key in keys:
            self.qtbot.keyClick(QApplication.focusWidget() or self.window, key)

    def focus(self, widget) -> None:
        widget.setFocus()
        self.wait(widget.hasFocus)

    def looks(self) -> list[tuple]:
        marks = [
            mark for mark in self.marks() if mark.xyxy[:2] != (1.0, 9.0)
        ]  # the effusion's box lies still
        return sorted((mark.style, mark.is_faint, tuple(round(side) for side in mark.xyxy)) for mark in marks)


@pytest.fixture
def hands(qapp, qtbot, monkeypatch) -> Iterator[Hands]:
    make_application()
    scan = ScriptedScan()
    monkeypatch.setattr("viewer.ui.light_box.scan", scan)
    made = Hands(qtbot, scan)
    made.drop(NEW)
    made.read()
    made.focus(made.viewport(NEW))
    yield made
    scan.end()
    made.window.close()


def status(hands, finding_id: str) -> str:
    return hands.panel.findings.row_of(finding_id).accessibleName()


def test_a_box_dragged_on_the_film_becomes_the_readers_and_the_original_stays(hands):
    hands.pull(LINE, (13.8, 8))

    assert hands.looks() == [("dotted", True, (2, 3, 9, 11)), ("solid", False, (12, 8, 19, 16))]
    (own,) = [mark for mark in hands.marks() if mark.style == "solid"]
    assert own.color == colours.READER


def test_undo_and_redo_take_the_dragged_box_back_and_forth(hands):
    hands.pull(LINE, (13.8, 8))
    moved = hands.looks()

    hands.wish("undo")
    assert hands.looks() == [("dashed", False, (2, 3, 9, 11))]
    hands.wish("redo")
    assert hands.looks() == moved


def test_a_dragged_box_is_selected_and_delete_takes_it_away(hands):
    hands.pull(LINE, (13.8, 8))
    hands.strike(Qt.Key.Key_Delete)

    assert [look for look in hands.looks() if look[0] == "solid"] == []


def test_a_click_on_a_box_and_enter_accept_its_finding(hands):
    hands.click(NEW, x=5, y=7)
    hands.strike(Qt.Key.Key_Return)

    assert "accepted" in status(hands, "f1").lower()


def test_j_and_enter_accept_with_the_keyboard_on_the_films(hands):
    hands.strike(Qt.Key.Key_J, Qt.Key.Key_Enter)

    assert "accepted" in status(hands, "f1").lower()


def test_after_backspace_a_number_is_a_reason_and_no_window_preset(hands):
    before = hands.view(NEW)
    hands.strike(Qt.Key.Key_J, Qt.Key.Key_Backspace, Qt.Key.Key_3)

    assert "Rejected: it is known" in status(hands, "f1")
    assert hands.view(NEW) == before


def test_enter_in_the_study_list_opens_a_study_and_accepts_nothing(hands):
    other = film("b", patient_id="P2", patient_name="Other^One")
    hands.drop(NEW, other)
    hands.strike(Qt.Key.Key_J)
    studies = hands.window.studies
    hands.focus(studies.view)
    studies.view.setCurrentIndex(studies.model.index(studies.model.row_of("1.b")))
    before = status(hands, "f1")

    hands.strike(Qt.Key.Key_Return)

    assert other in hands.on_screen()
    hands.window.light_box.choose_film(NEW.key)
    hands.wait(lambda: NEW in hands.on_screen())
    assert "accepted" not in before.lower()
    assert "accepted" not in status(hands, "f1").lower()


def test_backspace_in_the_report_deletes_a_letter_and_asks_for_no_reason(hands):
    hands.strike(Qt.Key.Key_J)
    editor = hands.panel.drafts.report
    hands.focus(editor)
    words = editor.toPlainText()
    cursor = editor.textCursor()
    cursor.movePosition(cursor.MoveOperation.End)
    editor.setTextCursor(cursor)

    hands.strike(Qt.Key.Key_Backspace)

    assert editor.toPlainText() == words[:-1]
    assert hands.panel.findings.item_of("f1").reasons is None  # nobody was asked why


def test_the_prior_and_its_film_can_be_dragged_over_without_touching_the_boxes_of_the_current_one(hands):
    hands.drop(OLD, NEW)
    before = hands.looks()
    hands.drag(OLD, LEFT, 30, 20)

    assert hands.looks() == before

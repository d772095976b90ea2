"""The tag browser: every element of the film on screen."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tests.factories_ui import film
from viewer.core.element_rows import ElementRow
from viewer.core.elements import ITEM
from viewer.core.errors import DamagedFilm

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
CTRL = Qt.KeyboardModifier.ControlModifier


def elements(film):
    value = film.header.study_date.isoformat()
    return (
        ElementRow(0, 0x00080020, "DA", "Study Date", value, 10),
        ElementRow(0, 0x00081032, "SQ", "Procedure Code Sequence", "", 30),
        ElementRow(1, ITEM, "", "Item 1", "", 0, 1),
        ElementRow(2, 0x00080100, "SH", "Code Value", "<b>T-D3000</b>", 14),
        ElementRow(0, 0x00100020, "LO", "Patient ID", "P1", 2),
    )


@pytest.fixture
def tags(desk):
    """Two films side by side and the browser at the current one."""
    desk.reader.elements = elements
    desk.drop(OLD, NEW)
    desk.press(Qt.Key.Key_T, CTRL)
    browser = desk.window.wish("show_tags").__self__.browser
    desk.wait(lambda: browser.model.rows)
    return browser


def column(browser, number):
    model = browser.model
    return [model.data(model.index(at, number)) for at in range(model.rowCount())]


def test_ctrl_t_lists_the_elements_of_the_active_film(tags):
    assert column(tags, 1) == ["Study Date", "Procedure Code Sequence", "Item 1", "Code Value", "Patient ID"]
    assert column(tags, 3)[0] == "2024-03-01"
    assert "CURRENT" in tags.title.text()


def test_values_are_shown_as_they_stand_never_as_markup(tags):
    assert column(tags, 3)[3] == "<b>T-D3000</b>"
    assert tags.title.textFormat() == Qt.TextFormat.PlainText
    assert tags.model.data(tags.model.index(3, 3), Qt.ItemDataRole.ToolTipRole) is None


def test_the_list_follows_the_active_film(desk, tags):
    desk.click(OLD)
    desk.wait(lambda: column(tags, 3)[:1] == ["2024-01-01"])


def test_search_narrows_while_typing(desk, tags):
    desk.qtbot.keyClicks(tags.search, "code")
    assert column(tags, 1) == ["Procedure Code Sequence", "Item 1", "Code Value"]
    tags.search.clear()
    assert len(tags.model.rows) == 5


def test_a_sequence_folds_and_unfolds_with_a_click(desk, tags):
    desk.qtbot.waitExposed(tags)
    at = tags.view.visualRect(tags.model.index(1, 0)).center()
    desk.qtbot.mouseClick(tags.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert column(tags, 1) == ["Study Date", "Procedure Code Sequence", "Patient ID"]
    desk.qtbot.mouseClick(tags.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(tags.model.rows) == 5


def test_rows_and_the_whole_list_are_copied_as_text(tags):
    tags.view.selectRow(4)
    tags.copy_selected()
    assert QGuiApplication.clipboard().text() == "(0010,0020)\tLO\tPatient ID\tP1"
    tags.copy_all()
    assert len(QGuiApplication.clipboard().text().split("\n")) == 5


def test_current_and_prior_are_compared_with_differences_marked(desk, tags):
    tags.others.setCurrentIndex(1)
    tags.others.activated.emit(1)
    desk.wait(lambda: tags.model.is_comparing)
    assert column(tags, 3)[0] == "2024-03-01"
    assert column(tags, 4)[0] == "2024-01-01"
    assert column(tags, 0)[0].startswith("≠")
    assert "1 different" in tags.count.text()
    tags.only_differences.setChecked(True)
    assert column(tags, 1) == ["Study Date"]
    tags.others.setCurrentIndex(0)
    tags.others.activated.emit(0)
    assert not tags.model.is_comparing
    assert len(tags.model.rows) == 5


def test_late_elements_are_never_shown_for_another_film(desk):
    gate = threading.Event()

    def slow(film):
        if film == NEW:
            assert gate.wait(5)
        return elements(film)

    desk.reader.elements = slow
    desk.drop(OLD, NEW)
    desk.press(Qt.Key.Key_T, CTRL)
    browser = desk.window.wish("show_tags").__self__.browser
    assert browser.count.text() == "Reading…"
    desk.click(OLD)
    desk.wait(lambda: browser.model.rows and column(browser, 3)[0] == "2024-01-01")
    gate.set()
    desk.wait(lambda: desk.window.background.running == 0)
    assert column(browser, 3)[0] == "2024-01-01"
    assert "PRIOR" in browser.title.text()


def test_a_file_that_can_not_be_listed_says_why(desk):
    def gone(film):
        raise DamagedFilm("The file has changed since it was opened. Open it again.")

    desk.reader.elements = gone
    desk.drop(NEW)
    desk.press(Qt.Key.Key_T, CTRL)
    browser = desk.window.wish("show_tags").__self__.browser
    desk.wait(lambda: "has changed" in browser.count.text())
    assert browser.model.rows == ()


def test_closing_the_window_closes_the_browser(desk, tags):
    desk.window.close()
    assert not tags.isVisible()

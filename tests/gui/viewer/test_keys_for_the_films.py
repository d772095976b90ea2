"""Who looks at films has the keyboard on the films: after opening, after a click in the list, after Esc."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QWidget

from tests.factories_ui import film

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
OTHER = film("b", patient_id="P2", patient_name="Other^One")


def click_in_the_list(desk, row_key: str) -> None:
    studies = desk.window.studies
    index = studies.model.index(studies.model.row_of(row_key))
    studies.view.scrollTo(index)
    desk.qtbot.mouseClick(
        studies.view.viewport(), Qt.MouseButton.LeftButton, pos=studies.view.visualRect(index).center()
    )


def test_films_that_are_opened_take_the_keyboard_from_the_list(desk):
    desk.drop(OLD, NEW)

    assert desk.viewport(NEW).hasFocus()


def test_films_that_come_while_a_search_is_typed_leave_it_the_keyboard(desk):
    desk.window.studies.search.setFocus()
    desk.drop(NEW)

    assert desk.window.studies.search.hasFocus()


def test_a_click_on_another_study_gives_its_film_the_keyboard(desk):
    desk.drop(NEW, OTHER)
    click_in_the_list(desk, "1.b")

    assert OTHER in desk.on_screen()
    assert desk.viewport(OTHER).hasFocus()


def test_enter_in_the_list_opens_and_stays_so_that_the_list_can_be_walked(desk):
    desk.drop(NEW, OTHER)
    studies = desk.window.studies
    studies.view.setFocus()
    studies.view.setCurrentIndex(studies.model.index(studies.model.row_of("1.b")))

    desk.qtbot.keyClick(studies.view, Qt.Key.Key_Return)
    assert OTHER in desk.on_screen()
    assert studies.view.hasFocus()

    desk.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert desk.viewport(OTHER).hasFocus()


def test_a_part_that_is_hidden_leaves_the_keyboard_to_the_films_and_not_to_the_list(desk):
    line = QLineEdit()
    desk.window.add_dock("panel", "Panel", line)
    desk.drop(NEW)
    line.setFocus()
    desk.wait(line.hasFocus)

    line.hide()

    assert desk.viewport(NEW).hasFocus()


def test_a_button_that_takes_another_s_place_takes_its_keyboard_as_well(desk):
    ask, stop = QPushButton("Ask"), QPushButton("Stop")
    both = QWidget()
    row = QHBoxLayout(both)
    row.addWidget(ask)
    row.addWidget(stop)
    desk.window.add_dock("panel", "Panel", both)
    desk.drop(NEW)
    ask.setFocus()
    desk.wait(ask.hasFocus)

    ask.hide()

    assert stop.hasFocus()

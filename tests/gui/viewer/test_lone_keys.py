"""Enter and Backspace for a panel's actions: only where nobody else is waiting for them."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tests.factories_ui import film
from viewer.api import Action
from viewer.ui.host import PluginHost
from viewer.ui.keys.controller import Keys
from viewer.ui.screens import places
from viewer.ui.screens.places import ScreenPlace

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
KEYS = {"accept": Qt.Key.Key_Return, "reject": Qt.Key.Key_Backspace}


class Panel(QWidget):
    """What a panel may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.text, self.number = QLineEdit(), QPlainTextEdit(), QSpinBox()
        self.words, self.button, self.list = QPlainTextEdit("read only"), QPushButton("Read"), QComboBox()
        self.words.setReadOnly(True)
        self.list.addItems(["one", "two"])
        column = QVBoxLayout(self)
        for widget in (self.line, self.text, self.number, self.words, self.button, self.list):
            column.addWidget(widget)


class Bench:
    def __init__(self, desk) -> None:
        self.desk, self.window = desk, desk.window
        self.ran: list[str] = []
        self.host = PluginHost(desk.window, "Panel")
        self.panel = Panel()
        self.host.add_panel("panel", "Panel", self.panel)
        self.host.add_action(Action("accept", "Accept", lambda: self.ran.append("accept"), "Return"))
        self.host.add_action(Action("reject", "Reject", lambda: self.ran.append("reject"), "Backspace"))
        desk.drop(NEW)

    def focus(self, widget: QWidget) -> None:
        widget.setFocus()
        self.desk.wait(widget.hasFocus)

    def press(self, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.desk.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def press_both(self) -> list[str]:
        """What ran after Enter and Backspace."""
        self.ran.clear()
        for key in KEYS.values():
            self.press(key)
        return self.ran


@pytest.fixture
def bench(desk):
    return Bench(desk)


@pytest.mark.parametrize("where", ["button", "words", "list"])
def test_they_work_while_the_panel_has_the_keyboard(bench, where):
    bench.focus(getattr(bench.panel, where))
    assert bench.press_both() == ["accept", "reject"]


def test_they_work_on_the_films_and_where_nothing_has_the_keyboard(bench):
    bench.focus(bench.desk.viewport(NEW))
    assert bench.press_both() == ["accept", "reject"]
    QApplication.focusWidget().clearFocus()
    assert bench.press_both() == ["accept", "reject"]


@pytest.mark.parametrize("where", ["line", "text", "number"])
def test_they_do_nothing_while_a_text_is_typed(bench, where):
    field = getattr(bench.panel, where)
    bench.focus(field)
    assert bench.press_both() == []


def test_in_a_text_they_stay_what_they_are(bench):
    bench.focus(bench.panel.text)
    bench.desk.qtbot.keyClicks(bench.panel.text, "one")
    bench.press(Qt.Key.Key_Backspace)
    bench.press(Qt.Key.Key_Return)
    bench.press(Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert bench.panel.text.toPlainText() == "on\n\n"
    sent = []
    bench.panel.line.returnPressed.connect(lambda: sent.append(1))
    bench.focus(bench.panel.line)
    bench.press(Qt.Key.Key_Return)
    assert sent == [1]
    assert bench.ran == []


def test_enter_in_the_study_list_still_opens_a_study(bench):
    other = film("b", patient_id="P2", patient_name="Other^One")
    bench.desk.drop(NEW, other)
    studies = bench.window.studies
    bench.focus(studies.view)
    studies.view.setCurrentIndex(studies.model.index(studies.model.row_of("1.b")))
    assert bench.press_both() == []
    assert other in bench.desk.on_screen()
    bench.focus(studies.search)
    assert bench.press_both() == []


def test_a_button_of_the_window_is_not_passed_over(bench):
    button = bench.window.studies.skipped_button
    button.setVisible(True)
    bench.focus(button)
    assert bench.press_both() == []
    tool = next(iter(one for one in bench.window.features if isinstance(one, Keys))).toolbar
    bench.window.studies.filter.setFocus()
    bench.desk.wait(bench.window.studies.filter.hasFocus)
    assert bench.press_both() == []
    assert tool is not None


def test_after_tab_enter_is_for_the_button_that_was_reached_and_after_any_other_key_it_is_not(bench):
    """Enter on "Sign" must accept no finding; and J, Enter must accept one wherever Tab has been."""
    bench.focus(bench.panel.words)
    bench.press(Qt.Key.Key_Tab)
    bench.desk.wait(bench.panel.button.hasFocus)
    QApplication.processEvents()
    assert bench.press_both() == []

    bench.press(Qt.Key.Key_F19)
    assert bench.press_both() == ["accept", "reject"]


def test_enter_of_the_numeric_pad_counts_too(bench):
    bench.focus(bench.desk.viewport(NEW))
    bench.press(Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert bench.ran == ["accept"]


def test_a_key_that_is_held_answers_once(bench):
    bench.focus(bench.desk.viewport(NEW))
    accept = bench.window.actions_by_id["accept"]
    assert not accept.autoRepeat()
    assert bench.window.actions_by_id["next_film"].autoRepeat()


def test_they_do_nothing_while_a_dialog_is_open(bench):
    dialog = QDialog(bench.window)
    QVBoxLayout(dialog).addWidget(QLabel("Sign?"))
    dialog.open()
    bench.desk.wait(dialog.isVisible)
    for key in KEYS.values():
        bench.desk.qtbot.keyClick(bench.window, key)
        bench.desk.qtbot.keyClick(dialog, key)
    assert bench.ran == []
    dialog.close()
    dialog.deleteLater()


def test_they_do_nothing_under_the_page_of_keys_or_the_palette(bench):
    bench.focus(bench.desk.viewport(NEW))
    bench.desk.wish("show_keys")
    assert bench.press_both() == []
    bench.desk.wish("show_keys")
    bench.desk.wish("command_palette")
    palette = next(one for one in bench.window.features if isinstance(one, Keys)).palette
    bench.desk.wait(palette.line.hasFocus)
    bench.desk.qtbot.keyClicks(palette.line, "nothing is called so")
    assert bench.press_both() == []


def test_they_do_nothing_while_words_at_an_arrow_are_typed(bench):
    bench.desk.wish("tool_arrow")
    bench.desk.drag(NEW, Qt.MouseButton.LeftButton, 60, 40)
    field = bench.desk.viewport(NEW).findChild(QLineEdit)
    bench.desk.wait(field.hasFocus)
    bench.desk.qtbot.keyClicks(field, "nodulee")
    bench.press(Qt.Key.Key_Backspace)
    bench.press(Qt.Key.Key_Return)
    assert bench.ran == []


def test_they_work_on_the_films_of_the_second_screen(bench, monkeypatch):
    there = (ScreenPlace("A", (0, 0, 1600, 1200)), ScreenPlace("B", (1600, 0, 1600, 1200)))
    monkeypatch.setattr(places, "screens_now", lambda: there)
    bench.desk.drop(OLD, NEW)
    bench.desk.wish("second_films_window")
    second = bench.desk.viewport(OLD).window()
    assert second is not bench.window
    second.activateWindow()
    bench.desk.wait(second.isActiveWindow)
    bench.focus(bench.desk.viewport(OLD))
    assert bench.press_both() == ["accept", "reject"]
    bench.window.activateWindow()


def test_a_grave_action_never_gets_one_of_them(bench):
    bench.host.add_action(Action("sign", "Sign", lambda: bench.ran.append("sign"), "Return", is_grave=True))
    assert bench.window.bindings.keys_of("sign") == ()
    bench.window.bindings.set_keys({"sign": ("Backspace",)})
    assert bench.window.bindings.keys_of("sign") == ()
    bench.window.bindings.set_keys({"sign": ("Ctrl+Return",)})
    bench.focus(bench.desk.viewport(NEW))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        bench.press(key, Qt.KeyboardModifier.ControlModifier)
    assert bench.ran == ["sign", "sign"]


def test_the_dialog_shows_them_names_conflicts_and_gives_other_keys(bench):
    bench.desk.wish("edit_keys")
    dialog = next(one for one in bench.window.features if isinstance(one, Keys))._dialog
    dialog.search.setText("Accept")
    table = dialog.table
    cells = [
        table.item(row, at).text() for row in range(table.rowCount()) for at in range(table.columnCount())
    ]
    assert {"Accept", "Return"} <= set(cells)

    dialog.search.clear()
    dialog.select("invert")
    dialog.buttons["change"].click()
    bench.desk.qtbot.keyClick(dialog.capture, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert "Accept" in dialog.capture.text()
    assert bench.window.bindings.keys_of("invert") == ("I",)

    dialog.select("accept")
    dialog.buttons["change"].click()
    bench.desk.qtbot.keyClick(dialog.capture, Qt.Key.Key_F19)
    assert bench.window.bindings.keys_of("accept") == ("F19",)
    dialog.close()


def test_a_settings_file_that_says_enter_means_return(desk):
    desk.window.settings.set("keys.own_keys", {"invert": ["Enter"]})
    from viewer.ui.keys.bindings import KeyBindings

    kept = KeyBindings(desk.window.settings, desk.window.entries, {})
    kept.apply()
    assert kept.keys_of("invert") == ("Return",)

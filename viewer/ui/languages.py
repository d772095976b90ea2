"""Choosing the window's language. What is on screen is said again at once; nothing waits for a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject
from PySide6.QtGui import QAction, QFontDatabase
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableWidget,
    QTabWidget,
    QWidget,
)

from viewer.core.language import ENGLISH, again, choose_language, language, language_for, later, tr
from viewer.core.settings import Settings

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

NO_FONT = later(
    "No font with the letters of this language was found. Install one (for Korean: fonts-nanum), then choose again."
)
SETTING = "window.language"  # "en", "ko"; empty follows the system
_LETTERS = {"ko": QFontDatabase.WritingSystem.Korean}
_ACTIONS = {"": "language_system", "en": "language_english", "ko": "language_korean"}


def speak_at_start(settings: Settings) -> None:
    """Choose the language before anything is shown: the reader's, or the system's.

    English where no font has its letters: a window full of empty boxes does not even say what it may be used for.
    """
    wanted = settings.text(SETTING) or language_for(QLocale.system().name())
    choose_language(wanted if is_legible(wanted) else ENGLISH)


def is_legible(code: str) -> bool:
    """True if this computer has a font with the letters of the language."""
    return code not in _LETTERS or bool(QFontDatabase.families(_LETTERS[code]))


class Languages:
    """The part of the window for its language."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def window_is_built(self) -> None:
        self._show_choice()

    def language_system(self) -> None:
        self._choose("")

    def language_english(self) -> None:
        self._choose("en")

    def language_korean(self) -> None:
        self._choose("ko")

    def _choose(self, code: str) -> None:
        window, spoken = self._window, language()
        if not is_legible(code):
            window.show_message(tr(NO_FONT))
            self._show_choice()  # the menu has marked it already
            return
        window.settings.set(SETTING, code or None)
        speak_at_start(window.settings)
        say_again(window, spoken, language())
        window.say_again()
        self._show_choice()

    def _show_choice(self) -> None:
        chosen = self._window.settings.text(SETTING)
        for code, name in _ACTIONS.items():
            self._window.actions_by_id[name].setChecked(code == chosen)


def say_again(root: QWidget, spoken: str, wanted: str) -> None:
    """Say every text of these widgets that a language table knows in another language; all others stay as they are."""
    if spoken == wanted:
        return
    for thing in (root, *root.findChildren(QObject)):
        if isinstance(thing, QAction):
            thing.setText(again(thing.text(), spoken, wanted))
        elif isinstance(thing, QWidget):
            _say_widget_again(thing, spoken, wanted)


def _say_widget_again(widget: QWidget, spoken: str, wanted: str) -> None:
    def said(text: str) -> str:
        return again(text, spoken, wanted)

    widget.setToolTip(said(widget.toolTip()))
    if widget.isWindow() or isinstance(widget, QDockWidget):
        widget.setWindowTitle(said(widget.windowTitle()))
    match widget:
        case QLabel() | QAbstractButton():
            widget.setText(said(widget.text()))
        case QLineEdit():
            widget.setPlaceholderText(said(widget.placeholderText()))
        case QGroupBox() | QMenu():
            widget.setTitle(said(widget.title()))
        case QComboBox():
            for row in range(widget.count()):
                widget.setItemText(row, said(widget.itemText(row)))
        case QTabWidget():
            for tab in range(widget.count()):
                widget.setTabText(tab, said(widget.tabText(tab)))
        case QTableWidget():
            for column in range(widget.columnCount()):
                if (item := widget.horizontalHeaderItem(column)) is not None:
                    item.setText(said(item.text()))

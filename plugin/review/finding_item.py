"""A finding's row with what can be done about it: quiet until it is chosen."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from plugin import parts
from plugin.finding_row import FindingRow
from plugin.flow import FlowLayout
from plugin.review.reason_row import ReasonRow
from plugin.review.state import FindingWords
from plugin.review.words_form import WordsForm
from plugin.row_look import RowLook

BUTTONS = {
    "accept": ("✓ Accept", "Accept this finding (Enter)"),
    "reject": ("✕ Reject", "Reject this finding and say why (Backspace)"),
    "edit": ("Edit", "Change its words, side or certainty (E)"),
    "draw": ("Draw box", "Draw a box of this finding on the film"),
    "restore": ("AI's box", "Use the AI's box again"),
    "take_back": ("Take back", "Take your verdict back"),
    "remove": ("Remove", "Remove this finding of yours"),
    "add": ("Add this finding", "Say that it is there; the model did not call it present"),
}


class FindingItem(QWidget):
    """Draws a row, its buttons while it is selected, and the question that is open about it. Decides nothing."""

    asked = Signal(str)  # a name of BUTTONS
    reason_chosen = Signal(str, str)
    words_chosen = Signal(object)
    cancelled = Signal()

    def __init__(self, look: RowLook) -> None:
        super().__init__()
        self.row = FindingRow(look)
        self.buttons: dict[str, QPushButton] = {}
        self.reasons: ReasonRow | None = None  # made when they are first asked for
        self.form: WordsForm | None = None
        self._before: QWidget | None = None  # had the keyboard before a question was opened
        self._line = QWidget()
        line = FlowLayout(self._line)
        line.setContentsMargins(32, 2, 6, 5)
        for name, (title, tip) in BUTTONS.items():
            made = self.buttons[name] = parts.button(title, tip, "small")
            made.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            line.addWidget(made)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addWidget(self.row)
        self._box.addWidget(self._line)
        self._line.hide()

    def show_look(self, look: RowLook, offered: frozenset[str], is_selected: bool, is_lit: bool) -> None:
        """Draw the row; `offered` names the buttons that make sense now."""
        self.row.show_look(look)
        self.row.setChecked(is_selected)
        self.row.set_lit(is_lit)
        for name, made in self.buttons.items():
            made.setVisible(name in offered)
        self._line.setVisible(is_selected and bool(offered))

    def show_question(self, asks_reason: bool, words: FindingWords | None) -> None:
        """Open or close what is asked in the row's place; the keyboard goes there and comes back."""
        was_open = any(one is not None and one.isVisibleTo(self) for one in (self.reasons, self.form))
        had_keyboard = was_open and self._has_keyboard()
        if asks_reason:
            self._show_reasons()
        elif self.reasons is not None:
            self.reasons.hide()
        if words is not None:
            self._show_form(words)
        elif self.form is not None:
            self.form.hide()
        if asks_reason or words is not None:
            self._line.hide()
        elif had_keyboard:
            self._give_back()

    def _show_reasons(self) -> None:
        if self.reasons is None:
            self.reasons = ReasonRow()
            self.reasons.hide()
            self.reasons.chosen.connect(self.reason_chosen)
            self.reasons.cancelled.connect(self.cancelled)
            self._box.addWidget(self.reasons)
        if not self.reasons.isVisibleTo(self):
            self._before = QApplication.focusWidget()
            self.reasons.show()
            self.reasons.begin()

    def _show_form(self, words: FindingWords) -> None:
        if self.form is None:
            self.form = WordsForm()
            self.form.hide()
            self.form.saved.connect(self.words_chosen)
            self.form.cancelled.connect(self.cancelled)
            self._box.addWidget(self.form)
        if not self.form.isVisibleTo(self):
            self._before = QApplication.focusWidget()
            self.form.show()
            self.form.begin(words)

    def _has_keyboard(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _give_back(self) -> None:
        before, self._before = self._before, None
        is_there = before is not None and shiboken6.isValid(before) and before.isVisible()
        (before if is_there and before is not None else self.row).setFocus()

"""Questions that can be asked with a click."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from plugin import parts
from plugin.ask.kinds import WHAT_IS_THIS
from plugin.ask.state import Asked

_PADDING = 28


class SuggestionRow(QWidget):
    """One chip for each question; a long one is elided, and whole in its tooltip."""

    chosen = Signal(Asked)

    def __init__(self) -> None:
        super().__init__()
        self.buttons: list[QPushButton] = []
        self._shown: tuple[Asked, ...] = ()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(5)
        self.box_button = _chip(
            f"▢  {WHAT_IS_THIS} Mark a box.", "Mark a box on a film and ask what is in it"
        )
        self._box.addWidget(self.box_button)

    def show_suggestions(self, suggestions: tuple[Asked, ...], *, may_ask: bool) -> None:
        self.setVisible(may_ask)
        if suggestions == self._shown:
            return
        self._shown = suggestions
        while len(self.buttons) < len(suggestions):
            self._add_button()
        for at, button in enumerate(self.buttons):
            button.setVisible(at < len(suggestions))
        self._show_texts()

    def _add_button(self) -> None:
        made, at = _chip("", "Ask this"), len(self.buttons)
        made.clicked.connect(lambda: self.chosen.emit(self._shown[at]))
        self._box.addWidget(made)
        QWidget.setTabOrder(self.all_buttons[-1], made)
        self.buttons.append(made)

    @property
    def all_buttons(self) -> tuple[QPushButton, ...]:
        return (self.box_button, *self.buttons)

    def _show_texts(self) -> None:
        for button, asked in zip(self.buttons, self._shown, strict=False):
            metrics = QFontMetrics(button.font())
            room = max(self.width() - _PADDING, 60) if self.isVisible() else 10_000
            button.setText(metrics.elidedText(asked.question, Qt.TextElideMode.ElideRight, room))
            button.setToolTip(f"Ask: {asked.question}")
            button.setAccessibleName(asked.question)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_texts()


def _chip(text: str, tip: str) -> QPushButton:
    made = parts.button(text, tip, "chip")
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    made.setFont(parts.smaller(made.font()))
    return made

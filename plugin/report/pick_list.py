"""The choices of a field, beside it: taken by number, by arrows, or by click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from plugin import theme

_SHEET = f"""
QFrame#PickList {{ background: {theme.RAISED}; border: 1px solid #4a5462; border-radius: 6px; }}
QFrame#PickList QPushButton {{
    color: {theme.TEXT}; background: transparent; border: none; border-radius: 4px; padding: 4px 10px; text-align: left;
}}
QFrame#PickList QPushButton:hover {{ background: #303843; }}
QFrame#PickList QPushButton:checked {{ background: #275a7c; color: #f3f7fa; }}
"""


class PickList(QFrame):
    """Floats over the window below the field; the keys stay in the text."""

    chosen = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("PickList")
        self.setStyleSheet(_SHEET)
        self.setAccessibleName("Choices")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.buttons: list[QPushButton] = []
        self._choices: tuple[str, ...] = ()
        self._at = -1
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 4, 4, 4)
        box.setSpacing(0)
        self.hide()

    def offer(self, choices: Sequence[str]) -> None:
        """Show the choices; `place` says where."""
        self._choices, self._at = tuple(choices), -1
        box = self.layout()
        assert box is not None
        for old in self.buttons:
            box.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.buttons = [self._button(number, text) for number, text in enumerate(choices)]
        for button in self.buttons:
            box.addWidget(button)
        self.adjustSize()
        self.show()
        self.raise_()

    def place(self, at: QPoint) -> None:
        """Below this point of the window, or above it where there is no room."""
        room = self.window().size()
        left = max(0, min(at.x(), room.width() - self.width()))
        top = at.y() if at.y() + self.height() <= room.height() else max(0, at.y() - self.height() - 24)
        self.move(left, top)

    def step(self, by: int) -> None:
        """Light the next choice, or the one before, round and round."""
        if self._at < 0 and by < 0:
            self._at = 0
        self._at = (self._at + by) % len(self._choices)
        for number, button in enumerate(self.buttons):
            button.setChecked(number == self._at)

    @property
    def lit(self) -> str:
        """The choice that the arrows have led to; empty if none."""
        return self._choices[self._at] if 0 <= self._at < len(self._choices) else ""

    def numbered(self, number: int) -> str:
        """The choice with this number, counted from 1; empty if there is none."""
        return self._choices[number - 1] if 1 <= number <= len(self._choices) else ""

    def _button(self, number: int, text: str) -> QPushButton:
        made = QPushButton(f"{number + 1}  {text}", self)
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(lambda: self.chosen.emit(text))
        made.show()
        return made

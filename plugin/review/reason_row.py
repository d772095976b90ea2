"""Why the reader rejects a finding: one key or one click, in the finding's place and never in the way."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QVBoxLayout

from plugin import parts
from plugin.flow import FlowLayout
from plugin.review.state import RejectReason

TITLES: dict[RejectReason, str] = {
    "not there": "Not there",
    "wrong place": "Wrong place",
    "known": "Known",
    "device": "Device",
    "other": "Other",
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_OWN_KEYS = (*_ENTER, Qt.Key.Key_Escape, Qt.Key.Key_Backspace)


class ReasonRow(QFrame):
    """1 to 5 give the reason, Enter rejects without one, Esc rejects nothing. Emits a `RejectReason` and the words."""

    chosen = Signal(str, str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "inline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(
            "Why do you reject this finding? Press 1 to 5, Enter for other, Esc to keep it"
        )
        self.title = parts.small(parts.label("Why? 1–5, Enter: other, Esc: keep the finding", "muted"))
        self.buttons: dict[RejectReason, QPushButton] = {}
        self.note = QLineEdit()
        self.note.setPlaceholderText("Your words (optional)")
        self.note.setAccessibleName("Your words about the rejection")
        self.note.setMaxLength(300)
        self.note.installEventFilter(self)
        reasons = FlowLayout()
        for number, reason in enumerate(get_args(RejectReason)):
            reasons.addWidget(self._button(number + 1, reason))
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 8)
        box.setSpacing(5)
        box.addWidget(self.title)
        box.addLayout(reasons)
        box.addWidget(self.note)

    def _button(self, number: int, reason: RejectReason) -> QPushButton:
        made = parts.button(
            f"{number}  {TITLES[reason]}", f"Reject: {TITLES[reason].lower()} (key {number})", "small"
        )
        made.clicked.connect(lambda: self._choose(reason))
        self.buttons[reason] = made
        return made

    def begin(self) -> None:
        self.note.clear()
        self.setFocus()

    def _choose(self, reason: RejectReason) -> None:
        self.chosen.emit(reason, self.note.text().strip())

    def event(self, event: QEvent) -> bool:
        """These keys mean a reason here, not a window preset or a verdict."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        reasons = get_args(RejectReason)
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(reasons):
            self._choose(reasons[number])
        elif event.key() in _ENTER:
            self._choose("other")
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() != Qt.Key.Key_Backspace:  # pressed twice it rejects nothing further
            super().keyPressEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """In the words, Enter rejects and Esc keeps; everything else is text."""
        if watched is self.note and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _ENTER:
                self._choose("other")
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.cancelled.emit()
                return True
        return False


def _is_own(event: QKeyEvent) -> bool:
    is_number = Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9
    return not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and (
        is_number or event.key() in _OWN_KEYS
    )

"""A field that takes the next key that is pressed, whatever it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel

_SAME_KEYS = {Qt.Key.Key_Backtab: Qt.Key.Key_Tab, Qt.Key.Key_Enter: Qt.Key.Key_Return}
_MODIFIERS = {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr}


class KeyCapture(QLabel):
    """While it has the keyboard, a key is no shortcut but an answer. Esc gives up."""

    captured = Signal(str)  # in Qt's portable words
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("capture")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # or the window's own shortcut would run
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._take(event)
            return True
        return super().event(event)

    def _take(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        elif event.key() not in _MODIFIERS and event.key() != Qt.Key.Key_unknown:
            self.captured.emit(key_of(event))


def key_of(event: QKeyEvent) -> str:
    """The key as a shortcut names it: "?" and not "Shift+?", for Shift is how the keyboard makes the sign."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    text = event.text()
    if len(text) == 1 and text.isprintable() and not text.isalpha() and not text.isspace():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    key = _SAME_KEYS.get(Qt.Key(event.key()), Qt.Key(event.key()))
    return QKeySequence(QKeyCombination(modifiers, key)).toString(QKeySequence.SequenceFormat.PortableText)

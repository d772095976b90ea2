"""Enter and Backspace as keys of actions: only where nobody else is waiting for them.

A panel may give an action a lone Enter or Backspace. Such a key is also how a text is typed, a study is opened and a
button is pressed, so whoever has the keyboard decides. Qt asks before it runs a shortcut (ShortcutOverride), from the
widget with the keyboard up to its window; what nobody has claimed by then is claimed here, or left to the action.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from viewer.ui.viewport import Viewport

LONE = frozenset({"Return", "Enter", "Backspace"})
_TABS = frozenset({Qt.Key.Key_Tab, Qt.Key.Key_Backtab})
_MODIFIERS = frozenset({Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta})
_LONE_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace})


class LoneKeyGuard(QObject):
    """Keeps lone keys from actions while another part of the window has a use for them."""

    def __init__(self, window: QWidget, is_covered: Callable[[], bool] = lambda: False) -> None:
        """`is_covered`: something lies over the window that the reader must answer or close first."""
        super().__init__(window)
        self._window, self._is_covered = window, is_covered
        self._tabbed_to: QWidget | None = None  # the last key was Tab, and it led here
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_asked = watched is self._window and event.type() == QEvent.Type.ShortcutOverride
        if not is_asked or not isinstance(event, QKeyEvent):
            return False
        if not is_lone(event):
            self._follow_tab(event)
        elif self._is_covered() or not self._is_free():
            event.accept()  # it is no shortcut now; as a key it goes to whoever has the keyboard
            return True
        return False

    def _is_free(self) -> bool:
        focus = QApplication.focusWidget()
        is_for_button = isinstance(focus, QAbstractButton) and focus is self._tabbed_to
        return not is_for_button and is_free_at(focus, self._window)

    def _follow_tab(self, event: QKeyEvent) -> None:
        """Enter after Tab is for the button that was reached; any other key in between, and it is not."""
        if event.key() in _TABS:
            QTimer.singleShot(0, self, self._note_tab)
        elif event.key() not in _MODIFIERS:
            self._tabbed_to = None

    def _note_tab(self) -> None:
        self._tabbed_to = QApplication.focusWidget()


def is_lone(event: QKeyEvent) -> bool:
    """True for Enter, that of the numeric pad too, and Backspace, without another key held."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return event.key() in _LONE_KEYS and held == Qt.KeyboardModifier.NoModifier


def is_free_at(focus: QWidget | None, window: QWidget) -> bool:
    """True where a lone key may start an action: the films, a panel or nothing has the keyboard, and no text."""
    if focus is None or focus is window:
        return True
    if _is_typed_in(focus):
        return False
    inside: QWidget | None = focus
    while inside is not None and not inside.isWindow():
        if isinstance(inside, QDockWidget):
            return True
        if isinstance(inside, Viewport):
            return not isinstance(focus, QAbstractButton)
        inside = inside.parentWidget()
    return False


def _is_typed_in(focus: QWidget) -> bool:
    if isinstance(focus, QComboBox):
        return focus.isEditable()
    if isinstance(focus, (QLineEdit, QPlainTextEdit, QTextEdit)):
        return not focus.isReadOnly()
    return isinstance(focus, QAbstractSpinBox)

"""A text that the model drafts and the reader edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from plugin import theme

_ALT_GR = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
"""As Windows tells the key that writes @ and € on many keyboards."""
_CHANGES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


@dataclass(frozen=True, slots=True)
class Highlight:
    """A sentence to be marked where the text still holds it word for word."""

    sentence: str
    is_selected: bool = False  # its finding is selected
    doubt: str = ""  # why to doubt it


class DraftEditor(QPlainTextEdit):
    """Grows with its text. Emits `edited` for the reader's changes only, never for the model's.

    Letters typed here never reach the window, where they are shortcuts: not while the model writes either. Then
    `typing_refused` says that they went nowhere.
    """

    edited = Signal(str)
    typing_refused = Signal()
    position_clicked = Signal(int)

    def __init__(self, name: str, least_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least_lines = least_lines
        self._owner = ""
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._pass_on)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._is_ours = False
        self._grow()

    def show_text(self, text: str, owner: str, is_editable: bool) -> None:
        """Show `text` of the study `owner`.

        A text of another study replaces the whole history, so that undo can't bring one study's words under
        another; a newer text of the same study, finished, is one step that undo takes back.
        """
        self.setReadOnly(not is_editable)
        if text == self.toPlainText() and owner == self._owner:
            return
        self._is_ours = True
        if owner == self._owner and is_editable:
            cursor = QTextCursor(self.document())
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)
        else:
            self.setPlainText(text)
        self._owner = owner
        self._is_ours = False

    def select(self, start: int, end: int) -> None:
        """Select the characters from `start` to `end` of the text, as Python counts them."""
        text, cursor = self.toPlainText(), self.textCursor()
        cursor.setPosition(_in_utf16(text[:start]))
        cursor.setPosition(_in_utf16(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def show_highlights(self, highlights: Sequence[Highlight]) -> None:
        made = [self._selection(highlight) for highlight in highlights]
        self.setExtraSelections([selection for selection in made if selection is not None])

    def _selection(self, highlight: Highlight) -> QTextEdit.ExtraSelection | None:
        cursor = self.document().find(highlight.sentence.strip())
        if cursor.isNull():
            return None
        look = QTextCharFormat()
        if highlight.is_selected:
            look.setBackground(QColor("#2b3a47"))
        if highlight.doubt:
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
            look.setUnderlineColor(QColor(theme.AMBER))
        selection = QTextEdit.ExtraSelection()
        selection.cursor, selection.format = cursor, look
        return selection

    def _pass_on(self) -> None:
        if not self._is_ours:
            self.edited.emit(self.toPlainText())

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files that are dropped here are films for the window, not a path for the report."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_text(event):
            event.accept()  # Qt asks for this only where a text can be changed
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isReadOnly() and _is_text(event):
            event.accept()
            self.typing_refused.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.position_clicked.emit(self.textCursor().position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        """Be as tall as the text: the panel scrolls, the editor does not."""
        lines = max(self._least_lines, round(self.document().documentLayout().documentSize().height()))
        margins = self.contentsMargins()
        frame = self.height() - self.viewport().height() if self.isVisible() else 14
        height = (
            lines * self.fontMetrics().lineSpacing()
            + round(2 * self.document().documentMargin())
            + margins.top()
            + margins.bottom()
            + max(frame, 14)
        )
        if height != self.height():
            self.setFixedHeight(height)


def _is_text(event: QKeyEvent) -> bool:
    """True for a key that writes or deletes; False for one that walks, and for a command with Ctrl, Alt or Meta."""
    commands = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    if event.modifiers() & commands and event.modifiers() & commands != _ALT_GR:
        return False
    is_written = bool(event.text()) and event.text().isprintable()
    return is_written or event.key() in _CHANGES


def _in_utf16(text: str) -> int:
    """How long Qt takes a text to be."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

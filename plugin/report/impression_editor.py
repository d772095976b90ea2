"""The editor of the impression: its items keep their numbers."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from plugin.report import numbering
from plugin.report.numbering import Typed
from plugin.report.report_editor import ReportEditor

_PLAIN = (
    Qt.KeyboardModifier.NoModifier | Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
)


class ImpressionEditor(ReportEditor):
    """Enter makes the next number, and what takes a line away renumbers the rest (plugin.report.numbering)."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isReadOnly() or self.picks is not None:
            super().keyPressEvent(event)
            return
        if self._is_numbered(event):
            event.accept()
            return
        lines = self.blockCount()
        super().keyPressEvent(event)
        is_history = event.matches(QKeySequence.StandardKey.Undo) or event.matches(
            QKeySequence.StandardKey.Redo
        )
        if self.blockCount() != lines and not is_history:
            self._renumber()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted and dropped lines get their numbers too."""
        lines = self.blockCount()
        super().insertFromMimeData(source)
        if self.blockCount() != lines:
            self._renumber()

    def _is_numbered(self, event: QKeyEvent) -> bool:
        """True where a key makes, joins or ends an item of the list, and it is done."""
        if event.modifiers() & ~_PLAIN or self.textCursor().hasSelection():
            return False
        here = Typed(self.toPlainText(), self.cursor_place())
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                after: Typed | None = numbering.enter(here)
            case Qt.Key.Key_Backspace:
                after = numbering.backspace(here)
            case Qt.Key.Key_Delete:
                after = numbering.delete(here)
            case _:
                return False
        if after is None:
            return False
        self.replace_text(after.text, after.cursor)
        self.ensureCursorVisible()
        return True

    def _renumber(self) -> None:
        here = Typed(self.toPlainText(), self.cursor_place())
        after = numbering.renumbered(here)
        if after != here:
            self.replace_text(after.text, after.cursor, joins=True)

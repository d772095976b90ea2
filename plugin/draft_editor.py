"""A text that the model drafts and the reader edits."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QScrollArea, QSizePolicy, QWidget

from plugin.report.positions import alike, as_shown, from_qt, to_qt

_ALT_GR = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
"""As Windows tells the key that writes @ and € on many keyboards."""
_FRAME = 14  # padding and border of both sides, as the theme has them
_CHANGES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


_ENDS_STEP = "|"
"""Put in and taken away again: the last thing of an undo step is then no insertion that typing could go on with."""


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
        self._height = 0
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._pass_on)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._is_ours = False
        self.verticalScrollBar().valueChanged.connect(self._stay)
        self._keep_in_sight = QTimer(self, singleShot=True, interval=0)
        self._keep_in_sight.timeout.connect(self._show_cursor)
        self.cursorPositionChanged.connect(self._keep_in_sight.start)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._grow()

    def show_text(self, text: str, owner: str, is_editable: bool) -> None:
        """Show `text` of the study `owner`.

        A text of another study replaces the whole history, so that undo can't bring one study's words under
        another; a newer text of the same study, finished, is one step that undo takes back. The first draft is no
        step: undo stops at it.
        """
        self.setReadOnly(not is_editable)
        text = as_shown(text)
        if text == self.toPlainText() and owner == self._owner:
            return
        self._is_ours = True
        if owner == self._owner and is_editable and (self.toPlainText() or self.hasFocus()):
            self.replace_text(text)
        else:
            self.setPlainText(text)
        self._owner = owner
        self._is_ours = False

    def select(self, start: int, end: int) -> None:
        """Select the characters from `start` to `end` of the text, as Python counts them."""
        self.put_cursor(end, anchor=start)

    def replace_text(self, text: str, cursor: int | None = None, *, joins: bool = False) -> None:
        """Make the text `text` by changing only what differs, so that the cursor stays; undo takes it back at once.

        Args:
            text: The whole new text.
            cursor: Where the cursor is to stand then; None: where its words are.
            joins: It belongs to what was just typed, and undo takes both back.
        """
        here = self.toPlainText()
        start, same = alike(here, text)
        change = QTextCursor(self.document())
        if joins:
            change.joinPreviousEditBlock()
        else:
            change.beginEditBlock()
        change.setPosition(to_qt(here, start))
        change.setPosition(to_qt(here, len(here) - same), QTextCursor.MoveMode.KeepAnchor)
        change.insertText(text[start : len(text) - same] + _ENDS_STEP)
        change.deletePreviousChar()  # Qt joins letters that are typed at its end with what was inserted last
        change.endEditBlock()
        if cursor is not None:
            self.put_cursor(cursor)

    def put_cursor(self, position: int, anchor: int | None = None) -> None:
        """Set the cursor to a character of the text; what lies between it and `anchor` is selected."""
        text, cursor = self.toPlainText(), self.textCursor()
        cursor.setPosition(to_qt(text, position if anchor is None else anchor))
        if anchor is not None:
            cursor.setPosition(to_qt(text, position), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def cursor_place(self) -> int:
        """The character of the text that the cursor stands at."""
        return from_qt(self.toPlainText(), self.textCursor().position())

    def _pass_on(self) -> None:
        if not self._is_ours:
            self.edited.emit(self.toPlainText())

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files that are dropped here are films for the window, not a path for the report."""
        return not source.hasUrls() and super().canInsertFromMimeData(source)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and is_text_key(event)
        ):
            event.accept()  # Qt asks for this only where a text can be changed
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.isReadOnly() and is_text_key(event):
            event.accept()
            self.typing_refused.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.position_clicked.emit(self.cursor_place())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._height)

    def _stay(self, value: int) -> None:
        """All of the text is always there; Qt would scroll by a line before the editor has grown."""
        if value:
            self.verticalScrollBar().setValue(0)

    def _show_cursor(self) -> None:
        """Let what scrolls around the editor follow the cursor, once the editor has grown."""
        area = self.scrolled_by()
        inside = area.widget() if area is not None else None
        if area is not None and inside is not None and self.hasFocus():
            place = self.viewport().mapTo(inside, self.cursorRect().center())
            area.ensureVisible(place.x(), place.y(), 0, 2 * self.fontMetrics().lineSpacing())

    def _text_height(self) -> float:
        """Of all blocks as they are laid out; a font's line spacing is only nearly that. The first holds the margin."""
        height, block = 0.0, self.document().firstBlock()
        while block.isValid():
            height += self.blockBoundingRect(block).height()
            block = block.next()
        return height

    def scrolled_by(self) -> QScrollArea | None:
        """What scrolls around the editor."""
        around = self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        return around

    def _grow(self) -> None:
        """Be as tall as the text: the panel scrolls, the editor does not.

        Asked of the layout, never set: a widget that resizes itself while it is being laid out ends up elsewhere.
        """
        margin = self.document().documentMargin()
        least = self._least_lines * self.fontMetrics().lineSpacing() + margin
        height = (
            math.ceil(max(least, self._text_height()) + margin + 1) + _FRAME
        )  # one more: so Qt counts, too
        if height != self._height:
            self._height = height
            self.updateGeometry()


def is_text_key(event: QKeyEvent) -> bool:
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

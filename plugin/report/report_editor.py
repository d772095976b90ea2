"""The editor of a report's text: whose each sentence is, fields to walk through, codes that are written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from plugin import theme
from plugin.draft_editor import DraftEditor
from plugin.report.fields import Field, field_at, fields, next_field
from plugin.report.looks import Look, look_at
from plugin.report.macros import expansion
from plugin.report.margin import WIDTH, WORDS, Margin, Strip
from plugin.report.pick_list import PickList
from plugin.report.positions import from_qt, to_qt

_LIT = QColor("#2b3a47")
_FIELD = QColor("#3a3350")


class ReportEditor(DraftEditor):
    """A `DraftEditor` that shows `Look`s and knows fields and macros; what they say is decided in pure functions."""

    pointed = Signal(int)  # the character under the pointer; -1: none
    focused = Signal(bool)  # the keys come here now, or no more

    def __init__(self, name: str, least_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(name, least_lines, parent)
        self.macros: Mapping[str, str] = {}
        self.beside: dict[bool, ReportEditor] = {}  # where the walk through the fields goes on: forward, back
        self.offer_keys: Callable[[bool], bool] = lambda _: (
            False
        )  # takes or declines what is offered beside the text
        self.has_offer = False  # something is offered beside the text: Escape is about it
        self._looks: tuple[Look, ...] = ()
        self._expanded: tuple[int, str] | None = None
        self._pointed = -1
        self._picks: PickList | None = None
        self._margin = Margin(self, self.strips)
        self.setViewportMargins(WIDTH, 0, 0, 0)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.selectionChanged.connect(self._show_picks)

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────

    def show_looks(self, shown: tuple[Look, ...]) -> None:
        """Colour the sentences. Their places must be those of the text that is shown."""
        self._looks = shown
        text = self.toPlainText()
        selections = [self._selection(text, one) for one in shown]
        selections += [self._field_selection(text, one) for one in fields(text)]
        self.setExtraSelections(selections)
        self._margin.update()

    @property
    def looks(self) -> tuple[Look, ...]:
        return self._looks

    def strips(self) -> list[Strip]:
        """The bars of the margin: each line of the text is shared by the sentences in it."""
        text = self.toPlainText()
        spans = [(to_qt(text, one.start), to_qt(text, one.end), one) for one in self._looks]
        made: list[Strip] = []
        block = self.document().firstBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            for number in range(block.layout().lineCount()):
                line = block.layout().lineAt(number)
                start = block.position() + line.textStart()
                here = [one for a, b, one in spans if a < start + line.textLength() and b > start]
                top, height = box.top() + line.y(), line.height() / (len(here) or 1)
                made += [
                    (top + n * height, top + (n + 1) * height, one.provenance, bool(one.doubt))
                    for n, one in enumerate(here)
                ]
            block = block.next()
        return _merged(made)

    def _selection(self, text: str, one: Look) -> QTextEdit.ExtraSelection:
        look = QTextCharFormat()
        look.setForeground(QColor(WORDS[one.provenance]))
        if one.is_lit:
            look.setBackground(_LIT)
        if one.doubt:
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
            look.setUnderlineColor(QColor(theme.AMBER))
        return self._formatted(text, one.start, one.end, look)

    def _field_selection(self, text: str, one: Field) -> QTextEdit.ExtraSelection:
        look = QTextCharFormat()
        look.setBackground(_FIELD)
        return self._formatted(text, one.start, one.end, look)

    def _formatted(self, text: str, start: int, end: int, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        selection.cursor = QTextCursor(self.document())
        selection.cursor.setPosition(to_qt(text, start))
        selection.cursor.setPosition(to_qt(text, end), QTextCursor.MoveMode.KeepAnchor)
        selection.format = look
        return selection

    # ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────

    def walk(self, *, forward: bool = True) -> bool:
        """Go to the next field, or the one before; leaving a field forward takes what stands in it. False: no more."""
        if self.isReadOnly():
            return False
        here = self._selected_field()
        if here is not None and forward:
            said = (self._picks.lit if self._picks is not None and here.choices else "") or here.default
            if said:
                self._put(here.start, here.end, said)
        cursor = self.textCursor()
        place = cursor.selectionEnd() if forward else cursor.selectionStart()
        text = self.toPlainText()
        found = next_field(text, from_qt(text, place), forward=forward)
        if found is not None:
            self.select_field(found)
            return True
        other = self.beside.get(forward)
        return other.enter_fields(forward=forward) if other is not None else False

    def enter_fields(self, *, forward: bool = True) -> bool:
        """Come from the other text into the first field here, or the last; False where there is none."""
        found = fields(self.toPlainText())
        if not found or self.isReadOnly():
            return False
        self.setFocus(Qt.FocusReason.TabFocusReason)
        self.select_field(found[0] if forward else found[-1])
        return True

    def select_field(self, one: Field) -> None:
        self.put_cursor(one.end, anchor=one.start)
        self.ensureCursorVisible()

    def choose(self, choice: str) -> None:
        """Fill the selected field."""
        here = self._selected_field()
        if here is not None and not self.isReadOnly():
            self._put(here.start, here.end, choice)
            self.setFocus()

    def selection_places(self) -> tuple[int, int]:
        """Where the selection begins and ends; twice the cursor's place if nothing is selected."""
        text, cursor = self.toPlainText(), self.textCursor()
        return from_qt(text, cursor.selectionStart()), from_qt(text, cursor.selectionEnd())

    def _selected_field(self) -> Field | None:
        cursor = self.textCursor()
        if not cursor.hasSelection():
            return None
        start, end = self.selection_places()
        found = field_at(self.toPlainText(), start)
        return found if found is not None and (found.start, found.end) == (start, end) else None

    def _show_picks(self) -> None:
        here = self._selected_field()
        if here is None or not here.choices or self.isReadOnly() or not self.hasFocus():
            self._hide_picks()
            return
        if self._picks is None:
            self._picks = PickList(self.window())
            self._picks.chosen.connect(self.choose)
            self.destroyed.connect(self._picks.deleteLater)
            area = self.scrolled_by()
            if area is not None:
                area.verticalScrollBar().valueChanged.connect(self._place_picks)
        self._picks.offer(here.choices)
        self._place_picks()

    def _place_picks(self) -> None:
        """Below the field, wherever the panel has moved it to."""
        if self.picks is not None:
            start = QTextCursor(self.textCursor())
            start.setPosition(self.textCursor().selectionStart())
            corner = QPoint(self.cursorRect(start).left(), self.cursorRect().bottom() + 4)
            self.picks.place(self.viewport().mapTo(self.window(), corner))

    def _hide_picks(self) -> None:
        if self._picks is not None:
            self._picks.hide()

    @property
    def picks(self) -> PickList | None:
        """The list of choices while it is shown."""
        return self._picks if self._picks is not None and self._picks.isVisible() else None

    # ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    def focusNextPrevChild(self, next: bool) -> bool:  # Qt's name for its argument
        """Tab and Shift-Tab: a code is written out, else the walk goes on, else the focus leaves."""
        if (next and self._expand("")) or self.walk(forward=next):
            return True
        return super().focusNextPrevChild(next)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_ours = self.has_offer or self.picks is not None
            if is_ours and event.key() == Qt.Key.Key_Escape:
                event.accept()  # else the window takes it
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.isReadOnly() and self._is_answered(event):
            event.accept()
            return
        super().keyPressEvent(event)

    def _is_answered(self, event: QKeyEvent) -> bool:
        """True for a key that has its own meaning here and now."""
        if self.picks is not None and self._picked(event):
            return True
        if event.key() == Qt.Key.Key_Escape and self.offer_keys(False):
            return True
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return self.offer_keys(True)
        return event.text() == " " and not _has_command(event) and self._expand(" ")

    def _picked(self, event: QKeyEvent) -> bool:
        picks = self.picks
        assert picks is not None
        if _has_command(event):
            return False
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                picks.step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if picks.lit:
                self.choose(picks.lit)
                return True
            case Qt.Key.Key_Escape:
                picks.hide()
                return True
        choice = picks.numbered(int(event.text())) if event.text() in set("123456789") else ""
        if choice:
            self.choose(choice)
        return bool(choice)

    def _expand(self, behind: str) -> bool:
        """Write out the code before the cursor; the field that it may bring is selected. False: there is none."""
        cursor = self.textCursor()
        if self.isReadOnly() or cursor.hasSelection() or not self.macros:
            return False
        line, begin = cursor.block().text(), cursor.block().position()
        found = expansion(line, from_qt(line, cursor.positionInBlock()), self.macros)
        if found is None:
            return False
        code = (begin + found.start, line[found.start : found.end])
        if code == self._expanded and self.document().isRedoAvailable():
            return False  # it was just taken back: the reader wants the code
        self._expanded = code
        text = self.toPlainText()
        start = from_qt(text, begin) + found.start
        first = next(iter(fields(found.text)), None)
        self._put(start, start + found.end - found.start, found.text if first else found.text + behind)
        if first is not None:
            self.put_cursor(start + first.end, anchor=start + first.start)
        return True

    def _put(self, start: int, end: int, text: str) -> None:
        """Replace a stretch of the text in one step; the cursor stands behind it."""
        here = self.toPlainText()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(to_qt(here, start))
        cursor.setPosition(to_qt(here, end), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        cursor.endEditBlock()
        self.setTextCursor(cursor)

    # ── pointer ─────────────────────────────────────────────────────────────────────────────────────────────────

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if event.buttons() == Qt.MouseButton.NoButton:
            self._point(self._place_under(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_selected = self.textCursor().hasSelection()
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not was_selected and not self.isReadOnly():
            found = field_at(self.toPlainText(), self.cursor_place())
            if found is not None and found.start < self.cursor_place() < found.end:
                self.select_field(found)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            look = look_at(self._looks, self._place_under(event.pos()))
            QToolTip.showText(event.globalPos(), look.note if look is not None else "", self)
            return True
        return super().viewportEvent(event)

    def _place_under(self, point: QPoint) -> int:
        """The character under a point of the viewport; -1 beside the text."""
        cursor = self.cursorForPosition(point)
        if not self.cursorRect(cursor).adjusted(-12, -2, 12, 2).contains(point):
            return -1
        return from_qt(self.toPlainText(), cursor.position())

    def _point(self, place: int) -> None:
        before, now = (look_at(self._looks, one) if one >= 0 else None for one in (self._pointed, place))
        self._pointed = place
        if before != now:
            self.pointed.emit(place)

    # ── Qt ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hide_picks()
        self.focused.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.viewport().geometry()
        self._margin.setGeometry(inside.left() - WIDTH, inside.top(), WIDTH, inside.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._margin.update()
        self._place_picks()  # the panel above may have grown


def _merged(strips: Sequence[Strip]) -> list[Strip]:
    """Lines of one sentence as one bar."""
    made: list[Strip] = []
    for strip in strips:
        if made and made[-1][1:] == (strip[0], *strip[2:]):
            made[-1] = (made[-1][0], *strip[1:])
        else:
            made.append(strip)
    return made


def _has_command(event: QKeyEvent) -> bool:
    commands = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return bool(event.modifiers() & commands)

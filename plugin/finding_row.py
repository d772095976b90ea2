"""One finding as a line that can be clicked, reached with Tab, and read aloud."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from plugin import colours, parts, theme
from plugin.row_look import RowLook

_LEFT = 34
_RIGHT = 10
_PAD = 6
_SIGNS = {"accepted": "✓", "edited": "✎", "rejected": "✕", "added": "+"}


class FindingRow(QAbstractButton):
    """Draws one finding. Checked means selected: its boxes are lit on the film."""

    hovered = Signal(bool)

    def __init__(self, look: RowLook) -> None:
        super().__init__()
        self.look = look
        self.is_lit = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_look(look)

    @property
    def title(self) -> str:
        return self.look.title

    @property
    def certainty(self) -> str:
        return self.look.certainty

    @property
    def notes(self) -> str:
        return self.look.notes

    def show_look(self, look: RowLook) -> None:
        changed = look != self.look
        self.look = look
        why = (f"Look twice: {doubt}." for doubt in look.doubts)
        self.setAccessibleName(look.spoken)
        self.setToolTip(
            "\n".join(
                line for line in (f"{look.title}: {look.certainty}", look.verdict, look.notes, *why) if line
            )
        )
        if changed:
            self.updateGeometry()
            self.update()

    def set_lit(self, is_lit: bool) -> None:
        if is_lit != self.is_lit:
            self.is_lit = is_lit
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.hovered.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(False)

    # ── size ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _lines(self) -> tuple[str, ...]:
        return tuple(line for line in (self.look.verdict, self.look.notes, self._doubt()) if line)

    def _small(self) -> QFontMetrics:
        return QFontMetrics(parts.smaller(self.font()))

    def _line_height(self, line: str, width: int) -> int:
        if self._is_doubt(line):
            return self._small().height()
        room = QRect(0, 0, max(1, width - _LEFT - _RIGHT), 10_000)
        return self._small().boundingRect(room, Qt.TextFlag.TextWordWrap, line).height()

    def _title_width(self, width: int) -> int:
        """What the certainty leaves: it stands at the right of the title's first line, and is never cut."""
        taken = self.fontMetrics().horizontalAdvance(self.certainty) + 10
        return max(1, width - _LEFT - _RIGHT - taken)

    def _title_height(self, width: int) -> int:
        room = QRect(0, 0, self._title_width(width), 10_000)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.title).height()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return (
            self._title_height(width)
            + 2 * _PAD
            + sum(self._line_height(line, width) + 1 for line in self._lines())
        )

    def sizeHint(self) -> QSize:
        width = max(200, self.width())
        return QSize(200, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    # ── paint ───────────────────────────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        if self.look.status in _SIGNS:
            self._paint_sign(painter)
        else:
            self._paint_swatch(painter)
        self._paint_words(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(theme.BLUE), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        is_over = self.underMouse() or self.is_lit
        ground = theme.RAISED if self.isChecked() else theme.SURFACE if is_over else theme.GROUND
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(body, 5, 5)

    def _colour(self) -> QColor:
        look = self.look
        if not look.is_present or look.status == "rejected":
            return QColor(theme.MUTED)
        return QColor(colours.of_label(look.label) if look.label else colours.READER)

    def _paint_sign(self, painter: QPainter) -> None:
        """What the reader decided, in the finding's colour."""
        painter.setPen(self._colour())
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        place = QRectF(8, _PAD, 18, self.fontMetrics().height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, _SIGNS[self.look.status])

    def _paint_swatch(self, painter: QPainter) -> None:
        """A small box as on the film, dashed as the AI's or solid as the reader's; a dot where there is no place."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        middle = _PAD + self.fontMetrics().height() / 2
        if self.look.has_place:
            painter.setPen(QPen(self._colour(), 1.6, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(11, middle - 6, 12, 12))
            return
        if self.look.has_human_place:
            painter.setPen(QPen(QColor(colours.READER), 1.6))
            painter.drawRect(QRectF(11, middle - 6, 12, 12))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour())
        painter.drawEllipse(QRectF(14, middle - 3, 6, 6))

    def _paint_words(self, painter: QPainter) -> None:
        metrics = self.fontMetrics()
        width = self.width() - _LEFT - _RIGHT
        is_out = self.look.status == "rejected"
        painter.setFont(self._struck() if is_out else self.font())
        painter.setPen(QColor(theme.TEXT if self.look.is_present and not is_out else theme.MUTED))
        high = self._title_height(self.width())
        title = QRectF(_LEFT, _PAD, self._title_width(self.width()), high)
        painter.drawText(title, Qt.TextFlag.TextWordWrap, self.title)
        row = QRectF(_LEFT, _PAD, width, metrics.height())
        painter.setFont(self.font())
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.certainty)
        self._paint_lines(painter, width, _PAD + high + 1)

    def _struck(self) -> QFont:
        struck = QFont(self.font())
        struck.setStrikeOut(True)
        return struck

    def _paint_lines(self, painter: QPainter, width: int, top: int) -> None:
        painter.setFont(parts.smaller(self.font()))
        for line in self._lines():
            height = self._line_height(line, self.width())
            painter.setPen(QColor(self._colour_of(line)))
            below = QRectF(_LEFT, top, width, height)
            painter.drawText(below, Qt.TextFlag.TextWordWrap, self._fitted(line, width))
            top += height + 1

    def _fitted(self, line: str, width: int) -> str:
        """A doubt takes one line and is whole in the tip: a long one would push the next finding away."""
        if not self._is_doubt(line):
            return line
        return self._small().elidedText(line, Qt.TextElideMode.ElideRight, width)

    def _is_doubt(self, line: str) -> bool:
        return bool(self.look.doubt) and line == self._doubt()

    def _doubt(self) -> str:
        return f"Look twice: {self.look.doubt}" if self.look.doubt else ""

    def _colour_of(self, line: str) -> str:
        if line == self.look.verdict:
            return theme.MUTED if self.look.status == "rejected" else theme.GREEN
        return theme.MUTED if line == self.look.notes else theme.AMBER

"""Draws one row of the study list: patients as headings, studies with their date and state, films with a picture."""

from __future__ import annotations

import math

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from viewer.ui import theme
from viewer.ui.studies.rows_model import StudyRows, state_text
from viewer.ui.study_rows import StudyRow

ROW_HEIGHT = 46
THUMBNAIL = 38
TRIANGLE = 22
"""Width of the place at the left where a click folds and unfolds."""
_INDENT = {"patient": 22, "study": 22, "film": 34}
_DOT = 7.0
URGENCY_PART = 0.6
"""So much of a row's width the words about its urgency may take in any case."""


class RowPainter(QStyledItemDelegate):
    """Decides nothing: a row says what it is, the model says what is on screen."""

    def __init__(self, model: StudyRows, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        return QSize(200, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row: StudyRow = self._model.rows[index.row()]
        area = QRectF(option.rect)
        painter.save()
        if row.kind == "patient" and index.row():
            painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), QColor(theme.LINE))
        self._paint_ground(painter, row, area, option.state)
        if row.kind != "film":
            _paint_triangle(painter, area, is_folded=row.is_folded)
        left = area.left() + _INDENT[row.kind]
        if row.kind == "film":
            left = self._paint_thumbnail(painter, row, left, area)
        words = QRectF(left, area.top(), area.right() - left - 10, area.height())
        if row.kind == "study":
            words = _paint_state(painter, row, words)
        _paint_words(painter, row, words)
        painter.restore()

    def _paint_ground(self, painter: QPainter, row: StudyRow, area: QRectF, state: QStyle.StateFlag) -> None:
        role = self._model.on_screen.get(row.key, "")
        if role:
            painter.fillRect(area, QColor(theme.RAISED))
            color = theme.PRIOR if role == "prior" else theme.ACCENT
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(color))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor("#1b1f24"))
        if state & QStyle.StateFlag.State_Selected and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRect(area.adjusted(0.5, 0.5, -1.5, -1.5))

    def _paint_thumbnail(self, painter: QPainter, row: StudyRow, left: float, area: QRectF) -> float:
        frame = QRectF(left, area.top() + (ROW_HEIGHT - THUMBNAIL) / 2, THUMBNAIL, THUMBNAIL)
        picture = self._model.thumbnails.get(row.key)
        painter.fillRect(frame, QColor(theme.GROUND if picture is None else theme.BLACK))
        if picture is not None:
            size = picture.deviceIndependentSize()
            size.scale(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, picture, QRectF(picture.rect()))
        if row.key in self._model.key_images:
            _paint_star(painter, QPointF(frame.right() - 6, frame.top() + 7))
        return frame.right() + 10


def _paint_star(painter: QPainter, center: QPointF) -> None:
    """A key image lies in this row."""
    radii = (6.5, 2.8)
    points = [
        center + QPointF(math.sin(n * math.pi / 5), -math.cos(n * math.pi / 5)) * radii[n % 2]
        for n in range(10)
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.GROUND), 1))
    painter.setBrush(QColor(theme.WARNING))
    painter.drawPolygon(QPolygonF(points))


def _paint_triangle(painter: QPainter, area: QRectF, *, is_folded: bool) -> None:
    center = QPointF(area.left() + 11, area.top() + area.height() * 0.32)
    corners = [(-2.5, -4), (3, 0), (-2.5, 4)] if is_folded else [(-4, -2.5), (4, -2.5), (0, 3)]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.DIM))
    painter.drawPolygon(QPolygonF([center + QPointF(x, y) for x, y in corners]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_state(painter: QPainter, row: StudyRow, area: QRectF) -> QRectF:
    """A dot where nobody has looked yet, a word where somebody has finished; return what is left for the words."""
    line = QFontMetricsF(painter.font()).height()
    top = area.top() + (area.height() - 2 * line) / 2
    if row.state == "unread":
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.ACCENT))
        painter.drawEllipse(QPointF(area.right() - _DOT / 2, top + line / 2), _DOT / 2, _DOT / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        return area.adjusted(0, 0, -_DOT - 6, 0)
    text = "" if row.state == "open" else state_text(row)
    if row.note:
        text = f"✎ {text}".strip()
    if not text:
        return area
    width = QFontMetricsF(painter.font()).horizontalAdvance(text)
    painter.setPen(QColor("#7fb58a" if row.state == "signed" else theme.DIM))
    painter.drawText(
        QRectF(area.right() - width, top, width, line),
        Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
        text,
    )
    return area.adjusted(0, 0, -width - 8, 0)


def _paint_words(painter: QPainter, row: StudyRow, area: QRectF) -> None:
    metrics = QFontMetricsF(painter.font())
    line, elide = metrics.height(), Qt.TextElideMode.ElideRight
    top = area.top() + (area.height() - (2 * line if row.subtitle else line)) / 2
    font = painter.font()
    font.setBold(row.kind == "patient")
    painter.setFont(font)
    painter.setPen(QColor(theme.DIM if row.is_missing else theme.TEXT))
    title = QFontMetricsF(painter.font()).elidedText(
        row.title, elide, area.width() - (18 if row.warning else 0)
    )
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(QRectF(area.left(), top, area.width(), line), flags, title)
    if row.warning:
        painter.setPen(QColor(theme.WARNING))
        painter.drawText(QRectF(area.right() - 16, top, 16, line), Qt.AlignmentFlag.AlignCenter, "⚠")
    font.setBold(False)
    painter.setFont(font)
    below = QRectF(area.left(), top + line, area.width(), line)
    if row.urgency:
        left_over = area.width() - metrics.horizontalAdvance(f"  {row.subtitle}")
        urgency = metrics.elidedText(row.urgency, elide, max(left_over, area.width() * URGENCY_PART))
        painter.setPen(QColor(theme.TEXT))
        painter.drawText(below, flags, urgency)
        below.setLeft(below.left() + metrics.horizontalAdvance(f"{urgency}  "))
    painter.setPen(QColor(theme.DIM))
    painter.drawText(below, flags, metrics.elidedText(row.subtitle, elide, below.width()))

"""Plugins' marks over a film: where they lie, how they are drawn, which one was clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.api import Mark
from viewer.ui.captions import plain
from viewer.ui.placement import Placement

NEAR_PIXELS = 6.0
_STYLES = {
    "solid": Qt.PenStyle.SolidLine,
    "dashed": Qt.PenStyle.DashLine,
    "dotted": Qt.PenStyle.DotLine,
}


def mark_at(
    marks: Sequence[Mark], placement: Placement, u: float, v: float, near: float = NEAR_PIXELS
) -> str | None:
    """Id of the mark under a point (device pixels), the smallest where several lie over each other."""
    hit: list[tuple[float, str]] = []
    for mark in marks:
        left, top, right, bottom = placement.box_to_screen(mark.xyxy)
        if left - near <= u <= right + near and top - near <= v <= bottom + near:
            hit.append(((right - left) * (bottom - top), mark.id))
    return min(hit)[1] if hit else None


def screen_box(mark: Mark, placement: Placement, ratio: float) -> QRectF:
    """The mark's box in the widget's own units (`ratio` device pixels each)."""
    left, top, right, bottom = (side / ratio for side in placement.box_to_screen(mark.xyxy))
    return QRectF(QPointF(left, top), QPointF(right, bottom))


def paint_marks(
    painter: QPainter, marks: Sequence[Mark], placement: Placement, ratio: float, bounds: QRectF
) -> tuple[QRectF, ...]:
    """Draw boxes, then captions above all boxes. Returns the captions' plates; none of them lie over another."""
    for mark in sorted(marks, key=lambda mark: mark.is_highlighted):
        _paint_box(painter, mark, screen_box(mark, placement, ratio))
    plates: list[QRectF] = []
    for mark in sorted(marks, key=lambda mark: not mark.is_highlighted):
        box = screen_box(mark, placement, ratio)
        if mark.caption and box.intersects(bounds):
            plate = caption_plate(mark.caption, box, bounds, QFontMetricsF(painter.font()), plates)
            plates.append(plate)
            _paint_caption(painter, mark, plate)
    return tuple(plates)


def caption_plate(
    caption: str, box: QRectF, bounds: QRectF, metrics: QFontMetricsF, taken: Sequence[QRectF]
) -> QRectF:
    """Room for a caption: on the box's upper edge, inside the viewport, below captions that are already there."""
    width = min(metrics.horizontalAdvance(plain(caption)) + 12, bounds.width())
    height = metrics.height() + 4
    left = min(max(box.left(), bounds.left()), bounds.right() - width)
    top = box.top() - height if box.top() - height >= bounds.top() else box.top()
    plate = QRectF(left, min(max(top, bounds.top()), bounds.bottom() - height), width, height)
    for _ in range(len(taken)):
        over = next((other for other in taken if other.intersects(plate)), None)
        if over is None:
            break
        plate.moveTop(over.bottom() + 1)
    return plate


def _paint_box(painter: QPainter, mark: Mark, box: QRectF) -> None:
    width = 3.0 if mark.is_highlighted else 1.8
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), width + 2))  # a dark rim keeps the line visible on bright lung
    painter.drawRect(box)
    pen = QPen(QColor(mark.color), width, _STYLES[mark.style])
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(box)


def _paint_caption(painter: QPainter, mark: Mark, plate: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 11, 13, 225))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setBrush(QColor(mark.color))
    painter.drawRect(QRectF(plate.left(), plate.top(), 3, plate.height()))
    painter.setPen(QColor("#ffffff") if mark.is_highlighted else QColor(mark.color).lighter(125))
    inside = plate.adjusted(8, 0, -2, 0)
    painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, plain(mark.caption))

"""Plugins' marks over a film: where they lie, how they are drawn, which one was clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.api import Mark
from viewer.ui.captions import plain
from viewer.ui.placement import Placement

NEAR_PIXELS = 6.0
_DASHES = {"dashed": [4.5, 3.2], "dotted": [1.2, 2.4]}
"""Dash and gap in widths of the line: gaps wider than Qt's own, so that a dashed line is told from a solid one where
colour does not help, on mid-grey lung too."""


def mark_at(
    marks: Sequence[Mark], placement: Placement, u: float, v: float, near: float = NEAR_PIXELS
) -> str | None:
    """Id of the mark under a point (device pixels), the smallest where several lie over each other; faint ones last."""
    hit: list[tuple[bool, float, str]] = []
    for mark in marks:
        left, top, right, bottom = placement.box_to_screen(mark.xyxy)
        if left - near <= u <= right + near and top - near <= v <= bottom + near:
            hit.append((mark.is_faint, (right - left) * (bottom - top), mark.id))
    return min(hit)[2] if hit else None


def caption_under(
    marks: Sequence[Mark],
    placement: Placement,
    ratio: float,
    bounds: QRectF,
    metrics: QFontMetricsF,
    at: QPointF,
) -> str | None:
    """Id of the mark whose caption stands at a point of the widget, as `paint_marks` draws it."""
    plates = plates_of(marks, placement, ratio, bounds, metrics)
    return next((mark.id for mark, plate in reversed(plates) if plate.contains(at)), None)


def screen_box(mark: Mark, placement: Placement, ratio: float) -> QRectF:
    """The mark's box in the widget's own units (`ratio` device pixels each)."""
    left, top, right, bottom = (side / ratio for side in placement.box_to_screen(mark.xyxy))
    return QRectF(QPointF(left, top), QPointF(right, bottom))


def paint_marks(
    painter: QPainter, marks: Sequence[Mark], placement: Placement, ratio: float, bounds: QRectF
) -> tuple[QRectF, ...]:
    """Draw boxes, then captions above all boxes. Returns the captions' plates; none of them lie over another."""
    for mark in sorted(marks, key=lambda mark: (not mark.is_faint, mark.is_highlighted)):
        _paint_box(painter, mark, screen_box(mark, placement, ratio))
    plates = plates_of(marks, placement, ratio, bounds, QFontMetricsF(painter.font()))
    for mark, plate in plates:
        _paint_caption(painter, mark, plate)
    return tuple(plate for _, plate in plates)


def plates_of(
    marks: Sequence[Mark], placement: Placement, ratio: float, bounds: QRectF, metrics: QFontMetricsF
) -> list[tuple[Mark, QRectF]]:
    """Where each caption stands, in the widget's units; the highlighted mark's has the first choice."""
    plates: list[tuple[Mark, QRectF]] = []
    for mark in sorted(marks, key=lambda mark: (not mark.is_highlighted, mark.is_faint)):
        box = screen_box(mark, placement, ratio)
        if mark.caption and box.intersects(bounds):
            taken = [plate for _, plate in plates]
            plates.append((mark, caption_plate(mark.caption, box, bounds, metrics, taken)))
    return plates


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
    width = (1.6 if mark.is_faint else 3.0) if mark.is_highlighted else (1.2 if mark.is_faint else 1.8)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rim = QColor(0, 0, 0, 60 if mark.is_faint else 150)
    painter.setPen(
        QPen(rim, width + (1.2 if mark.is_faint else 2))
    )  # a dark rim keeps the line visible on bright lung
    painter.drawRect(box)
    pen = QPen(color_of(mark), width)
    if mark.style in _DASHES:
        pen.setDashPattern(_DASHES[mark.style])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(box)


def color_of(mark: Mark) -> QColor:
    """A faint mark is half transparent."""
    color = QColor(mark.color)
    if mark.is_faint:
        color.setAlpha(150)
    return color


def _paint_caption(painter: QPainter, mark: Mark, plate: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 11, 13, 150 if mark.is_faint else 225))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setBrush(color_of(mark))
    painter.drawRect(QRectF(plate.left(), plate.top(), 3, plate.height()))
    is_bright = mark.is_highlighted and not mark.is_faint
    painter.setPen(QColor("#ffffff") if is_bright else color_of(mark).lighter(125))
    inside = plate.adjusted(8, 0, -2, 0)
    painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, plain(mark.caption))

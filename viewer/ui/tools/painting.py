"""Painting the reader's marks: thin solid lines with a dark rim, quiet labels; proposals dashed in another colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from viewer.core.measure.annotation import Annotation, Kind, handles
from viewer.ui import theme
from viewer.ui.placement import Placement
from viewer.ui.tools.labels import PADDING, Label, labels_of
from viewer.ui.tools.shown import LINES, HumanMarks

HANDLE = 4.5
TICK = 6.0
HEAD = 11.0


def paint_human_marks(
    painter: QPainter,
    human: HumanMarks,
    placement: Placement,
    ratio: float,
    bounds: QRectF,
    taken: Sequence[QRectF] = (),
) -> tuple[Label, ...]:
    """Draw all marks and then their labels, none of which covers other text. Returns the labels.

    Args:
        painter: Its units are `ratio` device pixels each.
        human: What to draw.
        placement: Stored to device pixels.
        ratio: Device pixels per unit of the painter.
        bounds: The viewport in the painter's units.
        taken: Where other text stands.
    """
    for shown in human.marks:
        points = [QPointF(*placement.to_screen(*point)) / ratio for point in shown.mark.points]
        _paint_shape(painter, shown.mark, points)
        if shown.mark.id == human.selected:
            at = [QPointF(*placement.to_screen(*point)) / ratio for point in _handles(shown.mark)]
            _paint_handles(painter, at, color_of(shown.mark))
    labels = labels_of(human, placement, ratio, bounds, QFontMetricsF(painter.font()), taken)
    for label in labels:
        _paint_label(painter, label, is_selected=label.shown.mark.id == human.selected)
    return labels


def color_of(mark: Annotation) -> str:
    """Human and proposed marks differ in colour and in line style."""
    return theme.PROPOSAL if mark.is_proposal else theme.HUMAN


def _handles(mark: Annotation) -> tuple[tuple[float, float], ...]:
    return handles(mark) if len(mark.points) > 1 else mark.points


def _paint_shape(painter: QPainter, mark: Annotation, points: Sequence[QPointF]) -> None:
    path = shape_of(mark.kind, points)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 140), 3.2))
    painter.drawPath(path)
    style = Qt.PenStyle.DashLine if mark.is_proposal else Qt.PenStyle.SolidLine
    painter.setPen(QPen(QColor(color_of(mark)), 1.4, style))
    painter.drawPath(path)
    if mark.kind is Kind.COBB and len(points) == 4:
        _paint_joint(painter, points, color_of(mark))


def shape_of(kind: Kind, points: Sequence[QPointF]) -> QPainterPath:
    """The lines of a mark that has these points so far."""
    path = QPainterPath()
    if kind in (Kind.ELLIPSE, Kind.RECTANGLE):
        if len(points) == 2:
            box = QRectF(points[0], points[1]).normalized()
            path.addRect(box) if kind is Kind.RECTANGLE else path.addEllipse(box)
        return path
    for first, last in LINES[kind]:
        if last < len(points):
            line = QLineF(points[first], points[last])
            path.moveTo(line.p1())
            path.lineTo(line.p2())
            if kind in (Kind.LENGTH, Kind.CTR):
                _add_tick(path, line)
                _add_tick(path, QLineF(line.p2(), line.p1()))
            elif kind is Kind.ARROW:
                _add_head(path, line)
    if kind is Kind.ANGLE and len(points) == 3:
        _add_arc(path, points)
    return path


def _add_tick(path: QPainterPath, line: QLineF) -> None:
    """A short cross line at the beginning."""
    if line.length() == 0:
        return
    across = line.normalVector().unitVector()
    step = QPointF(across.dx(), across.dy()) * TICK
    path.moveTo(line.p1() - step)
    path.lineTo(line.p1() + step)


def _add_head(path: QPainterPath, line: QLineF) -> None:
    """The point of an arrow at the beginning of its line."""
    for turn in (24, -24):
        side = QLineF(line)
        side.setLength(min(HEAD, line.length()))
        side.setAngle(line.angle() + turn)
        path.moveTo(side.p1())
        path.lineTo(side.p2())


def _add_arc(path: QPainterPath, points: Sequence[QPointF]) -> None:
    first, last = QLineF(points[1], points[0]), QLineF(points[1], points[2])
    radius = min(22.0, first.length() / 2, last.length() / 2)
    if radius <= 0:
        return
    turn = (last.angle() - first.angle() + 180) % 360 - 180
    box = QRectF(points[1] - QPointF(radius, radius), points[1] + QPointF(radius, radius))
    path.arcMoveTo(box, first.angle())
    path.arcTo(box, first.angle(), turn)


def _paint_joint(painter: QPainter, points: Sequence[QPointF], color: str) -> None:
    """A faint line between the middles of the two lines of a Cobb angle: they belong together."""
    faint = QColor(color)
    faint.setAlpha(120)
    painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
    painter.drawLine((points[0] + points[1]) / 2, (points[2] + points[3]) / 2)


def _paint_handles(painter: QPainter, points: Sequence[QPointF], color: str) -> None:
    """Rings, not discs: what lies under them must be seen."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for point in points:
        painter.setPen(QPen(QColor(0, 0, 0, 160), 3))
        painter.drawEllipse(point, HANDLE, HANDLE)
        painter.setPen(QPen(QColor(color).lighter(125), 1.5))
        painter.drawEllipse(point, HANDLE, HANDLE)


def _paint_label(painter: QPainter, label: Label, *, is_selected: bool) -> None:
    mark, plate = label.shown.mark, label.plate
    color = QColor(color_of(mark))
    near = QPointF(
        min(max(label.anchor.x(), plate.left()), plate.right()),
        min(max(label.anchor.y(), plate.top()), plate.bottom()),
    )
    if math.dist(near.toTuple(), label.anchor.toTuple()) > 2 * TICK:
        faint = QColor(color)
        faint.setAlpha(150)
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
        painter.drawLine(label.anchor, near)
    painter.setPen(QPen(color, 1) if is_selected else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 11, 13, 205))
    painter.drawRoundedRect(plate, 3, 3)
    height = QFontMetricsF(painter.font()).height()
    for number, line in enumerate(label.shown.lines):
        row = QRectF(
            plate.left() + PADDING, plate.top() + PADDING / 2 + number * height, plate.width(), height
        )
        painter.setPen(_line_color(mark, number, line, color))
        painter.drawText(row, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line)


def _line_color(mark: Annotation, number: int, line: str, color: QColor) -> QColor:
    if line == mark.proposal_note:
        return QColor(theme.WARNING)
    return color.lighter(130) if number == 0 else QColor(theme.TEXT)

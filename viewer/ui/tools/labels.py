"""Where the text at a mark goes: beside the mark, never under the corner text, never over another label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFontMetricsF

from viewer.core.measure.annotation import Annotation, Kind
from viewer.ui.placement import Placement
from viewer.ui.tools.shown import HumanMarks, ShownMark

GAP = 12.0
PADDING = 6.0
EDGE = 4.0


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of text of one mark and the plate on which they stand, in the painter's units."""

    shown: ShownMark
    plate: QRectF
    anchor: QPointF  # the point of the mark that it belongs to


def labels_of(
    human: HumanMarks,
    placement: Placement,
    ratio: float,
    bounds: QRectF,
    metrics: QFontMetricsF,
    taken: Sequence[QRectF] = (),
) -> tuple[Label, ...]:
    """Place the text of all marks whose anchor is in view.

    Args:
        human: The marks.
        placement: Stored to device pixels.
        ratio: Device pixels per unit of the painter.
        bounds: The viewport in the painter's units.
        metrics: Of the painter's font.
        taken: Where other text stands.
    """
    placed: list[Label] = []
    for shown in sorted(
        human.marks, key=lambda one: one.mark.label_at is None
    ):  # what the reader placed first
        anchor = _anchor(shown.mark, placement, ratio)
        if not shown.lines or not bounds.contains(anchor):
            continue
        size = _size(shown.lines, metrics)
        wanted = _wanted(shown.mark, anchor, size, placement, ratio, bounds)
        others = [*taken, *(label.plate for label in placed)]
        placed.append(Label(shown, free_plate(wanted, bounds, others), anchor))
    return tuple(placed)


def free_plate(wanted: QRectF, bounds: QRectF, taken: Sequence[QRectF]) -> QRectF:
    """The place nearest to the wanted one that is inside and free; the wanted one where nothing is free."""
    inside = _inside(wanted, bounds)
    if not any(area.intersects(inside) for area in taken):
        return inside
    candidates = []
    for area in taken:
        for moved in (
            QPointF(inside.left(), area.bottom() + EDGE),
            QPointF(inside.left(), area.top() - EDGE - inside.height()),
            QPointF(area.right() + EDGE, inside.top()),
            QPointF(area.left() - EDGE - inside.width(), inside.top()),
        ):
            candidates.append(_inside(QRectF(moved, inside.size()), bounds))
    free = [place for place in candidates if not any(area.intersects(place) for area in taken)]
    if not free:
        return inside
    return min(free, key=lambda place: (place.center() - inside.center()).manhattanLength())


def _anchor(mark: Annotation, placement: Placement, ratio: float) -> QPointF:
    """The point of the mark at which its text begins: its rightmost, for an arrow its end."""
    points = [QPointF(*placement.to_screen(*point)) / ratio for point in mark.points]
    if mark.kind is Kind.ARROW:
        return points[-1]
    if mark.kind in (Kind.ELLIPSE, Kind.RECTANGLE) and len(points) == 2:
        return QPointF(max(p.x() for p in points), (points[0].y() + points[1].y()) / 2)
    return max(points, key=QPointF.x)


def _wanted(
    mark: Annotation, anchor: QPointF, size: QSizeF, placement: Placement, ratio: float, bounds: QRectF
) -> QRectF:
    if mark.label_at is not None:
        middle = QPointF(*placement.to_screen(*mark.label_at)) / ratio
        return QRectF(middle - QPointF(size.width() / 2, size.height() / 2), size)
    plate = QRectF(anchor + QPointF(GAP, -size.height() / 2), size)
    if plate.right() > bounds.right() - EDGE:  # no room at the right: under the mark's end
        plate.moveTopRight(QPointF(bounds.right() - EDGE, anchor.y() + GAP))
    return plate


def _size(lines: Sequence[str], metrics: QFontMetricsF) -> QSizeF:
    width = max(metrics.horizontalAdvance(line) for line in lines)
    return QSizeF(width + 2 * PADDING, len(lines) * metrics.height() + PADDING)


def _inside(plate: QRectF, bounds: QRectF) -> QRectF:
    area = bounds.adjusted(EDGE, EDGE, -EDGE, -EDGE)
    left = max(area.left(), min(plate.left(), area.right() - plate.width()))
    top = max(area.top(), min(plate.top(), area.bottom() - plate.height()))
    return QRectF(QPointF(left, top), plate.size())

"""What the hand does with plugins' marks, and how that is drawn. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.api import Mark, Xyxy
from viewer.ui import theme
from viewer.ui.marking.boxes import handles_of
from viewer.ui.placement import Placement

HANDLE = 3.5
"""Half the side of a handle, in the screen's units."""


@dataclass(frozen=True, slots=True)
class MarkTouch:
    """Ids of marks, and the outline that follows the mouse; empty while the hand does nothing."""

    selected: str = ""  # keys are about it
    hovered: str = ""
    outline: Xyxy | None = None  # stored pixels
    outline_on: str = ""  # film key
    color: str = theme.HUMAN  # of the outline

    def on(self, film_key: str, marks: Sequence[Mark]) -> MarkTouch:
        """What of it one film shows: the others are not painted anew at every step of the mouse."""
        ids = {mark.id for mark in marks if mark.is_editable}
        return MarkTouch(
            self.selected if self.selected in ids else "",
            self.hovered if self.hovered in ids else "",
            *((self.outline, film_key, self.color) if self.outline_on == film_key else ()),
        )


def paint_touch(
    painter: QPainter,
    marks: Sequence[Mark],
    touch: MarkTouch,
    placement: Placement,
    ratio: float,
) -> None:
    """Draw the handles of editable marks under the hand, and the outline that follows it.

    Args:
        painter: Its units are `ratio` device pixels each.
        marks: Those of the film.
        touch: What of the hand's doing the film shows.
        placement: Stored to device pixels.
        ratio: Device pixels per unit of the painter.
    """
    if touch.outline is not None:
        left, top, right, bottom = (side / ratio for side in placement.box_to_screen(touch.outline))
        _paint_outline(painter, QRectF(QPointF(left, top), QPointF(right, bottom)), touch.color)
        _paint_handles(painter, touch.outline, touch.color, placement, ratio)
        return
    for mark in marks:
        if mark.is_editable and mark.id in (touch.selected, touch.hovered):
            is_selected = mark.id == touch.selected
            _paint_handles(painter, mark.xyxy, mark.color, placement, ratio, is_filled=is_selected)


def _paint_outline(painter: QPainter, box: QRectF, color: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 150), 3.4))
    painter.drawRect(box)
    painter.setPen(QPen(QColor(color).lighter(120), 1.4))
    painter.drawRect(box)


def _paint_handles(
    painter: QPainter,
    xyxy: Xyxy,
    color: str,
    placement: Placement,
    ratio: float,
    *,
    is_filled: bool = False,
) -> None:
    """Squares, where the reader's measurements have rings; filled on the mark that keys are about."""
    half = QPointF(HANDLE, HANDLE)
    for place in handles_of(xyxy, placement, ratio).values():
        at = QPointF(*place) / ratio
        square = QRectF(at - half, at + half)
        painter.setBrush(QColor(color) if is_filled else QColor(10, 11, 13, 160))
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3.2))
        painter.drawRect(square)
        painter.setPen(QPen(QColor("#ffffff") if is_filled else QColor(color).lighter(125), 1.3))
        painter.drawRect(square)

"""Small charts, painted: calm, dark, told apart by pattern as well as by colour, exact under the mouse.

Painted by hand, since three kinds of chart need less code than a plotting library needs setting up, and open at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from plugin import parts, theme

BLUE, YELLOW, ORANGE, GREY, PURPLE = "#4c9bd6", "#e3c567", "#d9784f", "#465160", "#b79cf2"
"""After Okabe and Ito, darkened for a dark room."""
GRID = "#262c34"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the chart and the exact numbers there."""

    where: QRectF
    text: str


class Chart(QWidget):
    """Base: paints through `paint`, which notes a `Spot` for all that has a number."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.spots: list[Spot] = []
        self.setAccessibleName(title)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paint(self, painter: QPainter) -> None:
        raise NotImplementedError

    def spot_at(self, x: float, y: float) -> str:
        """The numbers at a place; empty where there are none."""
        return next((spot.text for spot in reversed(self.spots) if spot.where.contains(x, y)), "")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.spots = []
        painter.setFont(parts.smaller(self.font()))
        self.paint(painter)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.spot_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def write(
    painter: QPainter, where: QRectF, text: str, color: str = theme.MUTED, *, right: bool = False
) -> None:
    """One line of text, in the middle of its height."""
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.setPen(QColor(color))
    painter.drawText(where, side | Qt.AlignmentFlag.AlignVCenter, text)


def fill(painter: QPainter, where: QRectF, color: str, pattern: Qt.BrushStyle) -> None:
    """A bar's piece: its colour, and lines over it that tell it apart without colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRect(where)
    if pattern != Qt.BrushStyle.SolidPattern:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        lines = QColor("#14171b")
        lines.setAlpha(150)
        painter.setBrush(QBrush(lines, pattern))
        painter.drawRect(where)


def grid_line(painter: QPainter, x1: float, y1: float, x2: float, y2: float, dashes: bool = False) -> None:
    style = Qt.PenStyle.DashLine if dashes else Qt.PenStyle.SolidLine
    painter.setPen(QPen(QColor(theme.MUTED if dashes else GRID), 1, style))
    painter.drawLine(round(x1), round(y1), round(x2), round(y2))


def nice_top(highest: float) -> float:
    """The top of a scale of four round steps that holds `highest`."""
    size: float = 10.0 ** math.floor(math.log10(max(highest, 0.01) / 4))
    return next(step * size * 4 for step in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if step * size * 4 >= highest)

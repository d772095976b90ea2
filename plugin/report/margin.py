"""The bar beside the text that says whose each sentence is, by colour and by its pattern."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from plugin import theme
from plugin.report.provenance import Provenance

WIDTH = 14
BARS: dict[Provenance, str] = {
    "ai": "#e0a94a",
    "edited": "#7fb6e0",
    "human": "#e8ecf1",
    "measured": "#4fc2a0",
    "template": "#a79fc4",
}
WORDS: dict[Provenance, str] = {
    "ai": "#dfc894",
    "edited": "#b3cfe8",
    "human": "#e8ecf1",
    "measured": "#a4d8c6",
    "template": "#b7b0cf",
}
"""Colours of the bar and of the sentence itself, each at least 7 : 1 on the panel's ground."""

Strip = tuple[float, float, Provenance, bool]
"""Top, bottom, whose, and whether there is something to doubt."""


def draw_bar(painter: QPainter, where: QRectF, kind: Provenance) -> None:
    """Fill a narrow upright rectangle with the kind's colour in the kind's own pattern."""
    colour = QColor(BARS[kind])
    x, middle = where.left(), where.center().x()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    match kind:
        case "human":
            painter.fillRect(where, colour)
        case "template":
            painter.setPen(QPen(colour, 1))
            painter.drawRect(where.adjusted(0.5, 0.5, -0.5, -0.5))
        case "measured":
            painter.fillRect(QRectF(x, where.top(), 1.5, where.height()), colour)
            painter.setPen(QPen(colour, 1))
            for y in range(round(where.top()), round(where.bottom()), 3):
                painter.drawLine(QPointF(x, y + 0.5), QPointF(where.right(), y + 0.5))
        case _:
            pen = QPen(colour, where.width())
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([0.7, 0.6] if kind == "ai" else [2.2, 0.8])
            painter.setPen(pen)
            painter.drawLine(QPointF(middle, where.top()), QPointF(middle, where.bottom()))


class Margin(QWidget):
    """The strip at an editor's left edge. `strips` tells what is where, as often as it is painted."""

    def __init__(self, editor: QWidget, strips: Callable[[], Sequence[Strip]]) -> None:
        super().__init__(editor)
        self._strips = strips
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for top, bottom, kind, is_doubtful in self._strips():
            draw_bar(painter, QRectF(6, top + 1, 3, max(2.0, bottom - top - 2)), kind)
            if is_doubtful:
                painter.setPen(QColor(theme.AMBER))
                box = QRectF(0, (top + bottom) / 2 - 10, 6, 20)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, "!")

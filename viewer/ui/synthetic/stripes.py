"""The striped border of a synthetic film: also there while marks and words are hidden."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from viewer.ui import theme

WIDTH = 7.0
_PERIOD = 22.0


def paint_stripes(painter: QPainter, bounds: QRectF) -> None:
    """Slanting stripes, dark and in the colour of warnings, along all four edges."""
    ring = QPainterPath()
    ring.addRect(bounds)
    inner = QPainterPath()
    inner.addRect(bounds.adjusted(WIDTH, WIDTH, -WIDTH, -WIDTH))
    painter.save()
    painter.setClipPath(ring.subtracted(inner))
    painter.fillRect(bounds, QColor("#14100a"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(
        QPen(QColor(theme.WARNING), _PERIOD / 2 / 2**0.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    )
    high = bounds.height()
    at = bounds.left() - high
    while at < bounds.right():
        painter.drawLine(QPointF(at, bounds.bottom()), QPointF(at + high, bounds.top()))
        at += _PERIOD
    painter.restore()

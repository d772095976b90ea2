"""The pattern: eighteen grey steps from black to white, and a 5 % and a 95 % patch, after the SMPTE test pattern."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

STEPS = 18
DARK_PATCH, BRIGHT_PATCH = 0.05, 0.95
SURROUND = 0.5


def grey(share: float) -> QColor:
    """Grey of so much of the full drive, without any gamma: what the screen is told, not what it should look like."""
    level = round(255 * share)
    return QColor(level, level, level)


def step_greys() -> tuple[float, ...]:
    return tuple(step / (STEPS - 1) for step in range(STEPS))


class Pattern(QWidget):
    """Draws the pattern as large as it is. The positions are public so that a test can look at them."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(480, 360)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def step_boxes(self) -> tuple[QRectF, ...]:
        """Three rows of six steps in the upper two thirds."""
        width, height = self.width() / 6, self.height() * 0.62 / 3
        return tuple(QRectF(n % 6 * width, n // 6 * height, width, height) for n in range(STEPS))

    def patch_boxes(self) -> tuple[tuple[QRectF, QRectF], tuple[QRectF, QRectF]]:
        """(field, patch) at the left, black with 5 % in it, and at the right, white with 95 % in it."""
        side = self.height() * 0.3
        top = self.height() * 0.66
        fields = (QRectF(self.width() * share - side / 2, top, side, side) for share in (0.3, 0.7))
        left, right = ((field, QRectF(0, 0, side / 2, side / 2)) for field in fields)
        for field, patch in (left, right):
            patch.moveCenter(field.center())
        return left, right

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.fillRect(self.rect(), grey(SURROUND))
        for box, share in zip(self.step_boxes(), step_greys(), strict=True):
            painter.fillRect(box, grey(share))
        (black, dark), (white, bright) = self.patch_boxes()
        painter.fillRect(black, grey(0.0))
        painter.fillRect(dark, grey(DARK_PATCH))
        painter.fillRect(white, grey(1.0))
        painter.fillRect(bright, grey(BRIGHT_PATCH))
        painter.end()

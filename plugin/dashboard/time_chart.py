"""Medians with the middle half, one group under the other."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPen

from plugin import theme, wording
from plugin.dashboard.chart import BLUE, Chart, Spot, grid_line, nice_top, write
from plugin.dashboard.numbers import TimeNumbers

_LEFT, _RIGHT, _TOP, _ROW = 170, 190, 30, 28


class TimeChart(Chart):
    """A line from the lower to the upper quartile, a dot at the median. Groups with too few reports say so."""

    def __init__(self) -> None:
        super().__init__("Seconds from the first sight of a study to its signature")
        self._groups: tuple[TimeNumbers, ...] = ()

    def show_groups(self, groups: tuple[TimeNumbers, ...]) -> None:
        self._groups = groups
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, _TOP + _ROW * max(1, len(self._groups)) + 26)

    def paint(self, painter: QPainter) -> None:
        write(painter, QRectF(0, 2, self.width(), 22), self.title, theme.TEXT)
        told = [group.seconds for group in self._groups if group.seconds.is_told]
        top = nice_top(max((middle.high for middle in told), default=60.0))
        room = max(60.0, self.width() - _LEFT - _RIGHT)
        bottom = _TOP + _ROW * len(self._groups)
        for step in range(5):
            x = _LEFT + room * step / 4
            grid_line(painter, x, _TOP, x, bottom)
            write(painter, QRectF(x - 12, bottom + 2, 60, 18), f"{top * step / 4:g} s")
        for at, group in enumerate(self._groups):
            self._row(painter, group, _TOP + _ROW * at, room / top)

    def _row(self, painter: QPainter, group: TimeNumbers, y: float, scale: float) -> None:
        middle = group.seconds
        write(
            painter,
            QRectF(0, y, _LEFT - 12, _ROW),
            wording.sentence_case(group.group),
            theme.TEXT,
            right=True,
        )
        where = QRectF(self.width() - _RIGHT, y, _RIGHT - 4, _ROW)
        write(
            painter,
            where,
            f"{middle.value:.0f} s · {middle.of} reports" if middle.is_told else middle.text(),
            right=True,
        )
        if not middle.is_told:
            return
        half = y + _ROW / 2
        painter.setPen(QPen(QColor(BLUE), 5))
        painter.drawLine(
            QPointF(_LEFT + middle.low * scale, half), QPointF(_LEFT + middle.high * scale, half)
        )
        painter.setPen(QPen(QColor(BLUE), 2))
        painter.setBrush(QColor("#eef3f7"))
        painter.drawEllipse(QPointF(_LEFT + middle.value * scale, half), 5, 5)
        row = QRectF(_LEFT, y, self.width() - _LEFT, _ROW)
        self.spots.append(
            Spot(row, f"{wording.sentence_case(group.group)}: {middle.text('s')}, {middle.of} reports")
        )

"""A number over the weeks, with its interval, and where the model's version changed."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from plugin import theme
from plugin.dashboard.chart import BLUE, Chart, Spot, grid_line, nice_top, write

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 30, 26


@dataclass(frozen=True, slots=True)
class WeekPoint:
    """One week. Without a value there were too few cases: it leaves a gap."""

    title: str
    series: str  # the model's version
    text: str  # exact numbers
    value: float | None = None
    low: float = 0.0
    high: float = 0.0


class WeekChart(Chart):
    """A line per model version, its interval as a band; a dashed line where the next one begins."""

    def __init__(self, title: str, unit: str, top: float | None = None) -> None:
        """`top`: the highest value of the scale; None takes it from the data."""
        super().__init__(title)
        self._unit, self._fixed_top = unit, top
        self._points: tuple[WeekPoint, ...] = ()
        self.setFixedHeight(210)

    def sizeHint(self) -> QSize:
        return QSize(640, 210)

    def show_points(self, points: tuple[WeekPoint, ...]) -> None:
        self._points = points
        self.update()

    def paint(self, painter: QPainter) -> None:
        write(painter, QRectF(0, 2, self.width(), 22), self.title, theme.TEXT)
        self._axes(painter)
        runs = self._runs()
        for run in runs:
            self._band(painter, run)
        for run in runs:
            self._line(painter, run)
        self._versions(painter)

    # ── places ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _x(self, at: int) -> float:
        room = self.width() - _LEFT - _RIGHT
        return _LEFT + room * (at + 0.5) / max(1, len(self._points))

    def _y(self, value: float) -> float:
        room = self.height() - _TOP - _BOTTOM
        return self.height() - _BOTTOM - room * min(value, self._top) / self._top

    @property
    def _top(self) -> float:
        highest = max((point.high for point in self._points if point.value is not None), default=1.0)
        return self._fixed_top or nice_top(highest * 1.05)

    def _runs(self) -> list[list[int]]:
        """Places of neighbouring weeks of one version that have a value."""
        runs: list[list[int]] = []
        for at, point in enumerate(self._points):
            if point.value is None:
                continue
            joins = bool(runs) and runs[-1][-1] == at - 1 and self._points[at - 1].series == point.series
            if joins:
                runs[-1].append(at)
            else:
                runs.append([at])
        return runs

    # ── painting ────────────────────────────────────────────────────────────────────────────────────────────────

    def _axes(self, painter: QPainter) -> None:
        for step in range(5):
            value = self._top * step / 4
            y = self._y(value)
            grid_line(painter, _LEFT, y, self.width() - _RIGHT, y)
            write(painter, QRectF(0, y - 10, _LEFT - 8, 20), f"{value:g}{self._unit}", right=True)
        every = max(1, len(self._points) // 8)
        for at in range(0, len(self._points), every):
            where = QRectF(self._x(at) - 4, self.height() - _BOTTOM + 4, 80, 18)
            write(painter, where, self._points[at].title)

    def _band(self, painter: QPainter, run: list[int]) -> None:
        color = QColor(BLUE)
        color.setAlpha(48)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        upper = [QPointF(self._x(at), self._y(self._points[at].high)) for at in run]
        lower = [QPointF(self._x(at), self._y(self._points[at].low)) for at in reversed(run)]
        painter.drawPolygon(QPolygonF(upper + lower))

    def _line(self, painter: QPainter, run: list[int]) -> None:
        places = [QPointF(self._x(at), self._y(self._points[at].value or 0.0)) for at in run]
        painter.setPen(QPen(QColor(BLUE), 1.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))
        painter.setBrush(QColor(theme.GROUND))
        width = (self.width() - _LEFT - _RIGHT) / max(1, len(self._points))
        for at, place in zip(run, places, strict=True):
            painter.setPen(QPen(QColor(BLUE), 1.6))
            painter.drawEllipse(place, 2.6, 2.6)
            column = QRectF(place.x() - width / 2, _TOP, width, self.height() - _TOP - _BOTTOM)
            self.spots.append(Spot(column, self._points[at].text))

    def _versions(self, painter: QPainter) -> None:
        before = None
        for at, point in enumerate(self._points):
            if point.series != before:
                x = self._x(at) - (self._x(1) - self._x(0)) / 2
                if before is not None:
                    grid_line(painter, x, _TOP, x, self.height() - _BOTTOM, dashes=True)
                write(painter, QRectF(x + 4, _TOP - 8, 200, 18), point.series)
                before = point.series

"""A number over the steps of a run, as it comes in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from plugin import theme
from plugin.dashboard.chart import BLUE, YELLOW, Chart, Spot, grid_line, write

_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 32, 28
MOST_POINTS = 400
"""More can't be told apart on a screen; they are drawn as means of neighbours."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    step: int
    value: float
    is_best: bool = False


class CurveChart(Chart):
    """Single values as a faint line, their running mean as a clear one; or, for few values, a dot each."""

    def __init__(
        self, title: str, unit: str, empty: str, *, has_dots: bool = False, most: float | None = None
    ) -> None:
        """`empty` says what will come, while there is nothing; `most` is what the number can't pass."""
        super().__init__(title)
        self._most = most
        self._unit, self._empty, self._has_dots = unit, empty, has_dots
        self._points: list[CurvePoint] = []
        self._steps = 0  # of the whole run
        self.setFixedHeight(200)

    def sizeHint(self) -> QSize:
        return QSize(560, 200)

    def show_points(self, points: Sequence[CurvePoint], steps: int) -> None:
        """`steps`: of the whole run, so that one sees how far it is."""
        self._points = thinned([one for one in points if math.isfinite(one.value)])
        self._steps = max(steps, self._points[-1].step if self._points else 0)
        self.setAccessibleDescription(self.words())
        self.update()

    def words(self) -> str:
        """The curve for those who can't see it."""
        if not self._points:
            return self._empty
        first, last = self._points[0], self._points[-1]
        return f"{first.value:.3g} at step {first.step}, {last.value:.3g} at step {last.step}"

    def paint(self, painter: QPainter) -> None:
        write(painter, QRectF(0, 2, self.width(), 22), self.title, theme.TEXT)
        if not self._points:
            write(painter, QRectF(_LEFT, _TOP, self.width() - _LEFT, 40), self._empty)
            return
        self._axes(painter)
        if self._has_dots or len(self._points) < 3:
            self._line(painter, self._points, BLUE, 1.4)
            self._dots(painter)
        else:
            faint = QColor(BLUE)
            faint.setAlpha(90)
            self._line(painter, self._points, faint, 1.0)
            self._line(painter, running_mean(self._points), BLUE, 2.0)
        self._note_spots()

    # ── places ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _range(self) -> tuple[float, float]:
        values = [point.value for point in self._points]
        low, high = min(values), max(values)
        room = (high - low or abs(high) or 1.0) * 0.08
        least, most = (
            min(low, 0.0),
            max(high, self._most or high + room),
        )  # neither a loss nor a share is below 0
        return max(low - room, least), min(high + room, most)

    def _x(self, step: int) -> float:
        return _LEFT + (self.width() - _LEFT - _RIGHT) * step / max(1, self._steps)

    def _y(self, value: float) -> float:
        low, high = self._range()
        return self.height() - _BOTTOM - (self.height() - _TOP - _BOTTOM) * (value - low) / (high - low)

    # ── painting ────────────────────────────────────────────────────────────────────────────────────────────────

    def _axes(self, painter: QPainter) -> None:
        low, high = self._range()
        digits = 2 if high - low >= 0.1 else 3
        for quarter in range(5):
            value = low + (high - low) * quarter / 4
            y = self._y(value)
            grid_line(painter, _LEFT, y, self.width() - _RIGHT, y)
            write(painter, QRectF(0, y - 10, _LEFT - 8, 20), f"{value:.{digits}f}", right=True)
            x = self._x(round(self._steps * quarter / 4))
            where = QRectF(x - 60 if quarter else x, self.height() - _BOTTOM + 5, 66, 18)
            write(
                painter,
                where,
                f"{round(self._steps * quarter / 4)}" if quarter else "step 0",
                right=bool(quarter),
            )

    def _line(
        self, painter: QPainter, points: Sequence[CurvePoint], color: str | QColor, width: float
    ) -> None:
        painter.setPen(QPen(QColor(color), width))
        painter.drawPolyline(QPolygonF([QPointF(self._x(one.step), self._y(one.value)) for one in points]))

    def _dots(self, painter: QPainter) -> None:
        for one in self._points:
            color = YELLOW if one.is_best else BLUE
            painter.setPen(QPen(QColor(color), 1.6))
            painter.setBrush(QColor(color if one.is_best else theme.GROUND))
            radius = 4.5 if one.is_best else 3.0
            painter.drawEllipse(QPointF(self._x(one.step), self._y(one.value)), radius, radius)

    def _note_spots(self) -> None:
        for before, one in zip((None, *self._points), self._points, strict=False):
            left = self._x(before.step) if before is not None else _LEFT
            column = QRectF(left, _TOP, self._x(one.step) - left + 1, self.height() - _TOP - _BOTTOM)
            best = ", the best so far" if one.is_best else ""
            self.spots.append(Spot(column, f"Step {one.step}: {self._unit} {one.value:.4g}{best}"))


def thinned(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """At most `MOST_POINTS`: means of neighbours, the last one as it is."""
    if len(points) <= MOST_POINTS:
        return list(points)
    size = math.ceil(len(points) / (MOST_POINTS - 1))
    before = points[:-1]
    groups = [before[at : at + size] for at in range(0, len(before), size)]
    means = [
        CurvePoint(
            group[-1].step, sum(one.value for one in group) / len(group), any(one.is_best for one in group)
        )
        for group in groups
    ]
    return [*means[: MOST_POINTS - 1], points[-1]]


def running_mean(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Each value as the mean of its neighbours on both sides: noise goes, a trend stays where it is."""
    reach = max(1, len(points) // 20)
    sums = [0.0]
    for point in points:
        sums.append(sums[-1] + point.value)
    told = []
    for at, point in enumerate(points):
        side = min(reach, at, len(points) - 1 - at)  # as many before as after
        low, high = at - side, at + side + 1
        told.append(CurvePoint(point.step, (sums[high] - sums[low]) / (high - low)))
    return told

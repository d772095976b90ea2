"""Before and after, finding by finding: the change with its interval around a line at zero."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from plugin import theme, wording
from plugin.dashboard.chart import BLUE, ORANGE, Chart, Spot, grid_line, write
from plugin.training.outcome import Change

_LEFT, _RIGHT, _TOP, _ROW, _BOTTOM = 190, 250, 54, 26, 30
_COLORS = {"better": BLUE, "worse": ORANGE, "same": theme.MUTED}
LEAST = 0.1
"""The scale reaches at least so far, so that a tiny change does not look large."""


class ChangeChart(Chart):
    """A row each. Better points right and is filled, worse points left and is filled, no clear change is hollow."""

    def __init__(self) -> None:
        super().__init__("AUROC on held-out patients: change with its 95 % interval")
        self._changes: tuple[Change, ...] = ()

    def show_changes(self, changes: tuple[Change, ...]) -> None:
        self._changes = changes
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleDescription("; ".join(f"{one.name}: {one.text}" for one in changes))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(760, _TOP + _ROW * max(1, len(self._changes)) + _BOTTOM)

    def paint(self, painter: QPainter) -> None:
        write(painter, QRectF(0, 2, self.width(), 22), self.title, theme.TEXT)
        bottom = _TOP + _ROW * len(self._changes)
        write(painter, QRectF(_LEFT, 26, 90, 20), "← worse")
        write(painter, QRectF(self._x(1) - 90, 26, 90, 20), "better →", right=True)
        where = QRectF(self.width() - _RIGHT, 26, _RIGHT - 4, 20)
        write(painter, where, "before → after", right=True)
        for part in (-1.0, -0.5, 0.0, 0.5, 1.0):
            x = self._x(part)
            grid_line(painter, x, _TOP - 4, x, bottom, dashes=part == 0)
            text = f"{part * self._reach:+.2f}".replace("-", "\u2212") if part else "0"
            painter.setPen(QColor(theme.MUTED))
            painter.drawText(
                QRectF(x - 30, bottom + 4, 60, 18),
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        for at, change in enumerate(self._changes):
            self._row(painter, change, _TOP + _ROW * at, is_total=at == 0)

    @property
    def _reach(self) -> float:
        ends = [abs(end) for one in self._changes for end in (one.low, one.high) if end is not None]
        tenth = max([LEAST, *ends]) * 10
        return -(-tenth // 1) / 10  # up to the next tenth

    def _x(self, part: float) -> float:
        room = max(80.0, self.width() - _LEFT - _RIGHT - 24)
        return _LEFT + room * (part + 1) / 2

    def _row(self, painter: QPainter, one: Change, y: float, *, is_total: bool) -> None:
        color = _COLORS[one.tone]
        name = wording.sentence_case(one.name)
        write(
            painter,
            QRectF(0, y, _LEFT - 16, _ROW),
            name,
            theme.TEXT if one.is_judged else theme.MUTED,
            right=True,
        )
        where = QRectF(self.width() - _RIGHT, y, _RIGHT - 4, _ROW)
        write(painter, where, one.text if one.is_judged else "not judged", right=True)
        count = f", {one.positives} films with it" if one.positives is not None else ""
        self.spots.append(
            Spot(QRectF(0, y, self.width(), _ROW), f"{name}: {one.text}\n{one.patients} patients{count}")
        )
        if not one.is_judged or one.low is None or one.high is None or one.change is None:
            return
        half, reach = y + _ROW / 2, self._reach
        painter.setPen(QPen(QColor(color), 3 if is_total else 2))
        painter.drawLine(QPointF(self._x(one.low / reach), half), QPointF(self._x(one.high / reach), half))
        self._mark(painter, QPointF(self._x(one.change / reach), half), one.tone, color)

    def _mark(self, painter: QPainter, at: QPointF, tone: str, color: str) -> None:
        painter.setPen(QPen(QColor(color), 1.8))
        painter.setBrush(QColor(theme.GROUND if tone == "same" else color))
        if tone == "same":
            painter.drawEllipse(at, 4.5, 4.5)
            return
        way = 6.5 if tone == "better" else -6.5
        corners = [(way, 0.0), (-way * 0.7, -5.5), (-way * 0.7, 5.5)]
        painter.drawPolygon(QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in corners]))

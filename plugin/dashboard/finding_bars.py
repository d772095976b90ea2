"""What became of each finding, as one bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from plugin import theme, wording
from plugin.dashboard.chart import BLUE, GREY, ORANGE, PURPLE, YELLOW, Chart, Spot, fill, write
from plugin.dashboard.numbers import FindingNumbers
from plugin.dashboard.share import FEWEST_FOR_SHARE

ROW, HEAD = 24, 30
_LEFT, _RIGHT = 170, 190
KINDS = (
    ("accepted", BLUE, Qt.BrushStyle.SolidPattern),
    ("edited", YELLOW, Qt.BrushStyle.Dense5Pattern),
    ("rejected", ORANGE, Qt.BrushStyle.BDiagPattern),
    ("untouched", GREY, Qt.BrushStyle.SolidPattern),
)


class FindingBars(Chart):
    """Bars share one scale: long ones are common findings. What readers added stands behind the bar, in brackets."""

    def __init__(self) -> None:
        super().__init__("What became of the model's findings")
        self._rows: tuple[FindingNumbers, ...] = ()

    def show_findings(self, rows: tuple[FindingNumbers, ...]) -> None:
        self._rows = rows
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, HEAD + ROW * len(self._rows) + 8)

    def paint(self, painter: QPainter) -> None:
        self._legend(painter)
        room = max(60.0, self.width() - _LEFT - _RIGHT)
        most = max((row.judged + row.untouched + row.added for row in self._rows), default=1) or 1
        for at, row in enumerate(self._rows):
            self._row(painter, row, HEAD + ROW * at, room / most)

    def _legend(self, painter: QPainter) -> None:
        x = float(_LEFT)
        for name, color, pattern in (*KINDS, ("added by the reader", PURPLE, Qt.BrushStyle.Dense6Pattern)):
            fill(painter, QRectF(x, 9, 12, 12), color, pattern)
            width = painter.fontMetrics().horizontalAdvance(name)
            write(painter, QRectF(x + 17, 4, width + 4, 22), name)
            x += width + 34
        write(
            painter, QRectF(self.width() - _RIGHT, 4, _RIGHT - 4, 22), "acceptance, 95 % interval", right=True
        )

    def _row(self, painter: QPainter, row: FindingNumbers, y: float, scale: float) -> None:
        write(
            painter, QRectF(0, y, _LEFT - 12, ROW), wording.sentence_case(row.label), theme.TEXT, right=True
        )
        x = float(_LEFT)
        for name, color, pattern in (*KINDS, ("added", PURPLE, Qt.BrushStyle.Dense6Pattern)):
            count = getattr(row, name)
            if count:
                piece = QRectF(x, y + 4, max(1.5, count * scale - 1), ROW - 8)
                fill(painter, piece, color, pattern)
                self.spots.append(Spot(piece, f"{wording.sentence_case(row.label)}: {count} {name}"))
            x += count * scale
        told = row.acceptance
        text = told.text if told.is_told else f"{told.text} ({told.of} of {FEWEST_FOR_SHARE})"
        where = QRectF(self.width() - _RIGHT, y, _RIGHT - 4, ROW)
        write(painter, where, text, theme.TEXT if told.is_told else theme.MUTED, right=True)
        self.spots.append(Spot(where, _exact(row)))


def _exact(row: FindingNumbers) -> str:
    why = ", ".join(f"{reason} {count}" for reason, count in row.reasons)
    lines = (
        f"{wording.sentence_case(row.label)}: {row.acceptance.count} accepted of {row.judged} judged",
        f"Rejected: {why}" if why else "",
        f"Added by the reader: {row.added}" if row.added else "",
    )
    return "\n".join(line for line in lines if line)

"""Whose the sentences are, in numbers and words: "6 AI · 2 edited · 1 yours"."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from plugin import parts, theme
from plugin.report.looks import MEANINGS
from plugin.report.margin import draw_bar
from plugin.report.provenance import WORDS, Provenance, ReportSentence, counts, counts_text

_BAR = 8.0  # a swatch and the gap behind it
_GAP = 12.0


class Legend(QWidget):
    """One line that explains the bars beside the text; it wraps where the panel is narrow."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""  # as it is read aloud
        self._told: dict[Provenance, int] = {}
        self.setFont(parts.smaller(self.font()))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_sentences(self, told: Sequence[ReportSentence]) -> None:
        counted = counts(told)
        if counted == self._told:
            return
        self._told = counted
        self.text = counts_text(told)
        self.setAccessibleName(f"Sentences: {self.text}")
        tips = [f"{WORDS[kind]}: {MEANINGS[kind]}" for kind in counted]
        self.setToolTip("\n".join((*tips, "Kept in the audit log, never in the signed text.")))
        self.setVisible(bool(counted))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = 1 + max((line for _, _, line, _ in self._places(width)), default=0)
        return lines * (self.fontMetrics().height() + 3)

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.fontMetrics().height() + 3)

    def _places(self, width: float) -> list[tuple[Provenance, str, int, float]]:
        """Kind, words, line and left edge of each entry."""
        made: list[tuple[Provenance, str, int, float]] = []
        line, x = 0, 0.0
        for kind, count in self._told.items():
            words = f"{count} {WORDS[kind]}"
            needed = _BAR + self.fontMetrics().horizontalAdvance(words)
            if x and x + needed > width:
                line, x = line + 1, 0.0
            made.append((kind, words, line, x))
            x += needed + _GAP
        return made

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        height = self.fontMetrics().height() + 3
        for kind, words, line, x in self._places(self.width()):
            draw_bar(painter, QRectF(x, line * height + 2, 3, height - 5), kind)
            painter.setPen(QColor(theme.MUTED))
            box = QRectF(x + _BAR, line * height, self.width(), height)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

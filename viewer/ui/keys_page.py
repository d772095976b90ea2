"""The page that `?` shows: every key and mouse button that works here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from viewer.core.language import tr
from viewer.ui import theme

Group = tuple[str, Sequence[tuple[str, str]]]  # heading; (keys, what they do)
_PADDING = 2
_SMALLEST_POINTS = 6.5


class KeysPage(QFrame):
    """Lies over the films; a click or Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("keys")
        self.heading = QLabel()
        self._columns = QHBoxLayout()
        self._columns.setSpacing(34)
        self.labels: list[QLabel] = []
        column = self._whole = QVBoxLayout(self)
        column.setContentsMargins(26, 18, 26, 20)
        column.addWidget(self.heading)
        column.addLayout(self._columns)
        self.hide()

    def show_groups(self, groups: Sequence[Group], map_title: str = "") -> None:
        """Fill the page, as large as the window has room for, and put it into the middle of its parent."""
        self.heading.setText(tr("Keys and mouse, as in {name}", name=map_title) if map_title else "")
        self.heading.setVisible(bool(map_title))
        font = QFont(self._over.font())
        points = font.pointSizeF()
        while not self._fits(groups, font, points) and points > _SMALLEST_POINTS:
            points -= 0.5
        self.resize(self.sizeHint())
        room = self._over.size()
        self.move(max(0, (room.width() - self.width()) // 2), max(0, (room.height() - self.height()) // 2))
        self.show()
        self.raise_()

    def _fits(self, groups: Sequence[Group], font: QFont, points: float) -> bool:
        """Fill the page in this size, as many lines in a column as there is room for; False where it is too wide."""
        font.setPointSizeF(points)
        room = self._over.size()
        lines = max(8, int(room.height() / (QFontMetricsF(font).height() + 2 * _PADDING)) - 4)
        while True:
            self._fill(groups, font, lines)
            if self.sizeHint().height() <= room.height() - 20 or lines <= 8:
                return self.sizeHint().width() <= room.width() - 20
            lines -= 2

    def _fill(self, groups: Sequence[Group], font: QFont, lines: int) -> None:
        for label in self.labels:
            self._columns.removeWidget(label)
            label.hide()
            label.deleteLater()
        self.labels = []
        for column in in_columns(groups, lines):
            label = QLabel("".join(_as_table(heading, rows) for heading, rows in column))
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setFont(font)
            self.labels.append(label)
            self._columns.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        self._whole.activate()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        self.hide()


def in_columns(groups: Sequence[Group], most_lines: int) -> list[list[Group]]:
    """Columns of at most so many lines, heading and gap counted; a group too long goes on in the next."""
    columns: list[list[Group]] = [[]]
    free = most_lines
    for heading, rows in groups:
        left = list(rows)
        while left:
            if free < min(4, len(left) + 2) and columns[-1]:
                columns.append([])
                free = most_lines
            here = max(1, min(len(left), free - 2))
            columns[-1].append((heading, left[:here]))
            left = left[here:]
            free -= here + 2
    return columns


def _as_table(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td style='color:{theme.ACCENT}; padding:{_PADDING}px 18px {_PADDING}px 0; white-space:nowrap'>"
        f"{escape(keys)}</td><td style='padding:{_PADDING}px 0; white-space:nowrap'>{escape(what)}</td></tr>"
        for keys, what in rows
    )
    head = f"<tr><td colspan='2' style='padding:9px 0 {_PADDING}px 0'><b>{escape(heading)}</b></td></tr>"
    return f"<table cellspacing='0'>{head}{lines}</table>"

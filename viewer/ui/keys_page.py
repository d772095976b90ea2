"""The page that `?` shows: every key and mouse button that works here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from viewer.ui import theme

Group = tuple[str, Sequence[tuple[str, str]]]  # heading; (keys, what they do)


class KeysPage(QFrame):
    """Lies over the films; a click or Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("keys")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(36)
        self._grid.setVerticalSpacing(14)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 22, 28, 22)
        column.addLayout(self._grid)
        self.hide()

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Fill the page and put it into the middle of its parent."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        halves = ([], []) if not groups else _halved(groups)
        for column, half in enumerate(halves):
            text = "<br><br>".join(_as_table(heading, rows) for heading, rows in half)
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.RichText)
            self._grid.addWidget(label, 0, column, Qt.AlignmentFlag.AlignTop)
        self.adjustSize()
        room = self._over.size()
        self.move((room.width() - self.width()) // 2, max(0, (room.height() - self.height()) // 2))
        self.show()
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002
        self.hide()


def _halved(groups: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """Two columns of about the same height."""
    total = sum(len(rows) + 2 for _, rows in groups)
    left: list[Group] = []
    height = 0
    for group in groups:
        if left and height + (len(group[1]) + 2) / 2 > total / 2:
            break
        left.append(group)
        height += len(group[1]) + 2
    return left, list(groups[len(left) :])


def _as_table(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td style='color:{theme.ACCENT}; padding:2px 22px 2px 0; white-space:nowrap'>{_escaped(keys)}</td>"
        f"<td style='padding:2px 0'>{_escaped(what)}</td></tr>"
        for keys, what in rows
    )
    return f"<b>{_escaped(heading)}</b><table cellspacing='0'>{lines}</table>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

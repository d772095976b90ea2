"""Lines over the films that stay until they are replaced."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


class Banners(QWidget):
    """One line per owner; dangers first."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, QLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)

    def set_line(self, owner: str, text: str, *, is_danger: bool = False) -> None:
        """Replace the owner's line; empty text takes it away."""
        old = self._lines.pop(owner, None)
        if old is not None:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        if text:
            line = self._lines[owner] = QLabel(text)
            line.setTextFormat(Qt.TextFormat.PlainText)  # patient names are data, not markup
            line.setWordWrap(True)
            line.setObjectName("banner_danger" if is_danger else "banner")
            self._column.insertWidget(0 if is_danger else -1, line)

    def texts(self) -> tuple[str, ...]:
        """The lines that are shown now."""
        return tuple(line.text() for line in self._lines.values())

"""Rows and columns of viewports."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

GAP = 2


class ViewportGrid(QGridLayout):
    """Shares its room evenly among the widgets that it is given; nothing else has a place in it."""

    def __init__(self) -> None:
        super().__init__()
        self._arranged: tuple[tuple[QWidget, ...], int] = ((), 0)
        self.setSpacing(GAP)
        self.setContentsMargins(0, 0, 0, 0)

    def arrange(self, widgets: Sequence[QWidget], columns: int) -> None:
        """Put the widgets into rows of at most `columns`, left to right, top to bottom."""
        columns = max(1, min(len(widgets), columns))
        if (tuple(widgets), columns) == self._arranged:
            return
        for widget in self._arranged[0]:
            self.removeWidget(widget)
        self._arranged = (tuple(widgets), columns)
        for index, widget in enumerate(widgets):
            self.addWidget(widget, index // columns, index % columns)
        rows = -(-len(widgets) // columns)
        for line in range(max(self.rowCount(), self.columnCount())):
            self.setColumnStretch(line, 1 if line < columns else 0)
            self.setRowStretch(line, 1 if line < rows else 0)

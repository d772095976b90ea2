"""Rows of data elements for a table view. Plain text only: no value of a file is ever read as markup."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from viewer.core.element_rows import Path, TagRow
from viewer.core.language import tr
from viewer.ui import theme

INDENT = "    "
_MARKS = {"": "", "differs": "≠", "only first": "◂", "only second": "▸"}
_Index = QModelIndex | QPersistentModelIndex


class TagModel(QAbstractTableModel):
    """Shows `TagRow`s of one file, or of two with a column that marks what differs."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TagRow, ...] = ()
        self.folded: frozenset[Path] = frozenset()
        self._files: tuple[str, ...] = ("",)

    def show(self, rows: tuple[TagRow, ...], files: tuple[str, ...], folded: frozenset[Path]) -> None:
        """Make the table match these rows; `files` names one or two files."""
        self.beginResetModel()
        self.rows, self._files, self.folded = rows, files, folded
        self.endResetModel()

    @property
    def is_comparing(self) -> bool:
        return len(self._files) == 2

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: ARG002
        return 5 if self.is_comparing else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        values = self._files if self.is_comparing else (tr("Value"),)
        return (tr("Tag"), tr("Name"), tr("VR"), *values)[section]

    def data(self, index: _Index, role: int = 0) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(row, index.column())
        return None

    def _text(self, row: TagRow, column: int) -> str:
        if column == 0:
            fold = ("▸ " if row.path in self.folded else "▾ ") if row.has_children else "   "
            mark = f"{_MARKS[row.difference]:<2}" if self.is_comparing else ""
            return f"{mark}{INDENT * row.depth}{fold}{row.tag_text}"
        if column == 1:
            return row.name
        return row.vr if column == 2 else row.values[column - 3]

    def _color(self, row: TagRow, column: int) -> QColor | None:
        if row.difference:
            return QColor(theme.WARNING)
        return QColor(theme.DIM) if column in (0, 2) else None

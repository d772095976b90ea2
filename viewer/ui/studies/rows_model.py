"""The rows of the study list as Qt wants them. Only what changed is told to the view."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from viewer.core.language import tr
from viewer.ui.study_rows import StudyRow


class StudyRows(QAbstractListModel):
    """Flat rows with a picture for films that were loaded once."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[StudyRow, ...] = ()
        self.on_screen: dict[str, str] = {}  # film key to "current" or "prior"
        self.thumbnails: dict[str, QPixmap] = {}
        self.key_images: frozenset[str] = frozenset()  # rows that hold a key image

    def set_rows(self, rows: tuple[StudyRow, ...]) -> None:
        """Show `rows`; what is alike at both ends stays, so that a scan neither scrolls nor deselects."""
        head, tail = _alike(self.rows, rows)
        if head == len(self.rows) == len(rows):
            return
        old_end, new_end = len(self.rows) - tail, len(rows) - tail
        if old_end - head == new_end - head:  # same places, other words
            self.rows = rows
            self.dataChanged.emit(self.index(head), self.index(new_end - 1))
            return
        if old_end > head:
            self.beginRemoveRows(QModelIndex(), head, old_end - 1)
            self.rows = self.rows[:head] + self.rows[old_end:]
            self.endRemoveRows()
        if new_end > head:
            self.beginInsertRows(QModelIndex(), head, new_end - 1)
            self.rows = rows
            self.endInsertRows()

    def row_of(self, key: str, film_key: str = "") -> int:
        """Where the row with this key stands, of several the one with this film; -1 where it is not shown."""
        places = [place for place, row in enumerate(self.rows) if row.key == key]
        same = (place for place in places if self.rows[place].film_key == film_key)
        return next(same, places[0] if places else -1)

    def refresh(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{row.title} {row.subtitle}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = state_text(row) if row.kind == "study" else ""
            return " ".join(
                part for part in (row.title, row.urgency, row.subtitle, state, row.warning) if part
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (row.urgency, row.warning, row.note) if part) or None
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def state_text(row: StudyRow) -> str:
    """How far a study is, in the reader's language."""
    return {
        "unread": tr("unread"),
        "open": tr("opened"),
        "reviewed": tr("reviewed"),
        "signed": tr("signed"),
    }[row.state]


def _alike(old: tuple[StudyRow, ...], new: tuple[StudyRow, ...]) -> tuple[int, int]:
    """How many rows are alike at the beginning, and how many of the others at the end."""
    most = min(len(old), len(new))
    head = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), most)
    left = most - head
    tail = next((n for n in range(left) if old[-1 - n] != new[-1 - n]), left)
    return head, tail

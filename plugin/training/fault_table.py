"""What is wrong with the data: a table to be filtered and copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inference.train_status import DataFault
from plugin import parts

HEAD = ("Kind", "Row", "What", "Remedy")
MOST_ROWS = 1_000
"""More are not read by anybody on a screen, and would make the window stutter; Copy takes all."""
MOST_FITTED = 150
"""Rows whose height follows their words; a longer table shows one line each, and all words under the mouse."""
ALL = "All kinds"
GRAVE = "▲"
"""Before a fault that has to be mended first; its colour alone would not do."""


class FaultTable(QWidget):
    """Shows faults of one kind or all, with a word or without."""

    def __init__(self) -> None:
        super().__init__()
        self._faults: tuple[DataFault, ...] = ()
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of fault")
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.word = QLineEdit()
        self.word.setPlaceholderText("Filter by a word")
        self.word.setClearButtonEnabled(True)
        self.word.setAccessibleName("Filter faults by a word")
        self.copy_button = parts.button("Copy", "Copy the faults that match as a table for a spreadsheet")
        self.note = parts.small(parts.label(role="muted"))
        self.table = _table()
        row = QHBoxLayout()
        row.addWidget(self.kind)
        row.addWidget(self.word, 1)
        row.addWidget(self.copy_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addLayout(row)
        box.addWidget(self.table, 1)
        box.addWidget(self.note)
        self.kind.currentIndexChanged.connect(lambda _: self._fill())
        self.word.textChanged.connect(lambda _: self._fill())
        self.copy_button.clicked.connect(self.copy)
        self.note.hide()

    def show_faults(self, faults: Sequence[DataFault]) -> None:
        if tuple(faults) == self._faults:
            return
        self._faults = tuple(faults)
        counts = Counter(fault.kind for fault in faults)
        titles = {fault.kind: kind_title(fault) for fault in faults}
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(f"{ALL} ({len(faults)})", "")
        for kind, count in sorted(counts.items()):
            self.kind.addItem(f"{titles[kind]} ({count})", kind)
        self.kind.blockSignals(False)
        self._fill()

    def matching(self) -> list[DataFault]:
        """The faults that the filter lets through."""
        kind, word = self.kind.currentData() or "", self.word.text().strip().casefold()
        return [
            fault
            for fault in self._faults
            if kind in ("", fault.kind)
            and (
                not word or word in f"{kind_title(fault)} {fault.row} {fault.what} {fault.remedy}".casefold()
            )
        ]

    def copy(self) -> None:
        """As tab-separated text, all that match."""
        lines = [HEAD, *((kind_title(one), one.row, one.what, one.remedy) for one in self.matching())]
        text = "\n".join("\t".join(" ".join(cell.split()) for cell in line) for line in lines)
        QGuiApplication.clipboard().setText(text + "\n")

    def _fill(self) -> None:
        matching = self.matching()
        shown = matching[:MOST_ROWS]
        self.table.setRowCount(len(shown))
        for at, fault in enumerate(shown):
            for column, text in enumerate((kind_title(fault), fault.row, fault.what, fault.remedy)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                self.table.setItem(at, column, item)
        is_short = len(shown) <= MOST_FITTED  # measuring every row of a long table would be felt
        mode = QHeaderView.ResizeMode.ResizeToContents if is_short else QHeaderView.ResizeMode.Interactive
        self.table.verticalHeader().setSectionResizeMode(mode)
        more = len(matching) - len(shown)
        parts.show_text(self.note, f"{more} more match; Copy takes all of them." if more else "")
        self.copy_button.setEnabled(bool(matching))


def kind_title(fault: DataFault) -> str:
    """The fault's kind for a person; those that must be mended carry a mark."""
    words = fault.title or fault.kind.replace("_", " ").capitalize()
    return f"{GRAVE} {words}" if fault.is_grave else words


def _table() -> QTableWidget:
    made = QTableWidget(0, len(HEAD))
    made.setObjectName("Faults")  # its cells have room around their words
    made.setHorizontalHeaderLabels(HEAD)
    made.setAccessibleName("Faults of the data")
    made.verticalHeader().setVisible(False)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setShowGrid(False)
    made.setWordWrap(True)
    made.setAlternatingRowColors(True)
    made.setMinimumHeight(120)
    head = made.horizontalHeader()
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for column, width in enumerate((210, 150)):
        made.setColumnWidth(column, width)
    head.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    head.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
    return made

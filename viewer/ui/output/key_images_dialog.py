"""The list of a study's key images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr

NOTE = 2


@dataclass(frozen=True, slots=True)
class KeyImageRow:
    """One line of the list."""

    film_key: str
    title: str
    marked_at: str
    note: str


class KeyImagesDialog(QDialog):
    """Draws the rows and passes on what the reader wants. Decides nothing."""

    film_wished = Signal(str)
    removal_wished = Signal(str)
    noted = Signal(str, str)  # film key, note
    writing_wished = Signal(str)  # note for the whole selection

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Key images of this study"))
        self.resize(640, 360)
        self.rows: tuple[KeyImageRow, ...] = ()
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels([tr("Film"), tr("Marked"), tr("Note (double-click to write)")])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.cellDoubleClicked.connect(self._open)
        self.table.itemChanged.connect(self._note)
        self.table.itemSelectionChanged.connect(self._enable)
        self.hint = QLabel(tr("No film of this study is marked. K marks the active film."))
        self.note = QLineEdit(placeholderText=tr("Note for all of them, written into the DICOM document"))
        self.show_button = QPushButton(tr("Show"))
        self.remove_button = QPushButton(tr("Remove"))
        self.write_button = QPushButton(tr("Write as DICOM…"))
        self.write_button.setToolTip(tr("A Key Object Selection Document (“Of Interest”) for the PACS"))
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button, run in (
            (self.show_button, lambda: self.film_wished.emit(self._chosen())),
            (self.remove_button, lambda: self.removal_wished.emit(self._chosen())),
        ):
            button.clicked.connect(run)
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.write_button.setAutoDefault(False)
        self.write_button.clicked.connect(lambda: self.writing_wished.emit(self.note.text()))
        buttons.addWidget(self.write_button)
        column = QVBoxLayout(self)
        column.addWidget(self.table, 1)
        column.addWidget(self.hint)
        column.addWidget(self.note)
        column.addLayout(buttons)
        self._enable()

    def show_rows(self, rows: Sequence[KeyImageRow]) -> None:
        """Make the table match; safe to call as often as you like."""
        if tuple(rows) == self.rows:
            return
        chosen = self._chosen()
        self.rows = tuple(rows)
        self.table.blockSignals(True)
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate((row.title, row.marked_at, row.note)):
                item = QTableWidgetItem(text)
                if column != NOTE:
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.table.setItem(number, column, item)
        self.table.blockSignals(False)
        for number, row in enumerate(rows):
            if row.film_key == chosen:
                self.table.selectRow(number)
        self._enable()

    def _chosen(self) -> str:
        at = self.table.currentRow()
        return self.rows[at].film_key if 0 <= at < len(self.rows) else ""

    def _open(self, row: int, column: int) -> None:
        if column != NOTE:
            self.film_wished.emit(self.rows[row].film_key)

    def _note(self, item: QTableWidgetItem) -> None:
        if item.column() == NOTE:
            self.noted.emit(self.rows[item.row()].film_key, item.text())

    def _enable(self) -> None:
        self.show_button.setEnabled(bool(self._chosen()))
        self.remove_button.setEnabled(bool(self._chosen()))
        self.write_button.setEnabled(bool(self.rows))
        self.hint.setVisible(not self.rows)

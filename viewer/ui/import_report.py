"""One row per file that could not be opened, and why; all of it can be copied."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.captions import count, plain
from viewer.ui.session import Session, import_report


class ImportReport(QDialog):
    """Stays beside the films (not modal) and follows a scan that still runs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import report")
        self.resize(860, 420)
        self._session = Session()
        self.summary = QLabel()
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels(["File", "Why it was not opened"])
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(0, 300)
        self.table.verticalHeader().setVisible(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        copy = QPushButton("Copy everything")
        copy.clicked.connect(self.copy)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        QShortcut(QKeySequence.StandardKey.Copy, self, self.copy)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)

    def show_session(self, session: Session) -> None:
        """List what was skipped; rows that are there already stay."""
        self._session = session
        read, skipped = len(session.films), len(session.skipped)
        self.summary.setText(f"{count(read, 'film')} opened, {count(skipped, 'file')} not opened.")
        if skipped < self.table.rowCount():
            self.table.setRowCount(0)
        for row in range(self.table.rowCount(), skipped):
            item = session.skipped[row]
            self.table.insertRow(row)
            name = QTableWidgetItem(plain(str(item.source.member or item.source.path.name), 200))
            name.setToolTip(str(item.source))
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, QTableWidgetItem(plain(item.reason, 400)))
        self.table.resizeRowsToContents()

    def copy(self) -> None:
        """The whole report, read files too, as tab-separated lines."""
        QGuiApplication.clipboard().setText(import_report(self._session))

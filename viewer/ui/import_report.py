"""One row per file of the import: read, skipped or a duplicate, and why. It can be searched and copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr, tr_formed
from viewer.ui.captions import count, plain
from viewer.ui.session import ReportLine, Session, report_lines, report_text


class ReportRows(QAbstractTableModel):
    """The lines that are shown; ten thousand cost no more than ten."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[ReportLine] = ()

    def set_lines(self, lines: Sequence[ReportLine]) -> None:
        """Show these lines. Lines that only came on at the end leave the view where it is."""
        old = len(self.lines)
        if list(lines[:old]) == list(self.lines):
            if len(lines) > old:
                self.beginInsertRows(QModelIndex(), old, len(lines) - 1)
                self.lines = lines
                self.endInsertRows()
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:  # noqa: ARG002
        return 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("File"), tr("Result"), tr("Why"))[section]
        return None

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            name = line.source.member or line.source.path.name
            return (plain(name, 200), _result_text(line), plain(tr_formed(line.reason), 400))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{line.source}\n{tr_formed(line.reason)}".strip()
        return None


class ImportReport(QDialog):
    """Stays beside the films (not modal) and follows a scan that still runs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import report"))
        self.resize(980, 460)
        self._session = Session()
        self.summary = QLabel()
        self.model = ReportRows()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(0, 300)
        self.table.verticalHeader().setVisible(False)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("File or reason"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._show_lines)
        self.filter = QComboBox()
        for text, result in (
            (tr("Not opened"), "skipped"),
            (tr("Duplicates"), "duplicate"),
            (tr("Every file"), ""),
        ):
            self.filter.addItem(text, result)
        self.filter.currentIndexChanged.connect(self._show_lines)
        self._lay_out()

    def _lay_out(self) -> None:
        copy, close = QPushButton(tr("Copy everything")), QPushButton(tr("Close"))
        copy.clicked.connect(self.copy)
        close.clicked.connect(self.close)
        QShortcut(QKeySequence.StandardKey.Copy, self, self.copy)
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.search)
        top.addWidget(self.filter)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)

    def show_session(self, session: Session) -> None:
        """Show what this session's scans found so far."""
        self._session = session
        read, skipped = len(session.films), len(session.skipped)
        self.summary.setText(
            tr(
                "{read} opened, {skipped} not opened, {doubles} there twice.",
                read=count(read, "film"),
                skipped=count(skipped, "file"),
                doubles=count(len(session.duplicates), "file"),
            )
        )
        self._show_lines()

    def _show_lines(self) -> None:
        wanted, words = self.filter.currentData(), self.search.text().casefold().split()
        self.model.set_lines(
            [
                line
                for line in report_lines(self._session)
                if (not wanted or line.result == wanted)
                and all(word in f"{line.source} {line.reason}".casefold() for word in words)
            ]
        )

    def copy(self) -> None:
        """The whole report, read files too, as tab-separated lines."""
        QGuiApplication.clipboard().setText(report_text(report_lines(self._session)))


def _result_text(line: ReportLine) -> str:
    return {"read": tr("opened"), "skipped": tr("not opened"), "duplicate": tr("duplicate")}[line.result]

"""The window of the tag browser. Draws what it is given and passes on which film should be compared."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFontDatabase, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from viewer.core.element_rows import ElementRow, Path, TagRow, as_text, one_file, two_files, visible
from viewer.core.language import tr
from viewer.ui.tags.model import TagModel

ROW_HEIGHT = 22


class TagBrowser(QWidget):
    """Every data element of a film's file: search, fold, copy, compare with another file."""

    compare_wished = Signal(str)  # film key, empty for none
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Tags"))
        self.resize(980, 720)
        self._rows: tuple[TagRow, ...] = ()
        self._files: tuple[str, ...] = ("",)
        self._folded: frozenset[Path] = frozenset()
        self._choices: tuple[tuple[str, str], ...] = ()
        self.model = TagModel()
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.search = QLineEdit(placeholderText=tr("Search tag, name or value"), clearButtonEnabled=True)
        self.search.textChanged.connect(self._show)
        self.others = QComboBox()
        self.others.activated.connect(lambda at: self.compare_wished.emit(self._choices[at][0]))
        self.only_differences = QCheckBox(tr("Differences only"))
        self.only_differences.toggled.connect(self._show)
        self.count = QLabel()
        self.view = self._make_view()
        self._lay_out()

    def _make_view(self) -> QTableView:
        view = QTableView()
        view.setModel(self.model)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        view.horizontalHeader().setHighlightSections(False)
        view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        view.clicked.connect(self._toggle_at)
        view.activated.connect(self._toggle)
        return view

    def _lay_out(self) -> None:
        copy, copy_all = QPushButton(tr("Copy rows")), QPushButton(tr("Copy all"))
        copy.clicked.connect(self.copy_selected)
        copy_all.clicked.connect(self.copy_all)
        QShortcut(QKeySequence.StandardKey.Copy, self.view, self.copy_selected)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        compared = QHBoxLayout()
        for widget in (QLabel(tr("Compare with")), self.others, self.only_differences):
            compared.addWidget(widget)
        compared.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.count, 1)
        below.addWidget(copy)
        below.addWidget(copy_all)
        column = QVBoxLayout(self)
        column.addWidget(self.title)
        column.addWidget(self.search)
        column.addLayout(compared)
        column.addWidget(self.view, 1)
        column.addLayout(below)

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────

    def show_choices(self, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer films to compare with: (film key, title). The first entry stands for none."""
        self._choices = (("", tr("nothing")), *choices)
        self.others.clear()
        self.others.addItems([title for _, title in self._choices])
        keys = [key for key, _ in self._choices]
        self.others.setCurrentIndex(keys.index(chosen) if chosen in keys else 0)

    def show_message(self, title: str, message: str) -> None:
        """No rows: why."""
        self.title.setText(title)
        self._rows = ()
        self._show()
        self.count.setText(message)

    def show_file(self, title: str, rows: Sequence[ElementRow]) -> None:
        """One file."""
        self._show_rows(title, one_file(rows), ("",))

    def show_two(
        self, titles: tuple[str, str], first: Sequence[ElementRow], second: Sequence[ElementRow]
    ) -> None:
        """Two files side by side."""
        self._show_rows(titles[0], two_files(first, second), titles)

    def _show_rows(self, title: str, rows: tuple[TagRow, ...], files: tuple[str, ...]) -> None:
        is_other_kind = len(files) != len(self._files)
        self._rows, self._files = rows, files
        self.title.setText(title)
        self.only_differences.setEnabled(len(files) == 2)
        self._show()
        if is_other_kind or not self.view.columnWidth(1):
            self._size_columns()

    def _show(self) -> None:
        is_only = self.only_differences.isChecked() and len(self._files) == 2
        shown = visible(self._rows, self.search.text(), self._folded, only_differences=is_only)
        at = self.view.verticalScrollBar().value()
        self.model.show(shown, self._files, self._folded)
        self.view.verticalScrollBar().setValue(at)  # the next slice's tags stay at the same place
        differing = sum(1 for row in self._rows if row.difference and not row.has_children)
        told = tr("{shown} of {all} rows", shown=f"{len(shown):,}", all=f"{len(self._rows):,}")
        different = tr("{count} different", count=f"{differing:,}") if len(self._files) == 2 else ""
        self.count.setText(" · ".join(part for part in (told, different) if part))

    def _size_columns(self) -> None:
        metrics = self.view.fontMetrics()
        for column, letters in enumerate((22, 34, 5)):
            self.view.setColumnWidth(column, metrics.horizontalAdvance("0") * letters)
        header = self.view.horizontalHeader()
        for column in range(3, self.model.columnCount()):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    # ── the hand ────────────────────────────────────────────────────────────────────────────────────────────

    def _toggle_at(self, index: QModelIndex) -> None:
        if index.column() == 0:
            self._toggle(index)

    def _toggle(self, index: QModelIndex) -> None:
        row = self.model.rows[index.row()]
        if row.has_children and not self.search.text().strip():
            self._folded ^= {row.path}
            self._show()

    def copy_selected(self) -> None:
        """The selected rows to the clipboard, top to bottom."""
        chosen = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        self._copy([self.model.rows[at] for at in chosen])

    def copy_all(self) -> None:
        """Every row that is shown to the clipboard."""
        self._copy(self.model.rows)

    def _copy(self, rows: Sequence[TagRow]) -> None:
        if rows:
            QGuiApplication.clipboard().setText(as_text(rows))
            self.count.setText(tr("{count} rows copied", count=f"{len(rows):,}"))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)

"""The audit log, to be looked through: whether it is as it was written, its lines, and a copy of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from plugin import parts, theme
from plugin.records.audit_check import Verdict
from plugin.records.audit_rows import AuditRow, Wish, kinds_in, wanted, what_text
from plugin.records.audit_table import AuditTable

ALL_KINDS = "All kinds"
SEARCH_MS = 120
SHEET = f"""
QDialog {{ background: {theme.GROUND}; color: {theme.TEXT}; }}
QLabel#verdict {{ font-weight: 600; color: {theme.GREEN}; }}
QLabel#verdict[is_broken="true"] {{ color: {theme.RED}; }}
QTableView {{
    background: {theme.SURFACE}; alternate-background-color: {theme.GROUND}; color: {theme.TEXT};
    border: 1px solid {theme.LINE}; selection-background-color: #2f5d7c; selection-color: #f3f7fa;
}}
QHeaderView::section {{
    background: {theme.RAISED}; color: {theme.MUTED}; border: none; border-right: 1px solid {theme.LINE};
    padding: 4px 6px;
}}
QPlainTextEdit, QLineEdit, QComboBox {{
    background: {theme.SURFACE}; color: {theme.TEXT}; border: 1px solid {theme.LINE}; border-radius: 5px; padding: 4px;
}}
QLineEdit:focus, QComboBox:focus, QTableView:focus {{ border-color: {theme.BLUE}; }}
QLabel, QCheckBox {{ color: {theme.TEXT}; }}
"""


class AuditDialog(QDialog):
    """Draws rows and a verdict, and passes on the wish for a copy. Reads no file itself."""

    export_wanted = Signal(str)  # the file

    def __init__(self, study: str = "", parent: QWidget | None = None) -> None:
        """`study`: Study Instance UID of the study on screen, or empty."""
        super().__init__(parent)
        self._study, self._head = study, ""
        self._rows: list[AuditRow] = []
        self._has_older = False
        self.setWindowTitle("Audit log")
        self.setStyleSheet(SHEET)
        self.resize(1080, 640)
        self.verdict_label = parts.label("Checking…")
        self.verdict_label.setObjectName("verdict")
        self.verdict_label.setAccessibleName("State of the log")
        self.faults = QPlainTextEdit()
        self.faults.setReadOnly(True)
        self.faults.setAccessibleName("What is not as it was written")
        self.faults.hide()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: who, what, study, model …")
        self.search.setAccessibleName("Search in the log")
        self.search.setClearButtonEnabled(True)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of event")
        self.kind.addItem(ALL_KINDS, "")
        self.this_study = QCheckBox("This study only", self)
        self.this_study.setVisible(bool(study))
        self.table = AuditTable()
        self.whole = QPlainTextEdit()
        self.whole.setReadOnly(True)
        self.whole.setAccessibleName("The chosen line, whole")
        self.whole.hide()
        self.count_label = parts.label("", "muted")
        self.head_button = parts.button(
            "Copy the chain's end", "To be written down elsewhere: it finds a replaced log"
        )
        self.export_button = parts.button(
            "Export…", "Write all lines into a file, for somebody else to check"
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._soon = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        filters.addWidget(self.search, 1)
        filters.addWidget(self.kind)
        filters.addWidget(self.this_study)
        below = QHBoxLayout()
        below.addWidget(self.count_label, 1)
        for button in (self.head_button, self.export_button, self.buttons):
            below.addWidget(button)
        box = QVBoxLayout(self)
        box.setSpacing(10)
        for part in (self.verdict_label, self.faults):
            box.addWidget(part)
        box.addLayout(filters)
        box.addWidget(self.table, 1)
        box.addWidget(self.whole)
        box.addLayout(below)
        self.head_button.setEnabled(False)
        self.search.setFocus()

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self._soon.start())
        self._soon.timeout.connect(self.show_wanted)
        self.kind.currentIndexChanged.connect(lambda _: self.show_wanted())
        self.this_study.toggled.connect(lambda _: self.show_wanted())
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._show_whole(now))
        self.table.rows.modelReset.connect(self.whole.hide)
        self.head_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._head))
        self.export_button.clicked.connect(self._choose_file)
        self.buttons.rejected.connect(self.reject)

    def show_rows(self, rows: Sequence[AuditRow]) -> None:
        """All lines, the oldest first."""
        self._rows = list(reversed(rows))
        for what in kinds_in(self._rows):
            if self.kind.findData(what) < 0:
                self.kind.addItem(what_text(what), what)
        self.show_wanted()

    def show_verdict(self, verdict: Verdict) -> None:
        """Whether the log is as it was written, and where it is not."""
        self._head = verdict.head.text
        self._has_older = verdict.lines > len(self._rows) + len(verdict.faults)
        self.show_wanted()
        self.head_button.setEnabled(verdict.is_intact and verdict.lines > 0)
        mark = "✓" if verdict.is_intact else "⚠"
        self.verdict_label.setText(f"{mark} {verdict.text}")
        self.verdict_label.setProperty("is_broken", not verdict.is_intact)
        self.verdict_label.style().polish(self.verdict_label)
        told = [*map(str, verdict.faults), *verdict.notes]
        _fill(self.faults, "\n".join(told))

    def show_problem(self, text: str) -> None:
        """The log can't be read."""
        self.verdict_label.setText(text)
        self.verdict_label.setProperty("is_broken", True)
        self.verdict_label.style().polish(self.verdict_label)

    def show_wanted(self) -> None:
        study = self._study if self.this_study.isChecked() else ""
        rows = wanted(self._rows, Wish(self.search.text(), self.kind.currentData() or "", study))
        self.table.rows.show_rows(rows)
        told = f"{len(rows):,} of {len(self._rows):,}" if len(rows) < len(self._rows) else f"{len(rows):,}"
        older = "; older ones: sidelight audit show" if self._has_older else ""
        self.count_label.setText(f"{told} lines{older}")

    def _show_whole(self, chosen: QModelIndex) -> None:
        """What the columns cut off, without a mouse."""
        tip = chosen.data(Qt.ItemDataRole.ToolTipRole) if chosen.isValid() else ""
        _fill(self.whole, str(tip or ""))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export the audit log", "audit-log.jsonl", "Lines as they stand (*.jsonl);;Table (*.csv)"
        )
        if chosen:
            self.export_wanted.emit(chosen)


def _fill(box: QPlainTextEdit, text: str) -> None:
    """As high as its text, up to six lines; not there without one."""
    box.setPlainText(text)
    lines = min(6, text.count("\n") + 1)
    box.setFixedHeight(lines * box.fontMetrics().lineSpacing() + 28)
    box.setVisible(bool(text))

"""The list of macros: the reader's own can be changed, the site's are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from plugin import parts, theme
from plugin.report.macros import Macro, problem_of

ABOUT = (
    "Type a code in the report and press Space or Tab: it is written out. Ctrl+Z takes it back. "
    "A text may hold [fields]."
)
_SHEET = f"""
QDialog {{ background: {theme.GROUND}; }}
QLabel {{ color: {theme.TEXT}; }}
QLabel[role="muted"] {{ color: {theme.MUTED}; }}
QLabel[role="problem"] {{ color: {theme.RED}; }}
QTableWidget {{
    background: {theme.SURFACE}; color: {theme.TEXT}; border: 1px solid {theme.LINE}; gridline-color: {theme.LINE};
    selection-background-color: #275a7c; selection-color: #f3f7fa;
}}
QHeaderView::section {{ background: {theme.RAISED}; color: {theme.MUTED}; border: none; padding: 5px; }}
QTableCornerButton::section {{ background: {theme.RAISED}; border: none; }}
QPushButton {{
    color: {theme.TEXT}; background: {theme.RAISED}; border: 1px solid #39414c; border-radius: 5px; padding: 5px 12px;
}}
QPushButton:hover {{ background: #303843; }}
QPushButton:focus {{ border-color: {theme.BLUE}; }}
QPushButton:disabled {{ color: #616974; }}
QLineEdit {{ color: {theme.TEXT}; background: {theme.RAISED}; border: 1px solid {theme.BLUE}; }}
"""


class MacroDialog(QDialog):
    """Edits the reader's own macros. `kept` tells all of them, once they are fit to be kept."""

    kept = Signal(object)  # tuple[Macro, ...]

    def __init__(self, own: Sequence[Macro], site: Sequence[Macro], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Macros")
        self.setStyleSheet(_SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 420)
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName("Macros")
        self.table.setHorizontalHeaderLabels(["Code", "Text", "Whose"])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for macro in own:
            self._add_row(macro, is_own=True)
        for macro in site:
            self._add_row(macro, is_own=False)
        self.problem_label = parts.label(role="problem")
        self.add_button = parts.button("Add", "A new macro of your own")
        self.remove_button = parts.button("Remove", "Take the selected macro of yours away")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self.remove)
        self.buttons.accepted.connect(self.keep)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.add_button)
        row.addWidget(self.remove_button)
        row.addStretch(1)
        row.addWidget(self.buttons)
        box = QVBoxLayout(self)
        box.addWidget(parts.label(ABOUT, "muted"))
        box.addWidget(self.table, 1)
        box.addWidget(self.problem_label)
        box.addLayout(row)
        self.problem_label.hide()

    def own_macros(self) -> tuple[Macro, ...]:
        """The reader's rows as they stand, empty ones left out."""
        rows = [(self._cell(row, 0).strip(), self._cell(row, 1)) for row in self._own_rows()]
        return tuple(Macro(code, text) for code, text in rows if code or text.strip())

    def add(self) -> None:
        row = len(self._own_rows())
        self._add_row(Macro("", ""), is_own=True, at=row)
        self.table.setCurrentCell(row, 0)
        self.table.edit(self.table.model().index(row, 0))

    def remove(self) -> None:
        row = self.table.currentRow()
        if row in self._own_rows():
            self.table.removeRow(row)

    def keep(self) -> None:
        """Tell the macros and close, or say what is wrong with one of them."""
        self.table.setCurrentCell(-1, -1)  # ends what is being typed in a cell
        macros = self.own_macros()
        problems = [
            problem_of(macro.code, macro.text, (known.code for known in macros[:number]))
            for number, macro in enumerate(macros)
        ]
        problem = next(filter(None, problems), "")
        parts.show_text(self.problem_label, problem)
        if not problem:
            self.kept.emit(macros)
            self.accept()

    def _add_row(self, macro: Macro, *, is_own: bool, at: int | None = None) -> None:
        row = self.table.rowCount() if at is None else at
        self.table.insertRow(row)
        for column, text in enumerate((macro.code, macro.text, "yours" if is_own else "site")):
            item = QTableWidgetItem(text)
            if not is_own or column == 2:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(text)
            self.table.setItem(row, column, item)

    def _own_rows(self) -> list[int]:
        return [row for row in range(self.table.rowCount()) if self._cell(row, 2) == "yours"]

    def _cell(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return item.text() if item is not None else ""

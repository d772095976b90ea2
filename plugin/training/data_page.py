"""Which data shall be learnt from, and what is wrong with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from plugin import parts
from plugin.training import words
from plugin.training.fault_table import FaultTable
from plugin.training.progress_row import ProgressRow
from plugin.training.state import TrainingState

ABOUT = (
    "The model learns from studies whose report or findings are known. Patients who judge it are kept apart from those "
    "it learns from."
)
NOTHING_CHOSEN = "No data are chosen. Add a folder of studies with reports, or the corrections of this site."
NOT_CHECKED = "Not looked at yet. The check names every fault with its row and what to do about it."
CORRECTIONS = "corrections:"


class DataPage(QWidget):
    """Draws the sources and the doctor's report. Decides nothing."""

    folder_requested = Signal(str)  # the kind of data that is looked for
    corrections_requested = Signal()
    removed = Signal(str)
    check_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName("Chosen data")
        self.list.setFixedHeight(104)
        self.empty = parts.label(NOTHING_CHOSEN, "muted")
        self.kind = QComboBox()
        self.kind.setAccessibleName("Form of the data")
        self.folder_button = parts.button("Add folder…", "Choose a folder with data of this form")
        self.corrections_button = parts.button(
            "Add corrections", "Learn from what this site's readers changed and signed"
        )
        self.remove_button = parts.button("Remove", "Take the chosen line out of the list")
        self.corrections = parts.small(parts.label(role="muted"))
        self.check_button = parts.button(
            "Check the data", "Look at every study and name what is wrong", "primary"
        )
        self.progress = ProgressRow("doctor")
        self.summary = parts.label(NOT_CHECKED, "muted")
        self.parts = parts.small(parts.label(role="muted"))
        self.faults = FaultTable()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.kind, 1)
        for button in (self.folder_button, self.corrections_button, self.remove_button):
            buttons.addWidget(button)
        row = QHBoxLayout()
        row.addWidget(self.check_button)
        row.addWidget(self.summary, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 14, 4, 4)
        box.setSpacing(9)
        box.addWidget(parts.label(ABOUT, "muted"))
        box.addLayout(buttons)
        for widget in (self.list, self.empty, self.corrections, parts.line()):
            box.addWidget(widget)
        box.addLayout(row)
        box.addWidget(self.progress)
        box.addWidget(self.parts)
        box.addWidget(self.faults, 1)
        box.addStretch(0)

    def _connect(self) -> None:
        self.folder_button.clicked.connect(
            lambda: self.folder_requested.emit(self.kind.currentData() or "folder")
        )
        self.corrections_button.clicked.connect(self.corrections_requested)
        self.remove_button.clicked.connect(self._remove)
        self.check_button.clicked.connect(self.check_requested)
        self.progress.stop_requested.connect(self.stop_requested)
        self.list.currentRowChanged.connect(lambda at: self.remove_button.setEnabled(at >= 0))

    def show_state(self, state: TrainingState) -> None:
        """Make the widgets match `state`."""
        self._show_means(state)
        self._show_sources(state.sources)
        parts.show_text(self.empty, "" if state.sources else NOTHING_CHOSEN)
        self.list.setVisible(bool(state.sources))
        self.remove_button.setEnabled(self.list.currentRow() >= 0)
        self.check_button.setEnabled(bool(state.sources) and not state.asking)
        self.progress.show_state(state)
        found = state.examination
        told = words.examination_text(found) if found else NOT_CHECKED if state.sources else ""
        self.summary.setText(told)
        parts.show_text(self.parts, words.parts_text(found) if found else "")
        self.faults.setVisible(found is not None and bool(found.faults))
        if found is not None:
            self.faults.show_faults(found.faults)

    def _show_means(self, state: TrainingState) -> None:
        if state.means is None:
            self.corrections_button.setEnabled(False)
            return
        kept = state.means.corrections
        has_them = any(source.startswith(CORRECTIONS) for source in state.sources)
        self.corrections_button.setEnabled(kept.studies > 0 and not has_them)
        self.corrections.setText(
            f"Corrections of this site: {words.corrections_text(kept)}"
            if kept.studies
            else words.NO_CORRECTIONS
        )
        if self.kind.count() == 0:
            for kind in state.means.kinds:
                if kind.id != "corrections":
                    self.kind.addItem(f"{kind.id}: {kind.help}", kind.id)
            self.kind.setCurrentIndex(max(0, self.kind.findData("folder")))

    def _show_sources(self, sources: tuple[str, ...]) -> None:
        shown = tuple(self.list.item(at).data(Qt.ItemDataRole.UserRole) for at in range(self.list.count()))
        if shown == sources:
            return
        self.list.clear()
        for source in sources:
            item = QListWidgetItem(words.source_title(source))
            item.setData(Qt.ItemDataRole.UserRole, source)
            item.setToolTip(source.partition(":")[2])
            self.list.addItem(item)

    def _remove(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.removed.emit(item.data(Qt.ItemDataRole.UserRole))

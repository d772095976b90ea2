"""The models of this computer: which one reads, and how another one is installed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inference.status import InstalledPack
from plugin import parts, theme
from plugin.backend.choice import PRECISION_CHOICES, ModelChoice

FETCH = "sidelight packs fetch m4cxr"
INSTALL = "sidelight packs install FILE"
HOW = (
    "A model is a file or a folder. Run one of these commands in a terminal: the first one lists what is published and "
    "asks before anything is downloaded, the second one takes a file that you were given."
)
NONE = "No model is installed. The program's own starter should be here: install the program again."
LISTING = "Looking for models…"


class ModelsDialog(QDialog):
    """Lists what the backend has told, and passes on which model shall read."""

    chosen = Signal(ModelChoice)

    def __init__(self, now: ModelChoice, loaded: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now, self._loaded = now, loaded
        self.setObjectName("ReportPanel")
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("Models on this computer")
        self.resize(560, 520)
        self.note = parts.label(LISTING, "muted")
        self.list = QListWidget()
        self.list.setAccessibleName("Installed models")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(3)
        self.precision = QComboBox()
        self.precision.setAccessibleName("How precisely the weights are held")
        for value, title in PRECISION_CHOICES:
            self.precision.addItem(title, value)
        self.precision.setCurrentIndex(max(0, self.precision.findData(now.precision)))
        self.commands = [_command(FETCH), _command(INSTALL)]
        self.use_button = parts.button(
            "Read with this model", "Start the AI again with the chosen model", "primary"
        )
        self.use_button.setEnabled(False)
        self.use_button.clicked.connect(self._use)
        self.list.currentRowChanged.connect(lambda _: self._enable())
        self.list.itemActivated.connect(lambda _: self._use())
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 18, 20, 14)
        box.setSpacing(10)
        box.addWidget(parts.label("On this computer", "section"))
        box.addWidget(self.note)
        box.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.addWidget(QLabel("Weights held in"))
        row.addWidget(self.precision, 1)
        row.addWidget(self.use_button)
        box.addLayout(row)
        box.addWidget(parts.line())
        box.addWidget(parts.label("Get another one", "section"))
        box.addWidget(parts.label(HOW, "muted"))
        for field in self.commands:
            box.addLayout(_with_copy_button(field))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box.addWidget(buttons)

    def show_packs(self, packs: tuple[InstalledPack, ...]) -> None:
        """What is installed; the one that reads is chosen."""
        self.list.clear()
        for pack in packs:
            item = QListWidgetItem(_title(pack, self._loaded))
            item.setData(Qt.ItemDataRole.UserRole, pack.id)
            if pack.quarantine or not pack.reads:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
            if pack.id == self._loaded:
                self.list.setCurrentItem(item)
        self.show_note("" if packs else NONE)
        self._enable()

    def show_note(self, text: str) -> None:
        parts.show_text(self.note, text)

    def _enable(self) -> None:
        item = self.list.currentItem()
        self.use_button.setEnabled(item is not None and bool(item.flags() & Qt.ItemFlag.ItemIsEnabled))

    def _use(self) -> None:
        item = self.list.currentItem()
        if item is not None and self.use_button.isEnabled():
            self.chosen.emit(ModelChoice(item.data(Qt.ItemDataRole.UserRole), self.precision.currentData()))
            self.accept()


def _title(pack: InstalledPack, loaded: str) -> str:
    state = "reads now" if pack.id == loaded else ""
    state = state if pack.reads else "draws synthetic films"
    state = f"not used: {pack.quarantine}" if pack.quarantine else state
    about = " · ".join(part for part in (pack.id, pack.version, pack.licence, state) if part)
    return f"{pack.title}\n{about}"


def _command(text: str) -> QLineEdit:
    made = QLineEdit(text)
    made.setReadOnly(True)
    made.setAccessibleName(f"Command: {text}")
    return made


def _with_copy_button(field: QLineEdit) -> QHBoxLayout:
    copy = parts.button("Copy", "Copy the command")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(field.text()))
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(copy)
    return row

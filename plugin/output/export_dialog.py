"""Asks which files shall be written and where, shows how far it is, and lists what was written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from plugin import parts
from plugin.output.exporting import ALL_KINDS, FileKind, Step, Written

TITLES: dict[FileKind, str] = {
    "text": "Text",
    "rtf": "Formatted text (RTF)",
    "pdf": "PDF with the films",
    "fhir": "FHIR R4 (DiagnosticReport, JSON)",
    "dicom": "DICOM: findings SR, marks, report SR, PDF",
}
HOLDS_IDENTITY = "The files hold the patient's identity. File names do not."
NO_DICOM = "A picture file has no patient and no study, so no DICOM object can be made of it."


class ExportDialog(QDialog):
    """Draws the state of an export and passes on wishes. Decides nothing."""

    export_requested = Signal(str, list)  # folder, kinds
    stop_requested = Signal()

    def __init__(
        self, parent: QWidget | None, folder: str, kinds: tuple[FileKind, ...], mark: str, can_be_dicom: bool
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export files")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self.mark_label = parts.label(
            f"Not signed: everything is marked {mark}." if mark else "Signed report."
        )
        self.mark_label.setAccessibleName(self.mark_label.text())
        self.boxes: dict[FileKind, QCheckBox] = {}
        for kind in ALL_KINDS:
            box = QCheckBox(TITLES[kind])
            box.setChecked(kind in kinds)
            self.boxes[kind] = box
        if not can_be_dicom:
            self.boxes["dicom"].setChecked(False)
            self.boxes["dicom"].setEnabled(False)
            self.boxes["dicom"].setToolTip(NO_DICOM)
            self.boxes["dicom"].setAccessibleDescription(NO_DICOM)
        self.folder = QLineEdit(folder)
        self.folder.setPlaceholderText("Folder for the files")
        self.folder.setAccessibleName("Folder for the files")
        self.folder_button = parts.button("Choose…", "Choose the folder for the files")
        self.identity_label = parts.small(parts.label(HOLDS_IDENTITY))
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the export")
        self.progress.setTextVisible(False)
        self.said = parts.label()
        self.said.setAccessibleName("Result of the export")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.export_button = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.ActionRole)
        self.export_button.setDefault(True)
        self._lay_out()
        self._connect()
        self.show_ready()
        (self.export_button if folder else self.folder).setFocus()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.folder_button)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(self.mark_label)
        for check in self.boxes.values():
            box.addWidget(check)
        box.addLayout(row)
        box.addWidget(self.identity_label)
        box.addWidget(self.progress)
        box.addWidget(self.said)
        box.addStretch(1)
        box.addWidget(self.buttons)

    def _connect(self) -> None:
        self.buttons.rejected.connect(self.reject)
        self.export_button.clicked.connect(self._ask_export)
        self.folder_button.clicked.connect(self._choose_folder)
        self.folder.textChanged.connect(self.show_ready)
        for check in self.boxes.values():
            check.toggled.connect(self.show_ready)
        self.finished.connect(lambda _: self.stop_requested.emit())

    def chosen(self) -> list[FileKind]:
        return [kind for kind, box in self.boxes.items() if box.isChecked()]

    def show_ready(self) -> None:
        """What can be begun."""
        self.progress.setVisible(False)
        self.export_button.setEnabled(bool(self.chosen() and self.folder.text().strip()))

    def show_step(self, step: Step) -> None:
        self.export_button.setEnabled(False)
        self.progress.setVisible(True)
        self.progress.setRange(0, step.total)
        self.progress.setValue(step.done)
        parts.show_text(self.said, f"{step.text}…")

    def show_written(self, written: Written) -> None:
        """What was written, file by file."""
        self.show_ready()
        lines = [f"• {file.title}: {file.path.name}" for file in written.files]
        where = written.files[0].path.parent if written.files else ""
        parts.show_text(self.said, "\n".join((f"Written into {where}:", *lines)))

    def show_refusal(self, reason: str) -> None:
        self.show_ready()
        parts.show_text(self.said, f"Not exported. {reason}")

    def _ask_export(self) -> None:
        self.export_requested.emit(self.folder.text().strip(), self.chosen())

    def _choose_folder(self) -> None:
        start = self.folder.text() or str(Path.home())
        name = QFileDialog.getExistingDirectory(self, "Folder for the files", start)
        if name:
            self.folder.setText(name)

"""Shows the pages of the report before they are printed or saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QScrollArea, QVBoxLayout, QWidget

from plugin import parts

SHEET_WIDTH = 560


class PrintDialog(QDialog):
    """Draws the pages and passes on where they shall go. Decides nothing."""

    print_requested = Signal()
    file_requested = Signal()

    def __init__(self, parent: QWidget | None, sheets: Sequence[QImage], mark: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Print or save as PDF")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(SHEET_WIDTH + 60, 760)
        self.sheets = [self._sheet(sheet, number, len(sheets)) for number, sheet in enumerate(sheets, 1)]
        paper = QWidget()
        column = QVBoxLayout(paper)
        column.setSpacing(14)
        for sheet in self.sheets:
            column.addWidget(sheet)
        self.area = QScrollArea()
        self.area.setWidget(paper)
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("Pages of the report")
        self.said = parts.label(f"Not signed: every page is marked {mark}." if mark else "Signed report.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.file_button = buttons.addButton("Save as PDF…", QDialogButtonBox.ButtonRole.ActionRole)
        self.print_button = buttons.addButton("Print…", QDialogButtonBox.ButtonRole.ActionRole)
        self.print_button.setDefault(True)
        self.file_button.clicked.connect(self.file_requested)
        self.print_button.clicked.connect(self.print_requested)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(self.area, 1)
        box.addWidget(self.said)
        box.addWidget(buttons)

    def say(self, text: str) -> None:
        parts.show_text(self.said, text)

    def _sheet(self, sheet: QImage, number: int, total: int) -> QLabel:
        ratio = self.devicePixelRatioF()
        smooth = Qt.TransformationMode.SmoothTransformation
        shown = QPixmap.fromImage(sheet).scaledToWidth(round(SHEET_WIDTH * ratio), smooth)
        shown.setDevicePixelRatio(ratio)
        label = QLabel()
        label.setPixmap(shown)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAccessibleName(f"Page {number} of {total}")
        return label

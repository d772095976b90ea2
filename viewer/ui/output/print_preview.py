"""Shows the sheets before they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr

SHEET_HEIGHT = 640


class PrintPreview(QDialog):
    """Draws the sheets and passes on where they shall go. Decides nothing."""

    printing_wished = Signal()
    file_wished = Signal()

    def __init__(self, parent: QWidget, sheets: Sequence[QImage]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Print preview"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sheets = [self._sheet(sheet) for sheet in sheets]
        row = QHBoxLayout()
        row.setSpacing(16)
        for sheet in self.sheets:
            row.addWidget(sheet)
        paper = QWidget()
        paper.setLayout(row)
        scroll = QScrollArea()
        scroll.setWidget(paper)
        scroll.setWidgetResizable(True)
        scroll.setMinimumSize(min(1100, 500 * len(sheets) + 40), SHEET_HEIGHT + 50)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.file_button = buttons.addButton(tr("Save as PDF…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.print_button = buttons.addButton(tr("Print…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.print_button.setDefault(True)
        self.file_button.clicked.connect(self.file_wished)
        self.print_button.clicked.connect(self.printing_wished)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(scroll, 1)
        column.addWidget(buttons)

    def _sheet(self, sheet: QImage) -> QLabel:
        ratio = self.devicePixelRatioF()
        shown = QPixmap.fromImage(sheet).scaledToHeight(
            round(SHEET_HEIGHT * ratio), Qt.TransformationMode.SmoothTransformation
        )
        shown.setDevicePixelRatio(ratio)
        label = QLabel()
        label.setPixmap(shown)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

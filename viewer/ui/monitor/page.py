"""The page with the pattern and two questions. Draws what is known and passes on what was seen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.core.language import tr
from viewer.ui.monitor.pattern import Pattern


class MonitorPage(QDialog):
    """Moved to the screen that is to be checked; the check is of the screen that it lies on."""

    checked = Signal(bool, bool)  # the dark patch is seen, the bright patch is seen

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Check this screen"))
        self.resize(1000, 820)
        self.pattern = Pattern()
        self.sees_dark = QCheckBox(tr("I see the darker square inside the black one (5 %)"))
        self.sees_bright = QCheckBox(tr("I see the square inside the white one (95 %)"))
        self.last = QLabel()
        self.last.setWordWrap(True)
        how = QLabel(
            tr(
                "Move this page to the screen that you read on, in reading light. All eighteen steps must differ."
            )
        )
        how.setWordWrap(True)
        self.keep = QPushButton(tr("Keep this check"))
        self.keep.clicked.connect(
            lambda: self.checked.emit(self.sees_dark.isChecked(), self.sees_bright.isChecked())
        )
        column = QVBoxLayout(self)
        column.addWidget(self.pattern, 1)
        column.addWidget(how)
        column.addWidget(self.sees_dark)
        column.addWidget(self.sees_bright)
        row = QHBoxLayout()
        row.addWidget(self.last, 1)
        row.addWidget(self.keep)
        column.addLayout(row)

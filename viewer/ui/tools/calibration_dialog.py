"""Asks how long the drawn line is in truth, on what, and who says so."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr

LEAST_WIDTH = 380


class CalibrationDialog(QDialog):
    """`given` carries the length in mm, the object and the name; nothing is given without a length and a name."""

    given = Signal(float, str, str)

    def __init__(self, parent: QWidget, drawn: str, name: str) -> None:
        """`drawn`: the line's length as the film has it now, with its label."""
        super().__init__(parent)
        self.setWindowTitle(tr("Calibrate this film"))
        self.length = QDoubleSpinBox(minimum=0.0, maximum=1000.0, decimals=2, value=0.0)
        self.length.setSuffix(" mm")
        self.length.setSpecialValueText(" ")  # empty until a length is given
        self.object = QLineEdit(placeholderText=tr("for instance: marker ball, ruler, coin"))
        self.name = QLineEdit(name)
        self.length.setMinimumHeight(self.object.sizeHint().height())
        self.setMinimumWidth(LEAST_WIDTH)
        told = QLabel(
            tr(
                "The line now measures {drawn}. All lengths of this film are then stated in the plane of the object,"
                " with your name and the date.",
                drawn=drawn,
            )
        )
        told.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("True length"), self.length)
        form.addRow(tr("Known object"), self.object)
        form.addRow(tr("Your name"), self.name)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self._give)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(told)
        column.addLayout(form)
        column.addWidget(self._buttons)
        for changed in (self.length.valueChanged, self.name.textChanged):
            changed.connect(self._check)
        self._check()
        self.length.selectAll()

    def _check(self) -> None:
        is_complete = self.length.value() > 0 and bool(self.name.text().strip())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(is_complete)

    def _give(self) -> None:
        self.given.emit(self.length.value(), self.object.text().strip(), self.name.text().strip())
        self.accept()

"""Asks how a view is exported, and shows what will leave."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr
from viewer.ui.output.view_picture import PictureWish


class ExportDialog(QDialog):
    """Draws the choices and passes them on. Decides nothing."""

    changed = Signal()  # the picture would look otherwise
    chosen = Signal()

    def __init__(self, parent: QWidget, *, can_be_dicom: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export this view"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.png = QRadioButton(tr("PNG picture"))
        self.capture = QRadioButton(tr("Secondary Capture (DICOM), for the PACS"))
        self.as_on_screen = QRadioButton(tr("As large as on the screen"))
        self.every_pixel = QRadioButton(tr("Every pixel of the film"))
        self.marks = QCheckBox(tr("With text and marks"))
        self.masked = QCheckBox(tr("Without name, ID and dates"))
        self.masked_note = QLabel(
            tr("Letters that are part of the film itself stay. Look at the picture before you pass it on.")
        )
        self.preview = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._picture: QImage | None = None
        self._kinds, self._sizes = QButtonGroup(self), QButtonGroup(self)
        self._build(can_be_dicom)

    def _build(self, can_be_dicom: bool) -> None:
        for group, first, second in (
            (self._kinds, self.png, self.capture),
            (self._sizes, self.as_on_screen, self.every_pixel),
        ):
            group.addButton(first)
            group.addButton(second)
            first.setChecked(True)
        self.capture.setEnabled(can_be_dicom)
        self.capture.setToolTip("" if can_be_dicom else tr("A picture file has no patient and no study."))
        self.marks.setChecked(True)
        self.masked_note.setWordWrap(True)
        self.masked_note.setVisible(False)
        self.preview.setMinimumSize(440, 400)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go_on = buttons.addButton(tr("Export…"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.chosen)
        buttons.rejected.connect(self.reject)
        choices = QVBoxLayout()
        choices.setSpacing(8)
        for widget in (self.png, self.capture):
            choices.addWidget(widget)
        choices.addSpacing(14)
        for widget in (self.as_on_screen, self.every_pixel):
            choices.addWidget(widget)
        choices.addSpacing(14)
        for box in (self.marks, self.masked, self.masked_note):
            choices.addWidget(box)
        choices.addStretch(1)
        choices.addWidget(buttons)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(18)
        whole.addLayout(choices)
        whole.addWidget(self.preview, 1)
        for button in (self.png, self.capture, self.as_on_screen, self.every_pixel, self.marks, self.masked):
            button.toggled.connect(self._change)
        self._change()

    @property
    def wish(self) -> PictureWish:
        """How the picture is to be."""
        return PictureWish(self.every_pixel.isChecked(), self.marks.isChecked(), self.is_masked)

    @property
    def is_masked(self) -> bool:
        return self.masked.isChecked() and self.png.isChecked()

    def show_picture(self, picture: QImage) -> None:
        """What will leave, as large as there is room for."""
        self._picture = picture
        room = self.preview.size() * self.devicePixelRatioF()
        mode = Qt.TransformationMode.SmoothTransformation
        shown = QPixmap.fromImage(picture).scaled(room, Qt.AspectRatioMode.KeepAspectRatio, mode)
        shown.setDevicePixelRatio(self.devicePixelRatioF())
        self.preview.setPixmap(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._picture is not None:
            self.show_picture(self._picture)

    def _change(self) -> None:
        self.masked.setEnabled(self.png.isChecked())
        self.masked.setToolTip(
            "" if self.png.isChecked() else tr("A DICOM object belongs to its patient and study.")
        )
        self.masked_note.setVisible(self.is_masked)
        self.changed.emit()

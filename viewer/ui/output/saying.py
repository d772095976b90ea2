"""Says what kept something from being written, where it can't be overlooked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from viewer.core.language import tr


def say_problem(parent: QWidget, text: str) -> None:
    """A box that waits for the reader, without holding up the window."""
    box = QMessageBox(QMessageBox.Icon.Warning, tr("Not exported"), text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()

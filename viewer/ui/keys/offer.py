"""A quiet line that can be clicked, and that is cut with an ellipsis where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter

FEWEST_LETTERS = 12
PADDING = 24
"""Left and right of the text, as the theme pads quiet buttons."""


class OfferButton(QPushButton):
    """Takes what room there is. Too narrow for a few words it shows nothing rather than half of one."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quiet")

    @property
    def shown_text(self) -> str:
        """What is painted of `text`."""
        room = self.width() - PADDING
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        return shown if len(shown) > FEWEST_LETTERS or shown == self.text() else ""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = self.shown_text
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)

"""Small widgets that every part of the panel uses."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy


def label(text: str = "", role: str = "") -> QLabel:
    """A wrapping label that can be selected with the mouse; `role` names its look in the theme."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)  # model text is never taken for markup
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    made.setProperty("role", role)
    return made


def fixed_label(text: str) -> QLabel:
    """A label that neither wraps nor shrinks: the name of a field in a form."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", "muted")
    return made


def small(made: QLabel) -> QLabel:
    made.setFont(smaller(made.font()))
    return made


def smaller(font: QFont) -> QFont:
    """The font about a tenth smaller, in whichever unit it was made."""
    made = QFont(font)
    if font.pointSizeF() > 0:
        made.setPointSizeF(font.pointSizeF() * 0.9)
    else:
        made.setPixelSize(max(1, round(font.pixelSize() * 0.9)))
    return made


def button(text: str, tip: str, role: str = "") -> QPushButton:
    """A button that the keyboard reaches and that says what it does."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAccessibleDescription(tip)
    made.setProperty("role", role)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def line() -> QFrame:
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def show_text(where: QLabel, text: str) -> None:
    """Set the text, and take the label away where there is none.

    A label that lies in no panel yet is not shown: it would be a window of its own, and take the keyboard.
    """
    where.setText(text)
    if where.parentWidget() is not None or not text:
        where.setVisible(bool(text))

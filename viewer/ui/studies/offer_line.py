"""A quiet line above the list that offers something and can be sent away; never a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from viewer.core.language import tr


class OfferLine(QFrame):
    """One offer at a time: the newest."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("offer")
        self.setStyleSheet("QFrame#offer { background: #1b2630; }")
        self._accept: Callable[[], None] = lambda: None
        self._refuse: Callable[[], None] = lambda: None
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.yes = QPushButton()
        self.no = QPushButton(tr("Not now"))
        self.yes.clicked.connect(self._on_yes)
        self.no.clicked.connect(self._on_no)
        buttons = QHBoxLayout()
        buttons.addWidget(self.yes)
        buttons.addWidget(self.no)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.addWidget(self.label)
        column.addLayout(buttons)
        self.hide()

    def offer(
        self, text: str, yes: str, accept: Callable[[], None], refuse: Callable[[], None] = lambda: None
    ) -> None:
        """Show `text`; `accept` or `refuse` is called once, when the reader says so."""
        self._accept, self._refuse = accept, refuse
        self.label.setText(text)
        self.yes.setText(yes)
        self.show()

    def _on_yes(self) -> None:
        self.hide()
        self._accept()

    def _on_no(self) -> None:
        self.hide()
        self._refuse()

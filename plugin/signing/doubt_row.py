"""One doubt on the sheet: what is wrong, where, what to do, and a place to say why it is right all the same."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from plugin import parts
from plugin.signing.words import DoubtRow


class DoubtCard(QFrame):
    """Draws a `DoubtRow`. Emits the doubt's id, and the reason where it is acknowledged."""

    place_asked = Signal(str)
    acknowledged = Signal(str, str)
    taken_back = Signal(str)

    def __init__(self, row: DoubtRow) -> None:
        super().__init__()
        self.row = row
        doubt = row.doubt
        self.setProperty("role", "doubt-card" if row.is_blocking and not row.reason else "quiet-card")
        self.setAccessibleName(f"{row.title}: {doubt.why}")
        self.title_label = parts.small(
            parts.label(row.title, "problem" if row.is_blocking and not row.reason else "muted")
        )
        self.why_label = parts.label(doubt.why)
        self.mend_label = parts.small(
            parts.label(f"Reason: {row.reason}" if row.reason else doubt.mend, "muted")
        )
        self.show_button = parts.button("Show", f"Go to the words: {doubt.sentence or doubt.why}")
        self.know_button = parts.button("I know better…", "Sign over this doubt, with a reason")
        self.back_button = parts.button("Take back", "Let this doubt stand against signing again")
        self.reason_field = QLineEdit()
        self.reason_field.setPlaceholderText("Why it is right as it stands; Enter keeps it")
        self.reason_field.setAccessibleName(f"Reason to sign over: {doubt.why}")
        self._connect()
        self._lay_out()

    def _connect(self) -> None:
        name = self.row.doubt.id
        self.show_button.clicked.connect(lambda: self.place_asked.emit(name))
        self.know_button.clicked.connect(self._ask_reason)
        self.back_button.clicked.connect(lambda: self.taken_back.emit(name))
        self.reason_field.returnPressed.connect(self._give_reason)

    def _lay_out(self) -> None:
        row, doubt = self.row, self.row.doubt
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.show_button, self.know_button, self.back_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.setSpacing(4)
        for widget in (self.title_label, self.why_label, self.mend_label):
            box.addWidget(widget)
        box.addLayout(buttons)
        box.addWidget(self.reason_field)
        self.show_button.setVisible(doubt.end > doubt.start)
        self.know_button.setVisible(row.is_blocking and doubt.may_be_acknowledged and not row.reason)
        self.back_button.setVisible(bool(row.reason))
        self.reason_field.hide()

    def _ask_reason(self) -> None:
        self.reason_field.show()
        self.reason_field.setFocus()

    def _give_reason(self) -> None:
        if self.reason_field.text().strip():
            self.acknowledged.emit(self.row.doubt.id, self.reason_field.text())

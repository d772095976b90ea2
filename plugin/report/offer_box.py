"""A new wording by the model, beside the old one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from plugin import parts
from plugin.report.margin import BARS, WORDS
from plugin.report.state import Offer

CHANGED = "Your text was changed there meanwhile. Copy what you want of the new wording."
SAME = "The AI writes the same words again."


class OfferBox(QFrame):
    """Shows an `Offer` and passes on what the reader makes of it."""

    taken = Signal()
    declined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "offer")
        self.setStyleSheet(
            f'QFrame[role="offer"] {{ border: 1px solid #6b5426; border-left: 3px dotted {BARS["ai"]};'
            " border-radius: 6px; background: #1d1a14; }"
        )
        self.setAccessibleName("New wording by the AI")
        self.title = parts.label("New wording by the AI", "section")
        self.text = parts.label()
        self.text.setStyleSheet(f"color: {WORDS['ai']};")
        self.doubts = parts.small(parts.label(role="doubt"))
        self.take_button = parts.button("Use it", "Put the new wording in place of the old one (Alt+Enter)")
        self.keep_button = parts.button("Keep mine", "Leave the text as it is (Esc)")
        self.take_button.setEnabled(False)
        self.take_button.clicked.connect(self.taken)
        self.keep_button.clicked.connect(self.declined)
        buttons = QHBoxLayout()
        buttons.addWidget(self.take_button)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(parts.small(parts.label("Alt+Enter · Esc", "muted")), 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 8, 10, 8)
        box.setSpacing(6)
        for widget in (self.title, self.text, self.doubts):
            box.addWidget(widget)
        box.addLayout(buttons)
        self.hide()

    def show_offer(self, offer: Offer | None, can_take: bool) -> None:
        """Draw an offer; None: there is nothing to decide."""
        if offer is not None:
            parts.show_text(self.text, offer.new.strip() or ("" if offer.is_ready else "Writing…"))
            notes = [*offer.doubts]
            if offer.is_ready and offer.new and offer.new.strip() == offer.old.strip():
                notes.append(SAME)
            elif offer.is_ready and offer.new and not can_take:
                notes.append(CHANGED)
            parts.show_text(self.doubts, "\n".join(notes))
        self.take_button.setEnabled(offer is not None and can_take)
        self.setVisible(offer is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.declined.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.take_button.isEnabled():
            self.taken.emit()
        else:
            super().keyPressEvent(event)

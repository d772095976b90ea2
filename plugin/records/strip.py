"""The lines at the top of the panel about what is kept: not saved, open elsewhere, another draft to be had."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from plugin import parts
from plugin.records.troubles import StripView


class RecordsStrip(QFrame):
    """Draws a `StripView` and passes on what the reader asks for. Decides nothing."""

    taken = Signal()
    discarded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.trouble_label = parts.label(role="problem")
        self.notice_label = parts.label(role="doubt")
        self.offer_label = parts.label()
        self.take_button = parts.button(
            "Bring it back", "Go on with that draft; what stands here is kept in its place"
        )
        self.discard_button = parts.button("Discard it", "Delete that draft for good; what stands here stays")
        self.take_button.clicked.connect(self.taken)
        self.discard_button.clicked.connect(self.discarded)
        for label, name in (
            (self.trouble_label, "Not saved"),
            (self.notice_label, "About this draft"),
            (self.offer_label, "Another draft"),
        ):
            label.setAccessibleName(name)
        self._lay_out()
        self.show_view(StripView())

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.take_button)
        buttons.addWidget(self.discard_button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(8)
        for label in (self.trouble_label, self.notice_label, self.offer_label):
            box.addWidget(label)
        box.addLayout(buttons)

    def show_view(self, view: StripView) -> None:
        """Make the widgets match `view`; safe to call as often as you like."""
        parts.show_text(self.trouble_label, "\n".join(view.troubles))
        parts.show_text(self.notice_label, "\n".join(view.notices))
        parts.show_text(self.offer_label, view.offer)
        self.take_button.setVisible(bool(view.offer))
        self.discard_button.setVisible(bool(view.offer))
        self.setProperty("role", "problem-box" if view.troubles else "note-box")
        self.style().polish(self)
        self.setVisible(view != StripView())

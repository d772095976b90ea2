"""The bar at the panel's bottom: how far the signature is, and the way to it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from plugin import parts
from plugin.signing import words
from plugin.view import PanelView


class SignBar(QWidget):
    """Draws the state of the signature and passes on wishes. The button that asks never confirms."""

    sign_asked = Signal()
    called_off = Signal()
    addendum_asked = Signal()
    addendum_given_up = Signal()
    versions_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("SignBar")
        self.state_label = parts.label()
        self.state_label.setAccessibleName("State of the signature")
        self.sign_button = parts.button(
            "Sign…", "Check the report and show what stands against signing (Ctrl+Enter)"
        )
        self.back_button = parts.button("Back to writing", "Sign later; nothing is lost")
        self.addendum_button = parts.button("Addendum…", "Add to the signed report")
        self.give_up_button = parts.button("Discard", "Throw the unsigned addendum away")
        self.versions_button = parts.button(
            "Versions", "Look at what was signed, and what each version changed"
        )
        for button, signal in (
            (self.sign_button, self.sign_asked),
            (self.back_button, self.called_off),
            (self.addendum_button, self.addendum_asked),
            (self.give_up_button, self.addendum_given_up),
            (self.versions_button, self.versions_asked),
        ):
            button.clicked.connect(signal)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.versions_button, self.give_up_button, self.back_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.addendum_button, self.sign_button):
            buttons.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 8, 14, 10)
        box.setSpacing(6)
        box.addWidget(self.state_label)
        box.addLayout(buttons)

    def show_view(self, view: PanelView) -> None:
        reading = view.reading
        signing = reading.signing
        is_asked = signing.stage != "draft"
        self.setVisible(bool(view.study_key))
        parts.show_text(self.state_label, words.bar_text(reading))
        self.sign_button.setVisible(signing.is_open)
        self.sign_button.setEnabled(signing.is_open and not is_asked)
        self.back_button.setVisible(is_asked)
        self.addendum_button.setVisible(signing.is_signed and signing.addendum is None)
        self.give_up_button.setVisible(signing.addendum is not None and not is_asked)
        self.versions_button.setVisible(signing.is_signed and signing.addendum is None)

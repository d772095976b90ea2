"""The red strip about critical findings: it stays in sight, blocks nothing on the films, and makes no sound."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from plugin import parts
from plugin.panel_body import ModestArea, PanelBody
from plugin.signing import words
from plugin.signing.critical import UrgentItem, urgent_items
from plugin.signing.critical_form import CriticalForm
from plugin.view import PanelView

MOST_OF_THE_PANEL = 0.45


class CriticalStrip(QFrame):
    """One card for each urgent item. Non-modal: the reader may go on as long as they like."""

    told = Signal(str, object)  # subject, CommunicationLog
    dismissed = Signal(str, str)  # subject, reason

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "critical-strip")
        self.setAccessibleName("Critical findings")
        self.cards: list[UrgentCard] = []
        self._drawn: tuple[UrgentItem, ...] = ()
        self._owner = ""
        self.reader_name = ""
        body = PanelBody()
        body.setObjectName("StripBody")
        self.box = QVBoxLayout(body)
        self.box.setContentsMargins(14, 8, 14, 8)
        self.box.setSpacing(8)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(ModestArea(body, MOST_OF_THE_PANEL))

    def show_view(self, view: PanelView) -> None:
        items = urgent_items(view.reading) if view.study_key and view.reading.signing.is_open else ()
        self.setVisible(bool(items))
        self._stress(any(not item.is_decided for item in items))
        if items != self._drawn or view.study_key != self._owner:
            self._rebuild(items, view.study_key)

    def _rebuild(self, items: tuple[UrgentItem, ...], owner: str) -> None:
        same = {card.item.subject: card for card in self.cards if owner == self._owner}
        for card in self.cards:
            self.box.removeWidget(card)
        kept = []
        for item in items:
            card = same[item.subject] if item.subject in same else self._made(item)
            card.show_item(item)
            self.box.addWidget(card)
            kept.append(card)
        for card in self.cards:
            if card not in kept:
                card.hide()
                card.deleteLater()
        self.cards, self._drawn, self._owner = kept, items, owner

    def _stress(self, is_open: bool) -> None:
        """Red until everything is decided; then it only says what was decided."""
        role = "critical-strip" if is_open else "decided-strip"
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)

    def _made(self, item: UrgentItem) -> UrgentCard:
        card = UrgentCard(item, lambda: self.reader_name)
        card.told.connect(self.told)
        card.dismissed.connect(self.dismissed)
        return card


class UrgentCard(QWidget):
    """An urgent item, and what was decided about it."""

    told = Signal(str, object)
    dismissed = Signal(str, str)

    def __init__(self, item: UrgentItem, reader_name: Callable[[], str]) -> None:
        super().__init__()
        self.item = item
        self._reader_name = reader_name
        self.line = parts.label(role="critical")
        self.tell_button = parts.button("Communication…", "Write down who was told, when and how")
        self.dismiss_button = parts.button("Not critical…", "Say why it is not critical here")
        self.reason_field = QLineEdit()
        self.reason_field.setPlaceholderText("Why it is not critical here; Enter keeps it")
        self.reason_field.setAccessibleName(f"Why {item.title} is not critical here")
        self.form = CriticalForm()
        self.tell_button.clicked.connect(self._tell)
        self.dismiss_button.clicked.connect(self._dismiss)
        self.reason_field.returnPressed.connect(self._give_reason)
        self.form.given.connect(self._give)
        self.form.given_up.connect(self._leave)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.tell_button)
        buttons.addWidget(self.dismiss_button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.line)
        box.addLayout(buttons)
        box.addWidget(self.reason_field)
        box.addWidget(self.form)
        self.reason_field.hide()
        self.form.hide()

    def show_item(self, item: UrgentItem) -> None:
        self.item = item
        text = words.urgent_line(item)
        self.line.setText(f"▲  {text}" if not item.is_decided else f"✓  {text}")
        self.line.setAccessibleName(text)
        self.line.setProperty("role", "muted" if item.is_decided else "critical")
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)
        self.tell_button.setText("Change…" if item.is_decided else "Communication…")
        self.dismiss_button.setVisible(not item.is_decided)

    def _tell(self) -> None:
        self.reason_field.hide()
        self.form.begin(self.item, self._reader_name())

    def _dismiss(self) -> None:
        self.form.hide()
        self.reason_field.show()
        self.reason_field.setFocus()

    def _give_reason(self) -> None:
        if self.reason_field.text().strip():
            self.reason_field.hide()
            self.tell_button.setFocus()
            self.dismissed.emit(self.item.subject, self.reason_field.text().strip())

    def _leave(self) -> None:
        self.form.hide()
        self.tell_button.setFocus()

    def _give(self, log: object) -> None:
        self._leave()
        self.told.emit(self.item.subject, log)

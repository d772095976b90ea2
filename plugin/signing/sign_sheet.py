"""The sheet above the sign bar: what stands against signing, and the second step."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from plugin import parts
from plugin.draft_editor import DraftEditor
from plugin.panel_body import ModestArea, PanelBody
from plugin.signing.doubt_row import DoubtCard
from plugin.signing.words import CONFIRM_SHOWN, DoubtRow, SheetView, sheet_view
from plugin.view import PanelView

MOST_OF_THE_PANEL = 0.42
"""The films' text stays in sight above it: a doubt is mended there."""


class SignSheet(QFrame):
    """Inside the panel, never a window of its own. Draws a `SheetView`; the rows change only when they differ."""

    place_asked = Signal(str)
    acknowledged = Signal(str, str)
    taken_back = Signal(str)
    confirmed = Signal()
    addendum_edited = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("SignSheet")
        self.cards: list[DoubtCard] = []
        self._drawn: tuple[DoubtRow, ...] = ()
        self._asks_name = False
        self.heading = parts.label(role="section")
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading.setAccessibleName("What stands against signing")
        self.obstacles_label = parts.label(role="doubt")
        self.obstacles_label.setAccessibleName("Besides the text")
        self.name_field = QLineEdit()
        self.name_field.setPlaceholderText("Your name, as it is to stand under the report")
        self.name_field.setAccessibleName("Name of the signer")
        self.confirm_note = parts.small(parts.label(role="muted"))
        self.confirm_button = parts.button(
            f"Confirm and sign   {CONFIRM_SHOWN}", "The second step: sign the report as it stands", "primary"
        )
        self.confirm_button.setAccessibleName("Confirm and sign")
        self.confirm_button.clicked.connect(self.confirmed)
        self.addendum = DraftEditor("Addendum", least_lines=3)
        self.addendum.setPlaceholderText("What is to be added to the signed report")
        self.addendum.edited.connect(self.addendum_edited)
        self._lay_out()

    def _lay_out(self) -> None:
        self.addendum_title = parts.label("Addendum", "section")
        self.body = PanelBody()
        self.body.setObjectName("SignBody")
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(14, 10, 14, 10)
        self.rows.setSpacing(8)
        for widget in (self.addendum_title, self.addendum, self.heading, self.obstacles_label):
            self.rows.addWidget(widget)
        self._first_card = self.rows.count()
        for below in (self.name_field, self.confirm_note, self.confirm_button):
            self.rows.addWidget(below)
        self.rows.addStretch(1)
        self.area = ModestArea(self.body, MOST_OF_THE_PANEL)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.area)

    def show_view(self, view: PanelView) -> None:
        signing = view.reading.signing
        sheet = sheet_view(view.reading)
        is_adding = signing.addendum is not None
        self.setVisible(bool(view.study_key) and (sheet.is_shown or is_adding))
        self.addendum_title.setVisible(is_adding)
        self.addendum.setVisible(is_adding)
        self.addendum.show_text(
            signing.addendum or "", f"{view.study_key}\n{len(signing.versions)}", is_adding
        )
        self._show_sheet(sheet)

    def _show_sheet(self, sheet: SheetView) -> None:
        self.heading.setVisible(sheet.is_shown)
        self.heading.setText(sheet.heading)
        lines = [f"{'■' if one.blocks else '□'}  {one.text}" for one in sheet.obstacles]
        parts.show_text(self.obstacles_label, "\n".join(lines))
        if sheet.doubts != self._drawn:
            self._rebuild(sheet.doubts)
        parts.show_text(self.confirm_note, sheet.confirm_note)
        self.confirm_button.setVisible(sheet.can_confirm)
        self.name_field.setVisible(sheet.is_shown and self._asks_name)

    def ask_name(self, is_missing: bool) -> None:
        """Whether the signer's name is to be asked for; it is then shown with the sheet."""
        self._asks_name = is_missing

    def _rebuild(self, rows: tuple[DoubtRow, ...]) -> None:
        kept = {card.row: card for card in self.cards if card.row in rows}
        for card in self.cards:
            self.rows.removeWidget(card)
            if card.row not in kept:
                card.hide()
                card.deleteLater()
        self.cards = [kept.get(row) or self._made(row) for row in rows]
        for place, card in enumerate(self.cards):
            self.rows.insertWidget(self._first_card + place, card)
        self._drawn = rows
        before: QWidget = self.heading
        for card in self.cards:
            for widget in (card.show_button, card.know_button, card.back_button, card.reason_field):
                QWidget.setTabOrder(before, widget)
                before = widget
        for widget in (self.name_field, self.confirm_button):
            QWidget.setTabOrder(before, widget)
            before = widget

    def _made(self, row: DoubtRow) -> DoubtCard:
        card = DoubtCard(row)
        card.place_asked.connect(self.place_asked)
        card.acknowledged.connect(self.acknowledged)
        card.taken_back.connect(self.taken_back)
        return card

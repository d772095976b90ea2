"""One question with its answer, its boxes and its limits."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from plugin import parts
from plugin.ask import words
from plugin.ask.answer_body import AnswerBody
from plugin.ask.state import Exchange
from plugin.ask.taking import words_to_take


class ExchangeView(QFrame):
    """Draws an `Exchange`. A click chooses it, the mouse over it points at it: its boxes are lit on the film."""

    chosen = Signal()
    pointed = Signal(bool)
    follow_up = Signal(str)
    pack_help = Signal()
    film_opened = Signal(object)  # FilmDrawn
    film_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange("")
        self.setProperty("role", "exchange")
        self.question = parts.label(role="question")
        self.place_button = parts.button("", "Show or hide the box on the film", "chip")
        self.place_button.setCheckable(True)
        self.body = AnswerBody()
        self.answer = self.body.answer
        self.doubts = parts.small(parts.label(role="doubt"))
        self.note = parts.small(parts.label(role="muted"))
        self.again_button = _link("Ask again", "Put the same question to the model once more")
        self.copy_button = _link("Copy", "Copy the answer, marked as a draft")
        self.finding_button = _link("Which finding?", "Ask which finding is in the box")
        self.part_button = _link("Which part?", "Ask which part of the chest the box shows")
        self.take_button = _link(
            "Add to draft", "Put the answer's words at the end of the report, as the model's"
        )
        self.drop_button = _link("Remove", "Take this question and its answer off the panel")
        self.place_button.clicked.connect(self.chosen)
        self.finding_button.clicked.connect(lambda: self.follow_up.emit("finding"))
        self.part_button.clicked.connect(lambda: self.follow_up.emit("anatomy"))
        self.body.pack_help.connect(self.pack_help)
        self.body.film_opened.connect(self.film_opened)
        self.body.film_wanted.connect(self.film_wanted)
        self._lay_out()

    def _lay_out(self) -> None:
        self._place_row, box = QHBoxLayout(), QVBoxLayout(self)
        self._place_row.addWidget(self.place_button)
        self._place_row.addStretch(1)
        of_box, of_all = _buttons(self)
        self.in_tab_order: tuple[QPushButton, ...] = (self.place_button, *of_box, *of_all)
        box.setContentsMargins(8, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.question)
        box.addLayout(self._place_row)
        for widget in (self.body, self.doubts, self.note):
            box.addWidget(widget)
        box.addLayout(_row(of_box))
        box.addLayout(_row(of_all))

    def show_exchange(self, exchange: Exchange, *, can_ask: bool, can_take: bool) -> None:
        """Make the widgets match `exchange`.

        Args:
            can_ask: Another question may begin now.
            can_take: Words may be put into the report now.
        """
        self.exchange = exchange
        self.question.setText(exchange.question)
        parts.show_text(self.doubts, "\n".join(exchange.doubts))
        parts.show_text(self.note, words.note(exchange))
        self.body.show_exchange(exchange)
        title = words.place_title(exchange)
        self.place_button.setVisible(bool(title))
        self.place_button.setText(f"▢  {title}")
        self.place_button.setAccessibleName(f"{title}: {exchange.question}")
        is_over, is_of_box = not exchange.is_running, exchange.how.region is not None
        self.again_button.setVisible(exchange.may_be_asked_again)
        self.copy_button.setVisible(is_over and bool(exchange.answer))
        for button in (self.finding_button, self.part_button):
            button.setVisible(is_over and is_of_box and not exchange.is_withheld)
        self.take_button.setVisible(bool(words_to_take(exchange)) and not exchange.is_withheld)
        self.take_button.setEnabled(can_take)
        self.drop_button.setVisible(is_over)
        for button in (self.again_button, self.finding_button, self.part_button):
            button.setEnabled(can_ask)

    def show_chosen(self, is_chosen: bool) -> None:
        self.place_button.setChecked(is_chosen)
        role = "exchange-chosen" if is_chosen else "exchange"
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if words.place_title(self.exchange):
            self.chosen.emit()


def _buttons(view: ExchangeView) -> tuple[tuple[QPushButton, ...], tuple[QPushButton, ...]]:
    """Those about its box, and those that every exchange may have: a row each, for a narrow panel."""
    return (
        (view.finding_button, view.part_button),
        (view.again_button, view.copy_button, view.take_button, view.drop_button),
    )


def _row(buttons: tuple[QPushButton, ...]) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(12)
    for button in buttons:
        made.addWidget(button)
    made.addStretch(1)
    return made


def _link(text: str, tip: str) -> QPushButton:
    made = parts.button(text, tip, "link")
    made.setFont(parts.smaller(made.font()))
    return made

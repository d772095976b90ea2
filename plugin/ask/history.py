"""What was asked about one study, oldest first."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from plugin import parts
from plugin.ask.exchange_view import ExchangeView
from plugin.ask.state import Asked
from plugin.ask.suggestion_row import SuggestionRow
from plugin.ask.suggestions import suggestions
from plugin.ask.taking import may_take
from plugin.view import PanelView


class QuestionHistory(QWidget):
    """Draws the exchanges and passes on what the reader wants with them. Each signal carries an exchange's id."""

    suggestion_chosen = Signal(Asked)
    box_requested = Signal()
    exchange_chosen = Signal(str)
    exchange_pointed = Signal(str)  # empty: at none any more
    again_requested = Signal(str)
    copy_requested = Signal(str)
    drop_requested = Signal(str)
    take_requested = Signal(str)
    follow_up_requested = Signal(str, str)  # id, kind of words
    pack_help_requested = Signal()
    film_opened = Signal(object)  # FilmDrawn: to be seen large
    film_wanted = Signal(str)  # a description of a film that is not here

    def __init__(self) -> None:
        super().__init__()
        self.title = parts.label("Questions", "section")
        self.views: list[ExchangeView] = []
        self._chosen = ""
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(12)
        self._box.addWidget(self.title)
        self.suggestions = SuggestionRow()
        self.suggestions.chosen.connect(self.suggestion_chosen)
        self.suggestions.box_button.clicked.connect(self.box_requested)
        self._box.addWidget(self.suggestions)

    def show_view(self, view: PanelView) -> None:
        exchanges = view.reading.exchanges
        unknown = view.pack.not_assessed if view.pack else ()
        offered = suggestions(view.reading, has_prior=view.has_prior, not_assessed=unknown)
        may_ask = view.can_ask and not view.reading.is_running and view.reading.first_look.shows_ai
        self.suggestions.show_suggestions(offered if may_ask else (), may_ask=may_ask)
        self.setVisible(bool(exchanges) or may_ask)
        if len(self.views) < len(exchanges):
            while len(self.views) < len(exchanges):
                self._box.insertWidget(self._box.count() - 1, self._new_view())
            self._put_in_tab_order()
        for at, shown in enumerate(self.views):
            shown.setVisible(at < len(exchanges))
            if at < len(exchanges):
                shown.show_exchange(exchanges[at], can_ask=view.can_ask, can_take=may_take(view.reading))
                shown.show_chosen(exchanges[at].id == self._chosen)

    def show_chosen(self, exchange_id: str) -> None:
        """Mark the exchange whose boxes are lit."""
        self._chosen = exchange_id
        for shown in self.views:
            shown.show_chosen(bool(exchange_id) and shown.exchange.id == exchange_id)

    def _put_in_tab_order(self) -> None:
        """Views are made late; without this Tab would reach them last of all."""
        before: QWidget = self.title
        for widget in (
            *(one for view in self.views for one in view.in_tab_order),
            *self.suggestions.all_buttons,
        ):
            QWidget.setTabOrder(before, widget)
            before = widget

    def _new_view(self) -> ExchangeView:
        made = ExchangeView()
        made.chosen.connect(lambda: self.exchange_chosen.emit(made.exchange.id))
        made.pointed.connect(lambda is_over: self.exchange_pointed.emit(made.exchange.id if is_over else ""))
        made.again_button.clicked.connect(lambda: self.again_requested.emit(made.exchange.id))
        made.copy_button.clicked.connect(lambda: self.copy_requested.emit(made.exchange.id))
        made.take_button.clicked.connect(lambda: self.take_requested.emit(made.exchange.id))
        made.drop_button.clicked.connect(lambda: self.drop_requested.emit(made.exchange.id))
        made.follow_up.connect(lambda kind: self.follow_up_requested.emit(made.exchange.id, kind))
        made.pack_help.connect(self.pack_help_requested)
        made.film_opened.connect(self.film_opened)
        made.film_wanted.connect(self.film_wanted)
        self.views.append(made)
        return made

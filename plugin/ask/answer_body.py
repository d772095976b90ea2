"""The words of an answer, and cards in the places where the model describes a film (medxchat.md)."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inference.text.film_tags import AnswerPart, answer_parts
from plugin import parts
from plugin.ask.film_card import FilmCard
from plugin.ask.state import Exchange


class AnswerBody(QWidget):
    """Draws the parts of an answer in their order. The widgets stay as the text grows."""

    pack_help = Signal()
    film_opened = Signal(object)  # FilmDrawn
    film_wanted = Signal(str)  # a description

    def __init__(self) -> None:
        super().__init__()
        self.answer = parts.label()  # the first words
        self.more: list[QLabel | FilmCard] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self._box.addWidget(self.answer)

    def show_exchange(self, exchange: Exchange) -> None:
        shown = answer_parts(exchange.answer, is_running=exchange.is_running)
        first, rest = (shown[0].text, shown[1:]) if shown and not shown[0].is_film else ("", shown)
        before = len(shown) - len(rest)
        parts.show_text(self.answer, first or ("…" if exchange.is_running and not rest else ""))
        self._fit(rest)
        for place, (widget, part) in enumerate(zip(self.more, rest, strict=True), start=before):
            if isinstance(widget, FilmCard):
                widget.show_part(part, exchange.film_at(place), exchange)
            else:
                widget.setText(part.text)
        self.setVisible(bool(self.answer.text() or rest))

    def _fit(self, wanted: tuple[AnswerPart, ...]) -> None:
        """As many widgets as parts, of the right kinds."""
        kinds = [isinstance(widget, FilmCard) for widget in self.more]
        same = 0
        while same < min(len(kinds), len(wanted)) and kinds[same] == wanted[same].is_film:
            same += 1
        for old in self.more[same:]:
            self._box.removeWidget(old)
            old.hide()
            old.deleteLater()
        del self.more[same:]
        for part in wanted[same:]:
            made = self._card() if part.is_film else parts.label()
            self._box.addWidget(made)
            made.show()
            self.more.append(made)

    def _card(self) -> FilmCard:
        made = FilmCard()
        made.pack_help.connect(self.pack_help)
        made.opened.connect(self.film_opened)
        made.wanted.connect(self.film_wanted)
        return made

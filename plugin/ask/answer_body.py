"""The words of an answer, and cards in the places where the model describes a film (medxchat.md)."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inference.text.film_tags import AnswerPart, answer_parts
from plugin import parts
from plugin.ask import words
from plugin.ask.state import Exchange


class AnswerBody(QWidget):
    """Draws the parts of an answer in their order. The widgets stay as the text grows."""

    pack_help = Signal()

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
        parts.show_text(self.answer, first or ("…" if exchange.is_running and not rest else ""))
        self._fit(rest)
        for widget, part in zip(self.more, rest, strict=True):
            if isinstance(widget, FilmCard):
                widget.show_part(part, exchange.is_running)
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
        made.how_button.clicked.connect(self.pack_help)
        return made


class FilmCard(QFrame):
    """Where the model describes a film that nothing here can make: the description, and what is missing."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "film-card")
        self.title = parts.small(parts.label(words.A_FILM, "muted"))
        self.description = parts.label()
        self.missing = parts.small(parts.label(words.NO_SYNTHESIS, "muted"))
        self.how_button = parts.button("How to get it", "Show how a synthesis pack is installed", "link")
        row = QHBoxLayout()
        row.addWidget(self.how_button)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.setSpacing(4)
        for widget in (self.title, self.description, self.missing):
            box.addWidget(widget)
        box.addLayout(row)

    def show_part(self, part: AnswerPart, is_running: bool) -> None:
        self.description.setText(words.film_card(part.text, part.is_whole or is_running))
        self.setAccessibleName(f"{words.A_FILM} {part.text}")

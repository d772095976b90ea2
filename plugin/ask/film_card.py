"""A film in an answer: in the place of its description stands its preview, then the film, always framed and marked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from inference.backend import FilmDrawn
from inference.text.film_tags import AnswerPart
from plugin import parts
from plugin.ask import words
from plugin.ask.state import Exchange, FilmInAnswer
from plugin.synthesis import words as film_words
from plugin.synthesis.framed_film import FramedFilm

WIDEST = 340
"""Of the picture, in pixels of the screen: an answer shall not fill the panel."""


class FilmCard(QFrame):
    """Draws one described film of an answer. Decides nothing."""

    opened = Signal(object)  # FilmDrawn: the reader wants to see it large
    wanted = Signal(str)  # the description of a film that is not here
    pack_help = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._film: FilmInAnswer | None = None
        self._description = ""
        self.setProperty("role", "film-card")
        self.title = parts.small(parts.label(words.A_FILM, "muted"))
        self.description = parts.label()
        self.picture = FramedFilm()
        self.picture.setMaximumWidth(WIDEST)
        self.caption = parts.small(parts.label(role="muted"))
        self.doubts = parts.small(parts.label(role="doubt"))
        self.missing = parts.small(parts.label(words.NO_SYNTHESIS, "muted"))
        self.how_button = parts.button("How to get it", "Show how a synthesis pack is installed", "link")
        self.open_button = parts.button("Open in Synthetic views", words.OPEN_TIP, "link")
        self._lay_out()
        self.picture.chosen.connect(self._open)
        self.open_button.clicked.connect(self._open)
        self.how_button.clicked.connect(self.pack_help)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.open_button)
        row.addWidget(self.how_button)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.setSpacing(4)
        for widget in (self.title, self.description, self.picture, self.caption, self.doubts, self.missing):
            box.addWidget(widget)
        box.addLayout(row)

    def show_part(self, part: AnswerPart, film: FilmInAnswer | None, exchange: Exchange) -> None:
        """Make the widgets match: the description while there is only that, the film as it comes."""
        self._film, self._description = film, part.text
        is_drawn = isinstance(film, FilmDrawn)
        self.title.setText(words.film_title(film, exchange.is_running))
        self.description.setText(words.film_card(part.text, part.is_whole or exchange.is_running))
        self.setAccessibleName(f"{self.title.text()} {part.text}")
        self.picture.setVisible(film is not None)
        self.picture.show_film(film)
        parts.show_text(self.caption, film_words.caption(film) if isinstance(film, FilmDrawn) else "")
        parts.show_text(
            self.doubts, "\n".join(film_words.doubts(film)) if isinstance(film, FilmDrawn) else ""
        )
        why_not = "" if is_drawn or exchange.is_running else words.why_no_film(exchange)
        parts.show_text(self.missing, why_not)
        self.how_button.setVisible(why_not == words.NO_SYNTHESIS)
        self.open_button.setVisible(not exchange.is_running and bool(part.text))

    def _open(self) -> None:
        if isinstance(self._film, FilmDrawn):
            self.opened.emit(self._film)
        elif self._film is None:
            self.wanted.emit(self._description)

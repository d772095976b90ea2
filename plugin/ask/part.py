"""Between the question field and the desk: what the reader asks becomes a run, its boxes become marks."""

from __future__ import annotations

from collections.abc import Callable

from inference.backend import RegionKind, Xyxy
from inference.client import film_input
from inference.errors import NothingToRead
from plugin import colours, wording
from plugin.ask import words
from plugin.ask.fold import exchange_of
from plugin.ask.kinds import (
    REGION_QUESTIONS,
    WHAT_IS_THIS,
    OnFilm,
    asked_of,
    doubts_of,
    names_a_box,
    region_asked,
)
from plugin.ask.marks import OWNER, ask_marks, exchange_of_mark
from plugin.ask.requests import request_of
from plugin.ask.state import AnswerTaken, Asked, ExchangeDropped, QuestionAnswered, QuestionAsked
from plugin.ask.taking import words_to_take
from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.study_films import FilmToRead, has_prior, plan_reading, study_key
from viewer.api import Action, Mark, Undo
from viewer.core.errors import FilmError


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Connect the question field and the answers; the returned function takes everything away again."""
    part = AskPart(desk, panel)
    host = desk.host
    undos = [
        host.add_action(Action("ask_region", "What is this? (mark a box)", part.draw, "Shift+W")),
        host.add_action(Action("ask", "Ask about these films", panel.questions.begin_typing, "/")),
        host.on_hanging_changed(lambda _: part.hanging_changed()),
        host.on_mark_clicked(lambda mark_id: part.choose(exchange_of_mark(mark_id))),
        desk.on_folded(lambda *_: part.show()),
    ]

    def undo() -> None:
        while undos:
            undos.pop()()
        part.end()

    return undo


class AskPart:
    """Passes on what is asked about the study on screen, and keeps which exchange the reader looks at."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        self._desk, self._panel, self._host = desk, panel, desk.host
        self._chosen: dict[str, str] = {}  # exchange by study
        self._pointed = ""
        self._marks: tuple[Mark, ...] = ()
        self._stop_drawing: Undo | None = None
        field, history = panel.questions, panel.history
        field.question_asked.connect(self.ask_in_words)
        history.suggestion_chosen.connect(self.ask)
        history.box_requested.connect(self.draw)
        field.box_requested.connect(self.draw)
        field.box_dropped.connect(lambda: self.choose(""))
        history.exchange_chosen.connect(self.choose_or_let_go)
        history.exchange_pointed.connect(self.point)
        history.again_requested.connect(self.ask_again)
        history.copy_requested.connect(self.copy)
        history.drop_requested.connect(self.drop)
        history.take_requested.connect(self.take)
        history.follow_up_requested.connect(self.follow_up)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def ask_in_words(self, question: str) -> None:
        """Ask what was typed: about the box of the chosen exchange if it has one, else about the films."""
        question = " ".join(question.split())
        film = self._film_asked_about()
        if question and film is not None and film.region is None and names_a_box(question):
            self._desk.fold(QuestionAnswered(Asked(question, "known"), why_not=words.NO_BOX))
        elif question:
            self.ask(asked_of(question, film))

    def ask(self, asked: Asked, instead_of: str = "") -> None:
        """Put a question to the model, unless it can't be answered honestly: then say why."""
        look = self._desk.reading().first_look
        if not look.shows_ai:
            self._host.show_message(words.gate_closed(look))
            return
        known = self._known(asked)
        if known is not None:
            self._desk.fold(known)
            return
        doubts = doubts_of(asked, self._desk.pack.not_assessed if self._desk.pack else ())
        begins = QuestionAsked(asked.question, asked, doubts, instead_of)
        earlier = self._desk.reading().exchanges
        if self._desk.start(begins, request_of(asked, earlier, self._image_of())):
            last = self._desk.reading().exchanges[-1]
            self.choose(last.id if asked.film_key else "")

    def ask_again(self, exchange_id: str) -> None:
        exchange = exchange_of(self._desk.reading().exchanges, exchange_id)
        if exchange is not None and exchange.may_be_asked_again:
            self.ask(exchange.how, instead_of=exchange_id)

    def follow_up(self, exchange_id: str, kind: RegionKind) -> None:
        """Another question about the same box."""
        exchange = exchange_of(self._desk.reading().exchanges, exchange_id)
        if exchange is not None and exchange.how.region is not None:
            film = OnFilm(exchange.how.film_key, exchange.how.film_title, exchange.how.region)
            self.ask(region_asked(REGION_QUESTIONS[kind], film, kind))

    def draw(self) -> None:
        """Let the reader mark a box, then ask what is in it."""
        if not self._desk.key():
            return
        look = self._desk.reading().first_look
        if not look.shows_ai:
            self._host.show_message(words.gate_closed(look))
            return
        self._panel.questions.show_drawing(True)
        self._stop_drawing = self._host.draw_box(words.DRAW_A_BOX, self._drawn, self._not_drawn)

    def _drawn(self, film_key: str, xyxy: Xyxy) -> None:
        self._not_drawn()
        film = self._film(film_key)
        title = film.title if film else ""
        asked = region_asked(WHAT_IS_THIS, OnFilm(film_key, title, xyxy), "phrase")
        if self._desk.reading().is_busy:
            self._desk.fold(QuestionAnswered(asked, why_not=words.BUSY))
        else:
            self.ask(asked)
        self.choose(self._desk.reading().exchanges[-1].id)

    def _not_drawn(self) -> None:
        self._stop_drawing = None
        self._panel.questions.show_drawing(False)

    def _known(self, asked: Asked) -> QuestionAnswered | None:
        """What the program answers by itself, or the reason why no model is asked."""
        if asked.kind == "known":
            unknown = self._desk.pack.not_assessed if self._desk.pack else ()
            return QuestionAnswered(asked, words.not_judged(unknown))
        if asked.kind == "presence" and self._desk.pack and asked.phrase in self._desk.pack.not_assessed:
            return QuestionAnswered(asked, words.not_judged((asked.phrase,)))
        if asked.kind == "difference" and not has_prior(self._desk.hanging()):
            return QuestionAnswered(asked, why_not=wording.NO_PRIOR)
        if asked.film_key and self._film(asked.film_key) is None:
            return QuestionAnswered(asked, why_not=words.FILM_NOT_GIVEN)
        return None

    # ── films ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _films(self) -> tuple[FilmToRead, ...]:
        hanging = self._desk.hanging()
        return plan_reading(hanging).films if hanging.current is not None else ()

    def _film(self, film_key: str) -> FilmToRead | None:
        return next((item for item in self._films() if item.film.key == film_key), None)

    def _film_asked_about(self) -> OnFilm | None:
        """The film with the chosen box; else the first one of the study."""
        chosen = exchange_of(self._desk.reading().exchanges, self._chosen.get(self._desk.key(), ""))
        if chosen is not None and chosen.how.region is not None:
            return OnFilm(chosen.how.film_key, chosen.how.film_title, chosen.how.region)
        first = next((item for item in self._films() if item.role == "current"), None)
        return OnFilm(first.film.key, first.title) if first else None

    def _image_of(self) -> Callable[[str], str]:
        """For a worker thread: how the backend calls a film of the study on screen."""
        films = {item.film.key: item.film for item in self._films()}
        read_pixels = self._host.read_pixels

        def image_of(film_key: str) -> str:
            try:
                return film_input(films[film_key], read_pixels(films[film_key])).image_sha256
            except FilmError as error:
                raise NothingToRead(wording.not_read(error.reason)) from error

        return image_of

    # ── what the reader looks at ────────────────────────────────────────────────────────────────────────────────

    def choose_or_let_go(self, exchange_id: str) -> None:
        self.choose("" if self._chosen.get(self._desk.key()) == exchange_id else exchange_id)

    def choose(self, exchange_id: str) -> None:
        """Light the boxes of an exchange; with a box of the reader's, the next question is about that."""
        self._chosen[self._desk.key()] = exchange_id
        exchange = exchange_of(self._desk.reading().exchanges, exchange_id)
        if exchange is not None and exchange.how.film_key:
            self._host.show_film(exchange.how.film_key)
        self.show()

    def point(self, exchange_id: str) -> None:
        self._pointed = exchange_id
        self.show()

    def copy(self, exchange_id: str) -> None:
        exchange = exchange_of(self._desk.shown().exchanges, exchange_id)
        if exchange is not None and exchange.answer:
            self._panel.put_on_clipboard(words.copied_answer(exchange, self._desk.pack))
            self._host.show_message(words.COPIED)

    def take(self, exchange_id: str) -> None:
        """Put the answer into the report, marked as the model's."""
        exchange = exchange_of(self._desk.shown().exchanges, exchange_id)
        if exchange is not None:
            self._desk.fold(AnswerTaken(words_to_take(exchange)))
            self._host.show_message(words.TAKEN)

    def drop(self, exchange_id: str) -> None:
        self._desk.fold(ExchangeDropped(exchange_id))

    def hanging_changed(self) -> None:
        self._pointed = ""
        self.show()

    def show(self) -> None:
        """Draw the boxes of the exchange that the reader looks at, and say what the next question is about."""
        key = study_key(self._host.hanging())
        reading = self._desk.reading(key)
        chosen = self._chosen.get(key, "")
        marks = ask_marks(reading, self._pointed or chosen, colours.READER) if key else ()
        if marks != self._marks:
            self._marks = marks
            self._host.set_marks(OWNER, marks)
        self._panel.history.show_chosen(chosen)
        exchange = exchange_of(reading.exchanges, chosen)
        self._panel.questions.show_scope(words.scope(exchange.how) if exchange else "")

    def end(self) -> None:
        if self._stop_drawing is not None:
            self._stop_drawing()
        self._host.set_marks(OWNER, ())

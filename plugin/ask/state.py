"""Questions and answers of one study: plain data and what happens to it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import FilmDrawn, Preview, RegionKind, Xyxy

AskKind = Literal["conversation", "difference", "region", "place", "presence", "known"]
"""conversation: free words about the current films; difference: over the prior's film and the current one; region: what
is in a box that the reader drew; place: where something is; presence: whether one of the 13 findings is there, with its
probability; known: what the program itself knows, no model is asked."""
FilmInAnswer = FilmDrawn | Preview
"""A synthetic film as far as it is made; its `part` says where in the answer it stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and how it is put to the model. The published prompts allow no others (m4cxr.md §4.5, §4.6)."""

    question: str  # as the reader sees it
    kind: AskKind = "conversation"
    film_key: str = ""  # of a region or a place: viewer.core.study.Film.key
    film_title: str = ""
    region: Xyxy | None = None  # the box that the reader drew, in stored pixels of that film
    region_kind: RegionKind = "phrase"  # which words are asked for: a report's, a finding's, a place's name
    phrase: str = ""  # of a place: what is to be found; of a presence: the finding


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer."""

    question: str
    answer: str = ""
    problem: str = ""
    is_running: bool = True
    asked: Asked | None = None  # None: as a free question
    id: str = ""
    places: tuple[Xyxy, ...] = ()  # boxes of the answer, on the film that was asked about
    doubts: tuple[str, ...] = ()  # reasons not to rely on the answer, in words for the reader
    is_withheld: bool = False  # there is an answer, and the reader may not see it yet
    films: tuple[FilmInAnswer, ...] = ()  # at most one for each place; never written down with a draft
    no_film: str = ""  # why a film that the answer describes is not here, in words for the reader

    def film_at(self, place: int) -> FilmInAnswer | None:
        """The film that stands at this place of `inference.text.film_tags.answer_parts`."""
        return next((film for film in self.films if film.part == place), None)

    @property
    def how(self) -> Asked:
        return self.asked or Asked(self.question)

    @property
    def may_be_asked_again(self) -> bool:
        """True if it went wrong or was stopped; never where no model is asked."""
        return bool(self.problem) and not self.is_running and self.how.kind != "known"


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A run that answers begins."""

    question: str
    asked: Asked | None = None
    doubts: tuple[str, ...] = ()  # known before any answer
    instead_of: str = ""  # id of the exchange that failed and is asked again

    @property
    def how(self) -> Asked:
        return self.asked or Asked(self.question)


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The program answers from what it knows, or says why it asks no model. No run begins."""

    asked: Asked
    answer: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeDropped:
    """The reader takes a question and its answer off the panel."""

    id: str


@dataclass(frozen=True, slots=True)
class AnswerTaken:
    """The reader puts an answer's words at the end of the report: there they are the model's, until they are edited."""

    words: str


AskEvent = QuestionAsked | QuestionAnswered | ExchangeDropped | AnswerTaken

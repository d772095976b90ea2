"""How questions and answers change. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inference.backend import Box, Event, FilmDrawn, Finding, Finished, Flag, Preview, TextDelta
from inference.text.film_tags import answer_parts
from plugin import wording
from plugin.ask.state import Asked, Exchange, ExchangeDropped, QuestionAnswered, QuestionAsked

if TYPE_CHECKING:
    from plugin.state import StudyReading

Exchanges = tuple[Exchange, ...]


def begin_exchange(exchanges: Exchanges, event: QuestionAsked) -> Exchanges:
    """The question stands last; one that is asked again takes the place of its failed try."""
    kept = tuple(one for one in exchanges if one.id != event.instead_of or not event.instead_of)
    made = Exchange(event.question, asked=event.asked, id=_new_id(exchanges), doubts=event.doubts)
    return (*kept, made)


def fold_known(exchanges: Exchanges, event: QuestionAnswered | ExchangeDropped) -> Exchanges:
    """What no run is needed for. A running question is not dropped: it is stopped first."""
    if isinstance(event, ExchangeDropped):
        return tuple(one for one in exchanges if one.id != event.id or one.is_running)
    asked = replace(event.asked, kind="known") if event.answer else event.asked
    made = Exchange(asked.question, event.answer, event.why_not, False, asked, _new_id(exchanges))
    return (*exchanges, made)


def fold_answer(state: StudyReading, event: Event) -> StudyReading:
    """What a question's run tells belongs to its exchange alone, never to the study's findings, boxes or doubts."""
    if not state.exchanges:
        return state
    last = state.exchanges[-1]
    if isinstance(event, Finding):
        last = _with_finding(last, event, _film_title(state, event.image))
    last = _answered(last, event)
    return replace(state, exchanges=(*state.exchanges[:-1], last))


def end_exchange(exchanges: Exchanges, note: str) -> Exchanges:
    """The run is over; `note` says why where it did not end well. What came of the answer stays."""
    if not exchanges:
        return exchanges
    last = exchanges[-1]
    whole = tuple(film for film in last.films if isinstance(film, FilmDrawn))
    return (*exchanges[:-1], replace(last, is_running=False, problem=note, films=whole))


def withheld(exchanges: Exchanges) -> Exchanges:
    """The questions without what the model said: for as long as the reader may not see its results."""
    return tuple(
        replace(one, answer="", places=(), doubts=(), films=(), no_film="", is_withheld=True)
        if (one.answer or one.places) and one.how.kind != "known"
        else one
        for one in exchanges
    )


def exchange_of(exchanges: Exchanges, exchange_id: str) -> Exchange | None:
    return next((one for one in exchanges if one.id == exchange_id and exchange_id), None)


def _answered(exchange: Exchange, event: Event) -> Exchange:
    kind = exchange.how.kind
    match event:
        case TextDelta(text, "answer"):
            return replace(exchange, answer=exchange.answer + text)
        case Box(_, _, xyxy) if kind == "place":
            return replace(exchange, places=(*exchange.places, xyxy))
        case Preview() | FilmDrawn():
            return _with_film(exchange, event)
        case Flag("not_groundable", why):
            return replace(exchange, answer=why)
        case Flag("no_film", why):
            return replace(exchange, no_film=why)
        case Flag(_, why) if why not in exchange.doubts:
            return replace(exchange, doubts=(*exchange.doubts, why))
        case Finished(result):
            return replace(exchange, answer=_final(exchange, str(result.get("answer", ""))))
    return exchange


def _with_finding(exchange: Exchange, finding: Finding, title: str) -> Exchange:
    """One film's answer to whether a finding is there, as the findings list would say it."""
    if exchange.how.kind != "presence":
        return exchange
    note = wording.calibration_note(finding)
    said = wording.sentence_case(wording.certainty(finding)) + (f" ({note})" if note else "")
    line = f"{title}: {said}" if title else said
    return replace(exchange, answer=f"{exchange.answer}\n{line}" if exchange.answer else line)


def _with_film(exchange: Exchange, told: Preview | FilmDrawn) -> Exchange:
    """The film at its place; without one, at that of the so manieth description."""
    described = [place for place, part in enumerate(answer_parts(exchange.answer)) if part.is_film]
    if told.part is None:
        told = replace(told, part=described[told.film] if told.film < len(described) else None)
    others = tuple(film for film in exchange.films if film.part != told.part)
    return replace(exchange, films=(*others, told))


def _film_title(state: StudyReading, image: str) -> str:
    return next((film.title for film in state.films if film.image == image), "")


def _final(exchange: Exchange, told: str) -> str:
    """The answer as cleaned at the end. That of a place is coordinates in the model's own frame: nobody's words."""
    asked = exchange.how
    if asked.kind == "presence":
        return exchange.answer
    if asked.kind == "place":
        return _places_in_words(len(exchange.places), asked) if exchange.places else exchange.answer
    words = told or exchange.answer
    if not words.strip(" .\n"):
        return ""
    return words.strip(" .") if asked.kind == "region" and asked.region_kind != "phrase" else words


def _places_in_words(count: int, asked: Asked) -> str:
    on = f" on {asked.film_title}" if asked.film_title else ""
    return f"Marked{on}." if count == 1 else f"{count} places marked{on}."


def _new_id(exchanges: Exchanges) -> str:
    numbers = [int(one.id[1:]) for one in exchanges if one.id[1:].isdigit()]
    return f"q{max(numbers, default=0) + 1}"

"""An answer's words as a draft sentence of the report. Pure."""

from __future__ import annotations

from dataclasses import replace

from inference.text.film_tags import answer_parts
from plugin.ask.state import AnswerTaken, Exchange
from plugin.report.fold import edit_part, put_in
from plugin.state import StudyReading, is_editable


def words_to_take(exchange: Exchange) -> str:
    """The words that may go into a report, as whole sentences; empty where an answer is none.

    A finding's name and a place on the film are no sentences, and what broke off is not finished. An answer that shows
    a synthetic film speaks of that film, not of the patient.
    """
    asked = exchange.how
    is_sentence = asked.kind in {"conversation", "difference"} or (
        asked.kind == "region" and asked.region_kind == "phrase"
    )
    if not is_sentence or exchange.is_running or exchange.problem:
        return ""
    parts = answer_parts(exchange.answer)
    if any(part.is_film for part in parts):
        return ""
    words = " ".join(" ".join(part.text for part in parts).split())
    return words if not words or words[-1] in ".!?" else f"{words}."


def may_take(reading: StudyReading) -> bool:
    """False while the model writes the report, behind the gate, and once it is signed."""
    is_free = not reading.signing.is_signed and is_editable(reading, reading.report)
    return is_free and reading.first_look.shows_ai


def take_answer(state: StudyReading, event: AnswerTaken) -> StudyReading:
    """The words at the end of the report, known as the model's."""
    if not event.words or not may_take(state):
        return state
    before = state.report.shown.rstrip()
    told = edit_part(state, "report", f"{before} {event.words}" if before else event.words)
    return replace(told, writing=put_in(told.writing, event.words))

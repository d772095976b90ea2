"""Visual questions with their true answers: open, closed, and about two films of different days."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from inference.text import prompts
from inference.training.mix.conversation import (
    MOST_FILMS,
    Case,
    Conversation,
    Task,
    current_films,
    prior_films,
)
from inference.training.rows import KnownAnswer, KnownFilm, KnownStudy, QuestionKind


def _films_of(study: KnownStudy, answer: KnownAnswer) -> tuple[KnownFilm, ...]:
    """The films that a question is about, in the order that it names them."""
    if answer.films:
        by_key = {film.key: film for film in study.films}
        return tuple(by_key[key] for key in answer.films if key in by_key)
    if answer.kind == "difference":
        return (*prior_films(study)[:1], *current_films(study)[:1])
    return current_films(study)[:MOST_FILMS]


def _is_askable(study: KnownStudy, answer: KnownAnswer) -> bool:
    films = _films_of(study, answer)
    enough = len(films) == 2 if answer.kind == "difference" else len(films) > 0
    return enough and bool(answer.question.strip()) and bool(answer.answer.strip())


def _askable(study: KnownStudy, kind: QuestionKind) -> list[KnownAnswer]:
    return [one for one in study.answers if one.kind == kind and _is_askable(study, one)]


def _pools(kind: QuestionKind) -> Callable[[KnownStudy], tuple[str, ...]]:
    return lambda study: (kind,) if _askable(study, kind) else ()


def _ask(kind: QuestionKind) -> Callable[[Case, str, Random], Conversation | None]:
    def ask(case: Case, _pool: str, rng: Random) -> Conversation | None:
        chosen = rng.choice(_askable(case.study, kind))
        films = _films_of(case.study, chosen)
        if len(films) > case.most_films:
            return None
        return Conversation(films, ((_question(kind, chosen.question, len(films)), chosen.answer),))

    return ask


def _question(kind: QuestionKind, question: str, films: int) -> str:
    if kind == "difference":
        return prompts.difference_question(question)
    if films == 1:
        return prompts.visual_question(question)
    return prompts.visual_question_of_study(films, question)


OPEN = Task("vqa_open", "open questions with their answers", _pools("open"), _ask("open"))
CLOSED = Task("vqa_closed", "closed questions with their answers", _pools("closed"), _ask("closed"))
DIFFERENCE = Task(
    "vqa_difference",
    "questions about two films of different days, with their answers",
    _pools("difference"),
    _ask("difference"),
    least_films=2,
)

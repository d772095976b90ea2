"""Three dialogues for each report: one that asks for a film, one in which the wish goes on, one that wants none. Pure.

What the wish names stands in the report, and `check` proves it of every dialogue. What is larger, smaller, gone, on
another side or added is a counterfactual: the dialogue names it as such (`FilmTurn.imagined`, `FilmTurn.changes`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from inference.backend import FilmView
from inference.synthesis.dialogues.answer import (
    ALSO,
    LARGER,
    NO_FILM,
    SMALLER,
    WITHOUT,
    Change,
    as_before,
    film_answer,
    resolved,
    understood,
)
from inference.synthesis.dialogues.facts import Fact, Side, described, facts_of, told
from inference.synthesis.dialogues.ordinary import ordinary_question
from inference.synthesis.dialogues.things import LOBES, ZONES
from inference.synthesis.dialogues.wishes import changing_wish, film_wish, pointing_wish
from inference.synthesis.wish import prompt_of, view_of

Kind = Literal["wish", "going on", "no film"]
KINDS: tuple[Kind, ...] = ("wish", "going on", "no film")
_VIEWS: tuple[FilmView | None, ...] = ("lateral", "lateral", "lateral", "PA", "PA", "AP", None, None)
MAY_COME = ("pleural effusion", "pneumothorax", "pacemaker", "lung nodule", "cardiomegaly")
IMAGINED = 0.5
"""Of the wishes for a finding: so that any finding is asked for on any side, however few reports have it."""


@dataclass(frozen=True, slots=True)
class ReportLink:
    """The stretch of a report that a dialogue is made of; the text itself is not copied."""

    report: str  # id of the study in its source
    start: int
    end: int
    sha256: str  # of the stretch, UTF-8

    @classmethod
    def of(cls, report: str, text: str) -> ReportLink:
        return cls(report, 0, len(text), hashlib.sha256(text.encode()).hexdigest())

    def holds(self, text: str) -> bool:
        """True if the report still says, at that place, what the dialogue was made of."""
        return hashlib.sha256(text[self.start : self.end].encode()).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class FilmTurn:
    """A question and what the skill says to it.

    `description` is what the generator gets, with its view sentence; empty where no film is asked for. `changes` are
    counterfactual: what is described otherwise than the report says.
    """

    question: str
    answer: str
    view: FilmView | None = None  # that was wished for; None: none was named
    description: str = ""
    changes: tuple[Change, ...] = ()
    imagined: tuple[Fact, ...] = ()  # findings of the description that the report has otherwise


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One dialogue. `id` names the report, the kind and the draw: the same id is the same dialogue."""

    id: str
    kind: Kind
    link: ReportLink
    turns: tuple[FilmTurn, ...]


def dialogues_of(report: str, text: str, seed: int = 0) -> tuple[Dialogue, ...]:
    """Three dialogues of a report, one of each kind; the same for the same seed.

    Args:
        report: Its id.
        text: Its findings as they may be learnt: scrubbed and without comparisons (`told_report`).
    """
    return tuple(dialogue(report, text, kind, Random(f"{seed}/{report}/{kind}"), seed) for kind in KINDS)  # noqa: S311


def dialogue(
    report: str, text: str, kind: Kind, rng: Random, number: object = 0, *, about: str = ""
) -> Dialogue:
    """One dialogue of one kind, by lot; where the report states the finding `about`, it is among what is wished for."""
    facts = sorted(facts_of(text), key=lambda fact: fact.label != about)
    if kind == "wish":
        turns = _one_wish(text, facts, rng)
    elif kind == "going on":
        turns = _going_on(facts, rng)
    else:
        turns = (FilmTurn(ordinary_question(facts, rng), NO_FILM),)
    return Dialogue(f"{report}/{kind}/{number}", kind, ReportLink.of(report, text), turns)


def _one_wish(text: str, facts: Sequence[Fact], rng: Random) -> tuple[FilmTurn, ...]:
    """A wish that names what it wants, or one about the report as it stands, changed or not."""
    view = rng.choice(_VIEWS)
    draw = rng.random()
    if draw < 0.2:
        return (_turn(pointing_wish(view, rng), view, text, is_new=False),)
    if draw < 0.4:
        return (_changing(facts, view, text, rng),)
    return (_new_film(facts, view, rng),)


def _going_on(facts: Sequence[Fact], rng: Random) -> tuple[FilmTurn, ...]:
    """A film, then the same from another side, larger, smaller, without it, or with something more."""
    first = _new_film(facts, rng.choice(_VIEWS), rng)
    if rng.random() < 0.15:
        return first, FilmTurn(ordinary_question(facts, rng), NO_FILM)
    view = rng.choice(_VIEWS)
    if rng.random() < 0.35:
        return first, _turn(pointing_wish(view, rng), view, first.description, is_new=False)
    return first, _changing(described(first.description), view, first.description, rng)


def _new_film(facts: Sequence[Fact], view: FilmView | None, rng: Random) -> FilmTurn:
    chosen = list(facts[: rng.choice((1, 1, 1, 1, 2, 2, 3))])
    imagined: tuple[Fact, ...] = ()
    if chosen and rng.random() < IMAGINED:
        chosen[0] = _otherwise(chosen[0], rng)
        imagined = () if chosen[0] in facts else (chosen[0],)
    rng.shuffle(chosen)
    return replace(_turn(film_wish(chosen, view, rng), view, told(chosen), is_new=True), imagined=imagined)


def _otherwise(fact: Fact, rng: Random) -> Fact:
    """The finding on any side, of any size, in any place."""
    places = {"lobe": ("", *LOBES), "zone": ("", "", *ZONES), "": ("",)}[fact.thing.places]
    sides: tuple[Side, ...] = ("", "left", "right", "left", "right", "both") if fact.thing.is_sided else ("",)
    grade = rng.choice(("", "", "small", "moderate", "large")) if fact.thing.grades else ""
    side = rng.choice(sides)
    return Fact(fact.name, side, grade, rng.choice(places) if side in ("left", "right") else "")


def _changing(facts: Sequence[Fact], view: FilmView | None, before: str, rng: Random) -> FilmTurn:
    """What is there may grow, shrink or go; what is not may come."""
    how = rng.choice((LARGER, LARGER, SMALLER, WITHOUT, WITHOUT, ALSO))
    graded = [fact for fact in facts if fact.thing.grades]
    candidates = facts if how == WITHOUT else graded
    if how == ALSO or not candidates:
        how = ALSO
        there = {fact.name for fact in facts}
        fact = Fact(rng.choice([name for name in MAY_COME if name not in there] or ["support device"]))
        if fact.thing.is_sided:
            fact = Fact(fact.name, rng.choice(("left", "right")), rng.choice(("", "small", "large")))
    else:
        fact = Fact(rng.choice(candidates).name)
    question = changing_wish(how, fact, view, rng)
    return _turn(question, view, before, is_new=False, changes=(Change(how, fact),))


def _turn(
    question: str, view: FilmView | None, text: str, *, is_new: bool, changes: tuple[Change, ...] = ()
) -> FilmTurn:
    """The turn as the skill shall say it, and what is made of it."""
    answer = film_answer(view or ("PA" if is_new else None), text if is_new else as_before(changes))
    meant = understood(answer)
    assert meant is not None, "what is written here can be read"
    seen = meant.view or view_of(text)
    return FilmTurn(question, answer, view, prompt_of(resolved(meant, text), seen), changes)

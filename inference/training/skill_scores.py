"""How well a skill understands wishes: on held-out reports' dialogues, and on wishes written by hand.

Told twice: the model's own words, and what the reader gets after they were held to the question's
(`inference.synthesis.dialogues.heeded`). Finding, side and view count as right only where all of the film is as asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from inference.backend import CancelToken
from inference.devices import choose_device
from inference.engine.film_skill import FilmSkill
from inference.engine.loading import load
from inference.engine.usage import Usage
from inference.packs import TOKENIZER, Pack
from inference.synthesis.dialogues.answer import Description, understood
from inference.synthesis.dialogues.facts import described
from inference.synthesis.dialogues.heeded import held_to, may_ask_for_film
from inference.text.prompts import Role
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.mix.film_dialogues import dialogue_of
from inference.training.rows import DataSet
from inference.training.splits import split_patients


@dataclass(frozen=True, slots=True)
class Case:
    """A question and the film that it asks for; None where it asks for none."""

    question: str
    film: Description | None
    before: tuple[tuple[Role, str], ...] = ()
    view_is_named: bool = True


def by_hand() -> dict[str, list[Case]]:
    """The cases that were written by hand, by kind."""
    told: Any = json.loads(
        (resources.files("inference.synthesis.dialogues") / "by_hand.json").read_text("utf-8")
    )
    return {
        "wishes": [_wish(one) for one in told["wishes"]],
        "about this": [_about_this(one) for one in told["about_this"]],
        "questions": [Case(words, None) for words in told["questions"]],
    }


def held_out(data: Sequence[DataSet], most: int, seed: int = 1) -> dict[str, list[Case]]:
    """Dialogues of patients whom no skill learnt from, by kind."""
    splits = split_patients(data)
    studies = [one for source in data for one in source.studies if splits[one.patient] == "test"]
    rng = Random(seed)  # noqa: S311
    kinds: dict[str, list[Case]] = {"wishes": [], "about this": [], "questions": []}
    for study in rng.sample(studies, len(studies)):
        made = dialogue_of(study, "", rng)
        before: tuple[tuple[Role, str], ...] = ()
        for turn in made.turns if made else ():
            meant = understood(turn.answer)
            kind = "questions" if meant is None else "about this" if meant.is_as_before else "wishes"
            if len(kinds[kind]) < most:
                kinds[kind].append(Case(turn.question, meant, before, turn.view is not None))
            before = (("user", turn.question), ("assistant", turn.answer))
    return kinds


def scores(skill: FilmSkill, cases: Sequence[Case]) -> dict[str, float]:
    """Counts over cases of one kind: asked, fired, and right by the model's words and as held to the question's."""
    counts = dict.fromkeys(("cases", "asked", "fired", "view", "findings", "held view", "held findings"), 0)
    for case in cases:
        counts["cases"] += 1
        if not may_ask_for_film(case.question, after_film=bool(case.before)):
            continue
        counts["asked"] += 1
        meant = understood(skill.said(case.question, case.before, CancelToken(), Usage()))
        if meant is None:
            continue
        counts["fired"] += 1
        if case.film is None:
            continue
        held = held_to(case.question, meant)
        for name, one in (("", meant), ("held ", held)):
            counts[f"{name}view"] += not case.view_is_named or one.view == case.film.view
            counts[f"{name}findings"] += _same(one, case.film)
    return {name: float(count) for name, count in counts.items()}


def skill_of(folder: Path, pack: Pack) -> FilmSkill:
    """The skill as it is served beside a pack on a CPU."""
    loaded = load(pack, choose_device("cpu"), "float32")
    return FilmSkill(folder, pack, loaded.language, M4cxrTokenizer(pack.folder / TOKENIZER, 1))


def lines(skill: FilmSkill, kinds: dict[str, list[Case]]) -> Iterator[str]:
    """A line for each kind, for a person."""
    for kind, cases in kinds.items():
        found = {name: round(value) for name, value in scores(skill, cases).items()}
        yield f"{kind:12s} " + ", ".join(f"{name} {value}" for name, value in found.items())


def _same(one: Description, other: Description) -> bool:
    if one.is_as_before or other.is_as_before:
        changes = [{(change.how, change.fact.label) for change in film.changes} for film in (one, other)]
        return one.is_as_before == other.is_as_before and changes[0] == changes[1]
    told = [{(fact.label, fact.side) for fact in described(film.text)} for film in (one, other)]
    return told[0] == told[1]


def _wish(told: Any) -> Case:
    from inference.synthesis.dialogues.facts import Fact
    from inference.synthesis.dialogues.facts import told as in_words

    text = in_words(Fact(name, side) for name, side in told["facts"])
    return Case(told["words"], Description(told["view"] or "PA", text=text))


def _about_this(told: Any) -> Case:
    from inference.synthesis.dialogues.answer import Change
    from inference.synthesis.dialogues.facts import Fact

    changes = tuple(Change(how, Fact(name)) for name, how in told["changes"])
    film = Description(told["view"], is_as_before=True, changes=changes)
    return Case(told["words"], film, view_is_named=told["view"] is not None)

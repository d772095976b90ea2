"""Captions that nobody's film has, and what each of them states: what the text encoder is asked for. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from inference.backend import FINDINGS, FilmView
from inference.synthesis.training.starter.taught import TAGS, caption
from inference.synthesis.training.wording import Fact, Said, sayings
from inference.synthesis.wish import VIEWS

SIDES, ZONES, GRADES = ("left", "right", "both"), ("upper", "middle", "lower"), ("mild", "moderate", "severe")
ASKED = tuple((name, of) for name in FINDINGS for of in ("", *SIDES, *ZONES, *GRADES))
"""A finding's presence, then its side, zone and grade."""
COUNT = len(ASKED) + len(VIEWS) + len(TAGS)
HOW_MANY = (0, 1, 1, 1, 2, 2, 3)


def drawn_caption(lot: Random) -> tuple[str, list[float]]:
    """A caption of a film that nobody has, and what it states."""
    names = lot.sample(FINDINGS, lot.choice(HOW_MANY))
    facts = [Fact(name, lot.choice(SIDES), lot.choice((*ZONES, "")), lot.choice(GRADES)) for name in names]
    view, tag = lot.choice(VIEWS), lot.choice((*TAGS, ""))
    said = sayings(facts, [name for name in FINDINGS if name not in names], lot, is_clear=not facts)
    return caption(view, tag, said), stated(view, tag, said)


def stated(view: FilmView, tag: str, said: Sequence[Said]) -> list[float]:
    """(COUNT,) of 1 and 0: what the words name. What is true but not said can't be heard."""
    told = {
        (one.fact.label, of)
        for one in said
        if one.fact is not None
        for of in ("", one.fact.side, one.fact.zone, one.fact.grade)
    }
    return [
        *(float(asked in told) for asked in ASKED),
        *(float(view == one) for one in VIEWS),
        *(float(tag == one) for one in TAGS),
    ]

"""From what the reader typed to how it is put to the model. Pure.

The model was trained with certain questions only (m4cxr.md §4.5, §4.6). What it can't do is said, not guessed around.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import FINDINGS, GroundingKind, RegionKind, Xyxy
from inference.text.comparing import asks_for_change
from inference.text.places import ANATOMY, ORGANS
from plugin.ask.state import Asked

FREE_ABOUT_BOX = (
    "The model knows no free question about a marked box. It was asked {asked}; the words above answer that."
)
NOT_MEASURED = "This model was never measured for {findings}: don't rely on its answer."
_ASKED_INSTEAD: dict[RegionKind, str] = {
    "phrase": "for a report phrase for the box",
    "finding": "which finding is in the box",
    "anatomy": "which part of the chest the box shows",
}
_WHERE = re.compile(
    r"^\s*(?:where(?:'s| is| are| do you see| can i see)|point (?:to|at)|show me|locate)\s+"
    r"(?:(?:the|a|an|any)\s+)?(?P<what>[^?.!]{2,120}?)\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_IS_THERE = re.compile(
    r"^\s*(?:(?:is|are)\s+there\s+(?:(?:an?|any|some)\s+)?(?P<there>[^?.!]{2,60}?)"
    r"|(?:is|are)\s+(?:the\s+|an?\s+)?(?P<present>[^?.!]{2,60}?)\s+present)\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_WHICH_PART = re.compile(r"\b(?:where|anatom\w+|structure|part|region|zone|organ)\b", re.IGNORECASE)
_WHICH_FINDING = re.compile(r"\b(?:finding|abnormal\w*|wrong|disease|patholog\w+)\b", re.IGNORECASE)
_NAMES_A_BOX = re.compile(
    r"\b(?:(?:marked|my|drawn)\s+(?:region|box|area|spot)|(?:the|this|that)\s+(?:marked\s+)?(?:box|mark))\b",
    re.IGNORECASE,
)
WHAT_IS_THIS = "What is this?"


@dataclass(frozen=True, slots=True)
class OnFilm:
    """The film that a question about a place goes to, and the box that the reader has marked there, if any."""

    film_key: str
    title: str = ""
    region: Xyxy | None = None


def asked_of(question: str, film: OnFilm | None) -> Asked:
    """How a typed question is put.

    Args:
        question: In the reader's words.
        film: The film that "where is …?" is about; with a region: what the question is about.
    """
    if film is not None and film.region is not None:
        return region_asked(question, film, region_kind_of(question))
    where = _WHERE.match(question)
    if where is not None and film is not None:
        return Asked(question, "place", film.film_key, film.title, phrase=where["what"])
    if finding := _finding_asked_for(question):
        return Asked(question, "presence", phrase=finding)
    return Asked(question, "difference" if asks_for_change(question) else "conversation")


def _finding_asked_for(question: str) -> str:
    """The finding of the list whose presence is asked for; empty for any other question."""
    match = _IS_THERE.match(question)
    name, kind = grounding_of(match["there"] or match["present"]) if match else ("", "phrase")
    return name if kind == "finding" else ""


def names_a_box(question: str) -> bool:
    """True for a question about a box, which has no answer where none is marked."""
    return _NAMES_A_BOX.search(question) is not None


def region_asked(question: str, film: OnFilm, kind: RegionKind) -> Asked:
    return Asked(question, "region", film.film_key, film.title, film.region, kind)


def region_kind_of(question: str) -> RegionKind:
    """Which of the three things that the model can say about a box comes nearest."""
    if _WHICH_FINDING.search(question):
        return "finding"
    return "anatomy" if _WHICH_PART.search(question) else "phrase"


def grounding_of(phrase: str) -> tuple[str, GroundingKind]:
    """The words and the kind that `GroundPhrase` takes: known names as the model learnt them, else a phrase."""
    name = " ".join(phrase.lower().split())
    single = name.removesuffix("s")
    if name in FINDINGS or single in FINDINGS:
        return (name if name in FINDINGS else single), "finding"
    if name in ANATOMY:
        return name, "anatomy"
    if single in ORGANS:
        return single, "organ"
    return phrase, "phrase"


def doubts_of(asked: Asked, not_assessed: Sequence[str]) -> tuple[str, ...]:
    """What is to be doubted before any answer has come."""
    words = asked.question.lower()
    unknown = [label for label in not_assessed if label in words and asked.kind != "presence"]
    measured = (NOT_MEASURED.format(findings=", ".join(unknown)),) if unknown else ()
    is_free = asked.kind == "region" and asked.question not in REGION_QUESTIONS.values()
    instead = (FREE_ABOUT_BOX.format(asked=_ASKED_INSTEAD[asked.region_kind]),) if is_free else ()
    return (*instead, *measured)


REGION_QUESTIONS: dict[RegionKind, str] = {
    "phrase": WHAT_IS_THIS,
    "finding": "Which finding is in the box?",
    "anatomy": "Which part of the chest is in the box?",
}
"""The questions about a box that the model was trained to answer, in a reader's words."""

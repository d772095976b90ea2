"""A few questions that fit what is known of the study at this moment. Pure.

Only such as the model was trained to answer (m4cxr.md §4.5, §4.6): none about a finding that it was never measured for,
none that compares where there is nothing to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence

from inference.backend import FINDINGS, Finding
from plugin.ask.kinds import REGION_QUESTIONS
from plugin.ask.state import Asked
from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading, boxes_of_finding

MOST = 4
WHAT_CHANGED = "What has changed since the prior?"
NOT_ASSESSED = "What can this model not judge?"
FIRST_QUESTIONS = ("pleural effusion", "cardiomegaly", "lung opacity", "pneumonia", "edema")
"""Asked for by name before there is a reading: the commonest of the 13."""
LONGEST_QUOTE = 70


def suggestions(
    reading: StudyReading, *, has_prior: bool, not_assessed: Sequence[str] = ()
) -> tuple[Asked, ...]:
    """At most four questions, the most useful first; none that has been answered already.

    Args:
        reading: What the reader may see of the study.
        has_prior: A prior hangs that can be compared with.
        not_assessed: Findings that the model can't judge.
    """
    if not reading.first_look.shows_ai or reading.is_running:
        return ()
    offered = [
        *(_unplaced(reading) if reading.is_complete else ()),
        *_own_box(reading),
        *_doubted(reading),
        *((Asked(WHAT_CHANGED, "difference"),) if has_prior else ()),
        *(_about_findings(reading, not_assessed) if reading.is_complete else _before_a_reading(not_assessed)),
        *((Asked(NOT_ASSESSED, "known"),) if not_assessed else ()),
    ]
    answered = {(one.question, one.how.region) for one in reading.exchanges if not one.may_be_asked_again}
    fresh = {one.question: one for one in offered if (one.question, one.region) not in answered}
    return tuple(fresh.values())[:MOST]


def _unplaced(reading: StudyReading) -> tuple[Asked, ...]:
    """Findings that the model says are there without saying where."""
    unplaced = [one for one in _standing(reading) if not boxes_of_finding(reading, one)]
    return tuple(asked for one in unplaced[:2] if (asked := _where(reading, one)) is not None)


def _standing(reading: StudyReading) -> list[Finding]:
    """Present findings of the model without those that the reader rejected: they are settled."""
    return [one.model for one in reviewed_findings(reading) if one.model is not None and one.stands]


def _where(reading: StudyReading, finding: Finding) -> Asked | None:
    film = next((film for film in reading.films if film.image == finding.image and film.image), None)
    if film is None:
        return None
    question = f"Where is the {finding.label}?"
    return Asked(question, "place", film.film_key, film.title, phrase=finding.label)


def _own_box(reading: StudyReading) -> tuple[Asked, ...]:
    """The box that the reader drew or moved last: what would the model call it?"""
    boxes = [box for box in reading.review.boxes if box.xyxy is not None]
    last = max(boxes, key=lambda box: box.at, default=None)
    film = next((film for film in reading.films if last and film.image == last.image and film.image), None)
    if last is None or film is None:
        return ()
    question = REGION_QUESTIONS["finding"]
    return (Asked(question, "region", film.film_key, film.title, last.xyxy, "finding"),)


def _doubted(reading: StudyReading) -> tuple[Asked, ...]:
    """A sentence of the draft that the findings do not bear out: is there a place for it?"""
    doubted = {flag.sentence_id for flag in reading.flags if flag.kind == "unsupported_sentence"}
    film = next((film for film in reading.films if film.image and film.role == "current"), None)
    for sentence in reading.sentences:
        words = sentence.text.strip(" .\n")
        if sentence.id in doubted and film is not None and 0 < len(words) <= LONGEST_QUOTE:
            return (Asked(f"Where is “{words}”?", "place", film.film_key, film.title, phrase=words),)
    return ()


def _about_findings(reading: StudyReading, not_assessed: Sequence[str]) -> tuple[Asked, ...]:
    """One more look at the surest finding; where nothing was found, at what is missed most often."""
    present = [one for one in _standing(reading) if one.label not in not_assessed]
    if present:
        surest = max(present, key=lambda one: one.confidence or 0.0)
        return (Asked(f"What on the film speaks for {surest.label}?"), Asked("Is anything else to be seen?"))
    return (Asked("Is anything to be seen that is not in the list of findings?"),)


def _before_a_reading(not_assessed: Sequence[str]) -> tuple[Asked, ...]:
    askable = [name for name in FIRST_QUESTIONS if name not in not_assessed]
    assert set(FIRST_QUESTIONS) <= set(FINDINGS)
    return tuple(Asked(f"Is there {_with_article(name)}?", "presence", phrase=name) for name in askable[:3])


def _with_article(name: str) -> str:
    return name if name in _UNCOUNTED else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


_UNCOUNTED = frozenset({"cardiomegaly", "pneumonia", "edema"})

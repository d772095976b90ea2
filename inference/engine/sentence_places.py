"""A place for every sentence of a report that can have one, and the reason where there is none.

A sentence whose findings have one box each is shown by those boxes: asking again would give the same place in other
numbers. One whose finding has several boxes is asked about by itself, since it may mean one of them; so is one that
states a finding without a box, or that names a region but no finding. All are asked in one call. An answer that
covers a box which is there already (intersection over union of a half) points to it; only others become new boxes.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace

from inference.backend import FINDINGS, Box, Event, Finding, Flag, Progress, Sentence, Xyxy
from inference.engine.answer_forms import PHRASE
from inference.engine.claims import side_flags
from inference.engine.grounding import ShortQuestion, answer_boxes, film_boxes, short_answers
from inference.engine.session import Job, Session
from inference.text import prompts
from inference.text.labels import ABSENT, label_report
from inference.text.places import DENIES, NAMES_NOTHING, NO_ANSWER, NOT_TAUGHT

SAME_PLACE = 0.5  # intersection over union

_REGION = re.compile(
    r"\b(?:lungs?|lobes?|lobar|hil(?:um|a|ar)|ap(?:ex|ices|ical)|bas(?:e|es|al|ilar)|costophrenic|(?:hemi)?diaphragms?"
    r"|trachea\w*|spine|vertebra\w*|clavicles?|ribs?|aort\w+|mediastin\w+|svc|vena cava|cardiac|heart|atri(?:um|al)"
    r"|carina\w*|abdom\w+|pleura\w*|fissures?|perihilar|retrocardiac|granulom\w+|hernia\w*|calcifi\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SentencePlan:
    """How a sentence gets its place: boxes that are there, films to ask about, or neither and why."""

    known: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    no_place: str = ""


def plan_sentence(
    sentence: Sentence,
    findings: Sequence[Finding],
    boxes: Sequence[Box],
    current: Sequence[str],
    box_findings: frozenset[str] | None,
) -> SentencePlan:
    """Decide where a sentence's place comes from. Pure.

    Args:
        findings: Of all films of the reading.
        boxes: Of those findings.
        current: The films that the report is about; one that none of its findings is on is asked about the first.
        box_findings: Findings that the pack was taught to place, None = it doesn't say.
    """
    labels = {label: value for label, value in label_report(sentence.text).items() if label in FINDINGS}
    stated = {label for label, value in labels.items() if value != ABSENT}
    if labels and not stated:
        return SentencePlan(no_place=DENIES)
    here = [
        one
        for one in findings
        if one.presence == "present" and one.label in stated and one.id in sentence.finding_ids
    ]
    of_each = [tuple(box.id for box in boxes if box.finding_id == one.id) for one in here]
    placed = [ids for ids in of_each if ids]
    if placed and all(len(ids) == 1 for ids in placed):
        return SentencePlan(known=tuple(ids[0] for ids in placed))
    if not stated and not _REGION.search(sentence.text):
        return SentencePlan(no_place=NAMES_NOTHING)
    if box_findings is not None and not stated & box_findings:
        return SentencePlan(no_place=NOT_TAUGHT)
    films = tuple(dict.fromkeys(one.image for one in here)) or tuple(current[:1])
    return SentencePlan(images=films)


def place_sentences(
    session: Session,
    job: Job,
    sentences: Sequence[Sentence],
    findings: Sequence[Finding],
    boxes: Sequence[Box],
    current: Sequence[str],
) -> Generator[Event, None, tuple[tuple[Sentence, ...], tuple[Box, ...]]]:
    """Yield each sentence with its place, a new box before the sentence that it shows.

    Returns:
        The sentences as they were yielded, and the new boxes.
    """
    plans = [plan_sentence(one, findings, boxes, current, job.settings.box_findings) for one in sentences]
    asked = [
        ShortQuestion(image, prompts.phrase_grounding(one.text.rstrip(" .")), PHRASE)
        for one, plan in zip(sentences, plans, strict=True)
        for image in plan.images
    ]
    yield Progress("places", 0, len(asked))
    answers = short_answers(session, job, asked)
    placed: list[Sentence] = []
    added: list[Box] = []
    for sentence, plan in zip(sentences, plans, strict=True):
        found = {image: film_boxes(job, image, answer_boxes(next(answers))) for image in plan.images}
        own = [box for box in boxes if box.finding_id in sentence.finding_ids]
        new, ids = _told(sentence, found, own, len(boxes) + len(added))
        added += new
        no_place = plan.no_place or ("" if plan.known or ids else NO_ANSWER)
        placed.append(replace(sentence, box_ids=(*plan.known, *ids), no_place=no_place))
        yield from new
        yield placed[-1]
        yield from _side_doubts(job, placed[-1], (*boxes, *added))
    job.usage.stage("places")
    yield Progress("places", len(asked), len(asked))
    return tuple(placed), tuple(added)


def _side_doubts(job: Job, sentence: Sentence, boxes: Sequence[Box]) -> list[Flag]:
    """A flag where the sentence says left and its boxes lie right, or the other way round."""
    doubts: list[Flag] = []
    shown = [box for box in boxes if box.id in sentence.box_ids]
    for image in dict.fromkeys(box.image for box in shown):
        picture = job.eyes.picture(job.film(image))
        places = [picture.from_film(box.xyxy) for box in shown if box.image == image]
        doubts += side_flags(sentence.text, sentence.id, places, picture.width)
    return doubts


def _told(
    sentence: Sentence, found: Mapping[str, Sequence[Xyxy]], own: Sequence[Box], count: int
) -> tuple[list[Box], list[str]]:
    """New boxes of a sentence, and the ids of all that show it; `own` are those of its findings."""
    new: list[Box] = []
    ids: list[str] = []
    for image, xyxy in ((image, xyxy) for image, places in found.items() for xyxy in places):
        same = [box for box in own if box.image == image and overlap(box.xyxy, xyxy) >= SAME_PLACE]
        if not same:
            new.append(Box(f"b{count + len(new) + 1}", image, xyxy, sentence_id=sentence.id))
        ids.append(max(same, key=lambda box: overlap(box.xyxy, xyxy)).id if same else new[-1].id)
    return new, list(dict.fromkeys(ids))


def overlap(one: Xyxy, other: Xyxy) -> float:
    """Intersection over union of two boxes with an area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Xyxy) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])

"""What changed between the prior and the current study: finding by finding, and in the model's words."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import count

from inference.backend import (
    Box,
    Change,
    Compare,
    Event,
    Finding,
    Finished,
    PriorChosen,
    Progress,
    TextDelta,
    Xyxy,
)
from inference.engine.answer_forms import ORGAN
from inference.engine.changes import ChangeRules, Sight, change_of, uses_sizes
from inference.engine.films import choose_films, gate_films
from inference.engine.findings import film_findings, finding_list
from inference.engine.grounding import ShortQuestion, answer_boxes, film_boxes, locate_findings, short_answers
from inference.engine.sentences import wording_doubts
from inference.engine.session import Job, Session, look
from inference.errors import InvalidRequest
from inference.text import prompts

ANSWER_TOKENS = 500
LUNGS = 2  # boxes: with one of them the other's size would be missing


def compare(session: Session, request: Compare, job: Job) -> Iterator[Event]:
    """Compare the first current film with the first film of the nearest prior (m4cxr.md §4.6, reference and main).

    With a question the model answers just that. Without one both films get their 13 findings and the boxes of those
    that are present, each film alone, and each finding a `Change` that follows from the two; then the model says what
    has changed, unless only the changes are asked for. That is its own answer and may disagree with the list.

    Raises:
        InvalidRequest: The study holds no prior that can be read.
        NothingToRead: The gate refused every current film.
    """
    yield from gate_films(session, job)
    films = choose_films(session)
    if not films.priors:
        raise InvalidRequest(
            "There is nothing to compare with: the study holds no prior film that can be read."
        )
    pair = (films.priors[0], films.current[0])
    prior = films.prior
    yield PriorChosen(pair[:1], prior.days_before, prior.others, prior.why, "not used")
    for number, image in enumerate(pair):
        yield Progress("encode", number, 2)
        look(session, image, job)
    job.usage.stage("encode")
    question = " ".join(prompts.plain(request.question).split())
    changes: tuple[Change, ...] = ()
    if not question:
        changes = yield from _changes(session, job, pair)
    answer = ""
    if question or not request.changes_only:
        yield Progress("answer", 0, 1)
        for new in _answer(session, job, question or prompts.CHANGE_QUESTION, pair):
            answer += new
            yield TextDelta(new, "answer")
        yield from wording_doubts(answer, has_prior=True, given=question)
        job.usage.stage("answer")
    told = {
        "reference": pair[0],
        "main": pair[1],
        "question": question or prompts.CHANGE_QUESTION,
        "answer": answer,
        "changes": [
            {"label": one.label, "change": one.change, "basis": one.basis, "why": one.why} for one in changes
        ],
        "template": "difference",
    }
    yield Finished(told, job.usage.as_result())


Pair = tuple[str, str]
"""The films that are compared: the prior's, the current one."""


def _changes(session: Session, job: Job, pair: Pair) -> Generator[Event, None, tuple[Change, ...]]:
    """The findings of both films with their boxes, and what became of each."""
    ids = count(1)
    findings: list[tuple[Finding, ...]] = []
    for number, image in enumerate(pair):
        yield Progress("confidence", number, 2)
        listed = finding_list(session, job, image)
        findings.append(tuple(film_findings(session, job, image, listed, ids)))
        yield from findings[-1]
    job.usage.stage("confidence")
    boxes = yield from locate_findings(session, job, [one for of_film in findings for one in of_film])
    rules = job.settings.change
    both = list(zip(*findings, strict=True))
    lungs = _lungs(session, job, pair) if _needs_yardstick(both, boxes, rules) else {}
    seen = [
        {one.label: _sight(job, one, boxes, lungs.get(one.image, ())) for one in of_film}
        for of_film in findings
    ]
    changes = tuple(change_of(seen[0][label], seen[1][label], rules) for label in seen[0])
    yield from changes
    return changes


def _needs_yardstick(both: Sequence[tuple[Finding, ...]], boxes: Sequence[Box], rules: ChangeRules) -> bool:
    placed = {box.finding_id for box in boxes}
    return any({then.id, now.id} <= placed and uses_sizes(then, now, rules) for then, now in both)


def _sight(job: Job, finding: Finding, boxes: Sequence[Box], lungs: tuple[Xyxy, ...]) -> Sight:
    own = [box.xyxy for box in boxes if box.finding_id == finding.id]
    return Sight(finding, _in_square(job, finding.image, own), lungs)


def _in_square(job: Job, image: str, boxes: Sequence[Xyxy]) -> tuple[Xyxy, ...]:
    """Boxes in stored pixels of a film, in parts of the side of the square that the model sees."""
    picture = job.eyes.picture(job.film(image))
    side = min(picture.width, picture.height)
    placed = (picture.from_film(box) for box in boxes)
    return tuple((x1 / side, y1 / side, x2 / side, y2 / side) for x1, y1, x2, y2 in placed)


def _lungs(session: Session, job: Job, pair: Pair) -> dict[str, tuple[Xyxy, ...]]:
    """The lungs on each of the films, for a yardstick that does not depend on how the patient stood; or none."""
    asked = [ShortQuestion(image, prompts.organ_grounding(), ORGAN) for image in pair]
    answers = short_answers(session, job, asked)
    found = {image: film_boxes(job, image, answer_boxes(next(answers))) for image in pair}
    if any(len(boxes) != LUNGS for boxes in found.values()):
        return {}
    return {image: _in_square(job, image, boxes) for image, boxes in found.items()}


def _answer(session: Session, job: Job, question: str, images: Sequence[str]) -> Iterator[str]:
    dialogue = session.dialogue
    branch = dialogue.start(dialogue.prompt([("user", prompts.difference_question(question))], images))
    yield from dialogue.answer(branch, job.cancel, max_new_tokens=ANSWER_TOKENS)
    dialogue.keep(branch)

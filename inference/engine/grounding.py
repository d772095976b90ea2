"""Short questions about places: asked together, answered in a given form, in pixels of the film."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from inference.backend import Box, Event, Finding, Progress, Xyxy
from inference.boxes import SIDE, GridBox, crop_square, from_grid, to_grid, usable
from inference.engine.answer_forms import FINDING, PRESENT_FINDING, AnswerForm
from inference.engine.session import Job, Session
from inference.errors import InvalidRequest
from inference.text import prompts
from inference.text.answers import parse_boxes


@dataclass(frozen=True, slots=True)
class ShortQuestion:
    """A question about one film whose answer has a form."""

    image: str
    question: str  # bare, see `inference.text.prompts`
    form: AnswerForm


def short_answers(session: Session, job: Job, asked: Sequence[ShortQuestion]) -> Iterator[str]:
    """The answers, in the order of the questions. They are asked in one call, so that the dialogue can batch them."""
    dialogue = session.dialogue
    answers = dialogue.answers(
        [dialogue.prompt([("user", prompts.on_image(one.question))], [one.image]) for one in asked],
        job.cancel,
        max_new_tokens=max((one.form.longest for one in asked), default=0) + 2,
        constraints=[job.constraint(one.form) for one in asked],
    )
    ready: dict[int, str] = {}
    due = 0
    for number, answer in answers:
        ready[number] = answer
        while due in ready:
            yield ready.pop(due)
            due += 1


def is_forced(session: Session, job: Job, asked: ShortQuestion) -> bool:
    """True if the model, left alone, would begin its answer otherwise: it was hardly taught this question.

    An answer in the right form says nothing then. Costs one token's reading.
    """
    dialogue = session.dialogue
    ids = dialogue.prompt([("user", prompts.on_image(asked.question))], [asked.image])
    (logits,) = dialogue.first_tokens([ids], job.cancel, 1)
    return int(logits.argmax()) not in job.constraint(asked.form).allowed()


def finding_question(job: Job, image: str, label: str, *, is_known_present: bool = False) -> ShortQuestion:
    """Where is a finding?

    Where it is known to be present and the pack was trained to place it, only the place is asked for; otherwise the
    model may answer that it isn't there.
    """
    is_trained = job.settings.box_findings is not None and label in job.settings.box_findings
    form = PRESENT_FINDING if is_known_present and is_trained else FINDING
    return ShortQuestion(image, prompts.finding_grounding(prompts.plain(label)), form)


def locate_findings(
    session: Session, job: Job, findings: Sequence[Finding]
) -> Generator[Event, None, tuple[Box, ...]]:
    """Boxes for each present finding that the pack was taught to place, each on its own film."""
    present = [
        one for one in findings if one.presence == "present" and job.settings.asks_for_boxes(one.label)
    ]
    boxes: list[Box] = []
    answers = short_answers(
        session,
        job,
        [finding_question(job, one.image, one.label, is_known_present=True) for one in present],
    )
    for number, finding in enumerate(present):
        yield Progress("boxes", number, len(present))
        for xyxy in film_boxes(job, finding.image, answer_boxes(next(answers))):
            box = Box(f"b{len(boxes) + 1}", finding.image, xyxy, finding_id=finding.id)
            boxes.append(box)
            yield box
    job.usage.stage("boxes")
    yield Progress("boxes", len(present), len(present))
    return tuple(boxes)


def answer_boxes(answer: str) -> tuple[GridBox, ...]:
    """The boxes of an answer on the grid, whatever they are of."""
    return tuple(one.box for one in parse_boxes(answer))


def film_boxes(job: Job, image: str, boxes: Sequence[GridBox]) -> tuple[Xyxy, ...]:
    """Boxes of the grid in stored pixels of the film, each once, inside it and with an area."""
    picture = job.eyes.picture(job.film(image))
    drawable = dict.fromkeys(part for box in boxes if (part := usable(box)))
    return tuple(
        dict.fromkeys(picture.to_film(from_grid(box, picture.width, picture.height)) for box in drawable)
    )


@dataclass(frozen=True, slots=True)
class SeenBox:
    """A box of a film as the model can be told of it."""

    box: GridBox  # inside the grid, with an area
    is_cut: bool  # part of it lies outside the square that the model sees


def seen_box(job: Job, image: str, xyxy: Xyxy) -> SeenBox:
    """A box in stored pixels of a film (x right, y down, edges), on the model's grid.

    What is smaller than a cell of the grid becomes one cell.

    Raises:
        InvalidRequest: No part of it with an area lies in the square that the model sees, or on the film at all.
    """
    x1, y1, x2, y2 = xyxy
    if not (x1 < x2 and y1 < y2):  # written so that NaN is refused as well
        raise InvalidRequest("A box must have x1 < x2 and y1 < y2, in pixels of the film.")
    film = job.film(image).description
    if x2 <= 0 or y2 <= 0 or x1 >= film.columns or y1 >= film.rows:
        raise InvalidRequest(f"The box lies outside the film, which has {film.columns} x {film.rows} pixels.")
    inside = (max(x1, 0.0), max(y1, 0.0), min(x2, float(film.columns)), min(y2, float(film.rows)))
    picture = job.eyes.picture(job.film(image))
    px1, py1, px2, py2 = picture.from_film(inside)
    left, top, right, bottom = crop_square(picture.width, picture.height)
    if px2 <= left or py2 <= top or px1 >= right or py1 >= bottom:
        raise InvalidRequest(
            "The box lies outside the central square of the film, which is all that the model sees. "
            "Choose a place inside the marked square."
        )
    wx1, wy1, wx2, wy2 = picture.from_film(xyxy)
    half_a_cell = (right - left) / SIDE / 2
    is_cut = min(wx1 - left, wy1 - top, right - wx2, bottom - wy2) < -half_a_cell
    gx1, gy1, gx2, gy2 = to_grid((px1, py1, px2, py2), picture.width, picture.height)
    gx1, gx2 = _at_least_a_cell(gx1, gx2)
    gy1, gy2 = _at_least_a_cell(gy1, gy2)
    return SeenBox((gx1, gy1, gx2, gy2), is_cut)


def _at_least_a_cell(low: int, high: int) -> tuple[int, int]:
    low, high = min(max(low, 0), SIDE), min(max(high, 0), SIDE)
    if low < high:
        return low, high
    return (low, low + 1) if low < SIDE else (SIDE - 1, SIDE)

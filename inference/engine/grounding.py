"""Boxes for findings and phrases, under a grammar, in pixels of the film."""

from __future__ import annotations

from collections.abc import Sequence

from inference.boxes import GridBox, from_grid, usable
from inference.engine.box_grammar import FINDING, PHRASE, PRESENT_FINDING, AnswerForm
from inference.engine.dialogue import Dialogue
from inference.engine.session import Job
from inference.film_picture import Xyxy
from inference.text import prompts
from inference.text.answers import parse_boxes

ANSWER_CHARACTERS = 200  # the longest answer of the grammar: eight boxes of at most 17 characters, joined


def finding_boxes(
    dialogue: Dialogue, job: Job, image: str, label: str, *, is_known_present: bool = False
) -> tuple[str, tuple[GridBox, ...]]:
    """The model's answer to where a finding is, and its boxes on the grid (none for `Not present.`).

    Where the finding is known to be present and the pack was trained to place it, only the place is asked for;
    otherwise the model may answer that it isn't there.
    """
    is_trained = job.settings.box_findings is not None and label in job.settings.box_findings
    form = PRESENT_FINDING if is_known_present and is_trained else FINDING
    return _ask(dialogue, job, image, prompts.finding_grounding(prompts.plain(label)), form)


def phrase_boxes(dialogue: Dialogue, job: Job, image: str, phrase: str) -> tuple[str, tuple[GridBox, ...]]:
    """The model's answer to where a phrase is, and its box on the grid."""
    return _ask(dialogue, job, image, prompts.phrase_grounding(phrase), PHRASE)


def film_boxes(job: Job, image: str, boxes: Sequence[GridBox]) -> tuple[Xyxy, ...]:
    """Boxes of the grid in stored pixels of the film, each once, inside it and with an area."""
    picture = job.eyes.picture(job.film(image))
    drawable = dict.fromkeys(part for box in boxes if (part := usable(box)))
    return tuple(
        dict.fromkeys(picture.to_film(from_grid(box, picture.width, picture.height)) for box in drawable)
    )


def _ask(
    dialogue: Dialogue, job: Job, image: str, question: str, form: AnswerForm
) -> tuple[str, tuple[GridBox, ...]]:
    branch = dialogue.start(dialogue.prompt([("user", prompts.on_image(question))], [image]))
    constraint = job.constraint(form)
    answer = "".join(
        dialogue.answer(branch, job.cancel, max_new_tokens=ANSWER_CHARACTERS, constraint=constraint)
    )
    return answer, tuple(one.box for one in parse_boxes(answer))

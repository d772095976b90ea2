"""From a study's findings to the marks that the viewer draws. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from inference.backend import Box
from inference.film_picture import pixel_height_to_width
from plugin import colours
from plugin.prior.pairs import prior_marks
from plugin.review.reviewed import (
    ORIGINAL,
    ReviewedFinding,
    finding_of_mark,
    human_version,
    is_version_of,
    reviewed_findings,
)
from plugin.review.state import HumanBox
from plugin.state import StudyReading, finding_of_box, lit_findings
from viewer.api import Mark
from viewer.core.study import PixelDescription

Xyxy = tuple[float, float, float, float]
_NOWHERE: Xyxy = (0.0, 0.0, 0.0, 0.0)


def marks_of(state: StudyReading, films: Mapping[str, PixelDescription]) -> tuple[Mark, ...]:
    """The places of what stands, and a dotted square on films of which strips were not read.

    The AI's boxes are dashed, each in its finding's colour; the reader's are solid, all in one. The AI's original of a
    box that was moved or denied, and the boxes of a rejected finding, stay: faint and dotted (OV-2, OV-4). What the
    comparison found stands on the prior's film.

    Args:
        state: The study on screen, as the reader may see it.
        films: Pixel description by `Film.key`, of the films that may carry marks.
    """
    drawn = [mark for one in reviewed_findings(state) for mark in _marks_of_finding(state, one)]
    return (
        *_crop_marks(state, films),
        *_originals(state),
        *drawn,
        *_of_sentences(state),
        *prior_marks(state),
    )


def _marks_of_finding(state: StudyReading, one: ReviewedFinding) -> list[Mark]:
    is_lit = one.id in lit_findings(state)
    ai = Mark(
        "", "", _NOWHERE, one.label, colours.of_label(one.model.label if one.model else ""), "dashed", is_lit
    )
    human = replace(ai, color=colours.READER, style="solid", is_draft=False)
    gone = replace(ai, caption="", style="dotted", is_faint=True)
    made: list[Mark] = []
    may_edit = one.stands and state.signing.is_open
    for box in one.boxes:
        look = (human if box.origin == "human" else ai) if one.stands else gone
        made += _on_its_films(state, replace(look, id=box.id, xyxy=box.xyxy, is_editable=may_edit), box.image)
    return made


def _originals(state: StudyReading) -> list[Mark]:
    """What the AI drew where the reader's hand was, behind everything else."""
    return [
        mark
        for made in state.review.boxes
        if made.of_xyxy is not None and _has_original(state, made)
        for mark in _on_its_films(
            state,
            Mark(
                ORIGINAL + made.id,
                "",
                made.of_xyxy,
                color=colours.of_label(made.label),
                style="dotted",
                is_faint=True,
                is_highlighted=finding_of_mark(state, made.id) in lit_findings(state),
            ),
            made.image,
        )
    ]


def _has_original(state: StudyReading, made: HumanBox) -> bool:
    """A denied place of an earlier reading says nothing about this one; a moved box shows what it was made from."""
    return made.xyxy is not None or any(is_version_of(made, box) for box in state.boxes)


def _of_sentences(state: StudyReading) -> list[Mark]:
    """Places of sentences that state no finding, or one of another film."""
    standing = {one.id: one for one in reviewed_findings(state) if one.stands}
    made: list[Mark] = []
    for box in state.boxes:
        finding_id = finding_of_box(state, box.id)
        one = standing.get(finding_id or "")
        if finding_id is None or (one is not None and one.image != box.image):
            made += _of_a_sentence(state, box, one)
    return made


def _of_a_sentence(state: StudyReading, box: Box, one: ReviewedFinding | None) -> list[Mark]:
    label = one.model.label if one is not None and one.model is not None else ""
    is_lit = one is not None and one.id in lit_findings(state)
    ai = Mark(box.id, "", box.xyxy, label, colours.of_label(label), "dashed", is_lit)
    ai = replace(ai, is_editable=state.signing.is_open)
    made = human_version(state, box)
    if made is None:
        return _on_its_films(state, ai, box.image)
    if made.xyxy is None:
        return []
    human = replace(ai, id=made.id, xyxy=made.xyxy, color=colours.READER, style="solid", is_draft=False)
    return _on_its_films(state, human, box.image)


def _on_its_films(state: StudyReading, mark: Mark, image: str) -> list[Mark]:
    """Copies of one film share their pixels, so a box may belong on more than one."""
    keys = [film.film_key for film in state.films if film.image and film.image == image]
    return [replace(mark, film_key=key) for key in keys]


def _crop_marks(state: StudyReading, films: Mapping[str, PixelDescription]) -> list[Mark]:
    cropped = {flag.image for flag in state.flags if flag.kind == "cropped" and flag.image}
    return [
        Mark(
            id=f"crop {film.film_key}",
            film_key=film.film_key,
            xyxy=central_square(films[film.film_key]),
            color=colours.OF_THE_CROP,
            style="dotted",
        )
        for film in state.films
        if film.image in cropped and film.film_key in films
    ]


def central_square(pixels: PixelDescription) -> Xyxy:
    """The square that the model sees: as long as the film's shorter side, in its middle, in stored pixels (edges).

    Where pixels are not square it is an oblong of rows and columns.
    """
    height_to_width = pixel_height_to_width(pixels)
    side = min(pixels.rows * height_to_width, float(pixels.columns))
    height = side / height_to_width
    left, top = (pixels.columns - side) / 2, (pixels.rows - height) / 2
    return (left, top, left + side, top + height)

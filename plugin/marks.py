"""From a study's findings to the marks that the viewer draws. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from inference.backend import Box
from inference.film_picture import pixel_height_to_width
from plugin import colours
from plugin.prior.pairs import prior_marks
from plugin.state import StudyReading, finding_of_box
from viewer.api import Mark
from viewer.core.study import PixelDescription

Xyxy = tuple[float, float, float, float]


def marks_of(state: StudyReading, films: Mapping[str, PixelDescription]) -> tuple[Mark, ...]:
    """Dashed boxes of the present findings, a dotted square on films of which strips were not read,
    and what the comparison with the prior found on the prior's film.

    Args:
        state: The study on screen.
        films: Pixel description by `Film.key`, of the films that may carry marks.
    """
    labels = {finding.id: finding.label for finding in state.findings if finding.presence == "present"}
    marks = [
        _box_mark(state, box, labels, film_key)
        for box in state.boxes
        if _is_shown(state, box, labels)
        for film_key in _film_keys(state, box.image)
    ]
    return (*_crop_marks(state, films), *marks, *prior_marks(state))


def _is_shown(state: StudyReading, box: Box, labels: Mapping[str, str]) -> bool:
    finding_id = finding_of_box(state, box.id)
    return finding_id is None or finding_id in labels


def _box_mark(state: StudyReading, box: Box, labels: Mapping[str, str], film_key: str) -> Mark:
    finding_id = finding_of_box(state, box.id)
    label = labels.get(finding_id or "", "")
    return Mark(
        id=box.id,
        film_key=film_key,
        xyxy=box.xyxy,
        caption=label,
        color=colours.of_label(label),
        style="dashed",
        is_highlighted=finding_id is not None and finding_id == state.selected,
    )


def _film_keys(state: StudyReading, image: str) -> list[str]:
    """Copies of one film share their pixels, so a box may belong on more than one."""
    return [film.film_key for film in state.films if film.image and film.image == image]


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

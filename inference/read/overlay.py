"""One PNG per film: the film as read, the model's boxes with captions, and the draft mark burned in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inference.backend import DRAFT_MARK, Finding
from inference.boxes import crop_square
from inference.film_picture import ModelPicture, Xyxy
from inference.text.nothing_found import nothing_found

# Okabe and Ito's palette: told apart by colour-blind readers too, and all bright on a film.
# Without its dark blue, which a film swallows.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#CC79A7", "#D55E00")
BAND_SHARE = 1 / 28  # height of a text band, of the film's longer side
FOOTER = "Research use only. Not a medical device."


@dataclass(frozen=True, slots=True)
class Mark:
    """A box, in stored pixels of the film, and the findings that have it."""

    xyxy: Xyxy
    captions: tuple[str, ...]
    colour: str


def marks(findings: Sequence[tuple[Finding, Sequence[Xyxy]]]) -> tuple[Mark, ...]:
    """The present findings' boxes, one colour per finding; equal boxes are drawn once, with all their captions."""
    present = [(finding, boxes) for finding, boxes in findings if finding.presence == "present"]
    made: dict[Xyxy, Mark] = {}
    for number, (finding, boxes) in enumerate(present):
        for xyxy in boxes:
            known = made.get(xyxy, Mark(xyxy, (), COLOURS[number % len(COLOURS)]))
            made[xyxy] = Mark(xyxy, (*known.captions, caption(finding)), known.colour)
    return tuple(made.values())


def caption(finding: Finding) -> str:
    """`pleural effusion 0.83`: the number is the model's probability; the band below says so."""
    return finding.label if finding.confidence is None else f"{finding.label} {finding.confidence:.2f}"


def overlay(
    picture: ModelPicture, findings: Sequence[tuple[Finding, Sequence[Xyxy]]], pack_line: str
) -> Image.Image:
    """Draw the film upright, with square pixels, between two bands of text.

    Args:
        picture: The film as the model saw it.
        findings: Its 13 findings with their boxes in stored pixels.
        pack_line: Names the model.
    """
    film = Image.fromarray(picture.grey).convert("RGB")
    band = max(14, round(max(film.size) * BAND_SHARE))
    pen = ImageDraw.Draw(film)
    line = max(1, band // 10)
    if picture.width != picture.height:
        _dashed(pen, crop_square(picture.width, picture.height), line)
    placed = [(mark, picture.from_film(mark.xyxy)) for mark in marks(findings)]
    for mark, (x1, y1, x2, y2) in placed:
        pen.rectangle((x1, y1, max(x2 - 1, x1), max(y2 - 1, y1)), outline=mark.colour, width=line)
    taken: list[Xyxy] = []
    for mark, xyxy in placed:  # after all boxes, so that no line runs through the words
        taken.append(_captions(pen, mark, xyxy, band, film.size, taken))
    return _framed(film, band, _lines(findings, pack_line))


def _lines(findings: Sequence[tuple[Finding, Sequence[Xyxy]]], pack_line: str) -> tuple[str, ...]:
    present = [finding for finding, _ in findings if finding.presence == "present"]
    unplaced = [caption(finding) for finding, boxes in findings if finding in present and not boxes]
    calibrated = "calibrated" if all(finding.calibrated for finding in present) else "not calibrated here"
    return tuple(
        line
        for line in (
            f"Numbers: the model's probability, {calibrated}."
            if present
            else nothing_found([finding for finding, _ in findings]),
            f"Without a place: {', '.join(unplaced)}." if unplaced else "",
            pack_line,
            FOOTER,
        )
        if line
    )


def _captions(
    pen: ImageDraw.ImageDraw,
    mark: Mark,
    xyxy: Xyxy,
    band: int,
    size: tuple[int, int],
    taken: Sequence[Xyxy],
) -> Xyxy:
    """Write a box's captions above it, or wherever `taken` leaves room; return the place that they take."""
    font, rim = _font(round(band * 0.6)), max(1, band // 10)
    text = "\n".join(mark.captions)
    left, top, right, bottom = pen.multiline_textbbox((0, 0), text, font=font)
    width, height = right - left + 2 * rim, bottom - top + 2 * rim
    x = min(max(xyxy[0], 0), max(size[0] - width, 0))
    above_or_below = xyxy[1] - height if xyxy[1] >= height else xyxy[3]
    y = free_place(x, above_or_below, width, height, size[1], taken)
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill="#000000")
    pen.multiline_text((x + rim - left, y + rim - top), text, fill=mark.colour, font=font)
    return (x, y, x + width, y + height)


def free_place(
    x: float, y: float, width: float, height: float, film_height: float, taken: Sequence[Xyxy]
) -> float:
    """The first place from `y` up, then down, where a caption at `x` covers none of `taken`; `y` if there is none."""
    lowest = max(film_height - height, 0.0)
    wanted = min(max(y, 0.0), lowest)
    step = max(height / 2, 1.0)
    count = int(film_height / step) + 1
    for place in (*(wanted - n * step for n in range(count)), *(wanted + n * step for n in range(count))):
        box = (x, place, x + width, place + height)
        if 0 <= place <= lowest and not any(_overlap(box, other) for other in taken):
            return place
    return wanted


def _overlap(one: Xyxy, other: Xyxy) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _dashed(pen: ImageDraw.ImageDraw, square: Xyxy, line: int) -> None:
    """The square that the model saw, as a dashed frame."""
    x1, y1, x2, y2 = (round(edge) for edge in square)
    dash = max(4, (x2 - x1) // 60)
    for start in range(0, x2 - x1, 2 * dash):
        for y in (y1, y2 - line):
            pen.line((x1 + start, y, min(x1 + start + dash, x2), y), fill="#909090", width=line)
        for x in (x1, x2 - line):
            pen.line((x, y1 + start, x, min(y1 + start + dash, y2)), fill="#909090", width=line)


def _framed(film: Image.Image, band: int, lines: Sequence[str]) -> Image.Image:
    """The film with the draft mark above it and `lines` below it."""
    framed = Image.new("RGB", (film.width, film.height + band * (1 + len(lines))), "#000000")
    framed.paste(film, (0, band))
    pen = ImageDraw.Draw(framed)
    _fitted(pen, DRAFT_MARK, 0, band, film.width, "#F0E442")
    for number, text in enumerate(lines, start=1):
        _fitted(pen, text, film.height + band * number, band, film.width, "#FFFFFF")
    return framed


def _fitted(pen: ImageDraw.ImageDraw, text: str, top: int, band: int, width: int, colour: str) -> None:
    """Write `text` as large as band and width allow. Pillow's own font has no dash but the hyphen."""
    text = text.replace("–", "-")
    size = band * 0.65
    length = pen.textlength(text, font=_font(round(size)))
    if length > width * 0.98:
        size *= width * 0.98 / length
    font = _font(max(6, int(size)))
    pen.text((width * 0.01, top + band * 0.12), text, fill=colour, font=font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(6, size))


def as_array(picture: Image.Image) -> NDArray[np.uint8]:
    """The pixels (rows, columns, 3), for tests."""
    return np.asarray(picture)

"""Boxes that nobody can point at: outside the film, without an area, or outside what the model sees. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from inference.backend import Xyxy
from inference.boxes import crop_square
from inference.film_picture import FilmFrame
from inference.training.examine.faults import Fault
from inference.training.examine.subject import FilmName, Row, films_of

OUTSIDE_PX = 2.0
"""Rounding may put an edge a pixel or two outside."""
LEAST_SEEN = 0.5
"""Share of a box that the central square must hold."""


def boxes_outside(rows: Sequence[Row], frames: Mapping[FilmName, FilmFrame]) -> Iterator[Fault]:
    """One fault per film: what is wrong with its first bad box, and how many there are."""
    for row, film in films_of(rows):
        frame = frames.get(row.name_of(film))
        if frame is None:
            continue
        wrong = [(box.label, what) for box in film.boxes if (what := _wrong(box.xyxy, frame))]
        if wrong:
            label, what = wrong[0]
            more = f" ({len(wrong)} of its {len(film.boxes)} boxes)" if len(wrong) > 1 else ""
            yield row.fault("box_outside", f"The box of {label} {what}{more}.", _REMEDY)


_REMEDY = (
    "Boxes are left, top, right, bottom in stored pixels of the film: look whether they were measured on another size, "
    "or give width and height instead. What lies outside the central square the model can't see: leave that box out."
)


def _wrong(xyxy: Xyxy, frame: FilmFrame) -> str:
    left, top, right, bottom = xyxy
    if not (right > left and bottom > top):
        return "has no area"
    if min(left, top) < -OUTSIDE_PX or right > frame.columns + OUTSIDE_PX or bottom > frame.rows + OUTSIDE_PX:
        return f"leaves the film of {frame.columns} x {frame.rows} pixels"
    if _share_seen(frame.from_film(xyxy), frame) < LEAST_SEEN:
        return "lies outside the central square that the model sees"
    return ""


def _share_seen(box: Xyxy, frame: FilmFrame) -> float:
    left, top, right, bottom = crop_square(*frame.picture_size)
    x1, y1, x2, y2 = box
    wide = max(0.0, min(x2, right) - max(x1, left))
    high = max(0.0, min(y2, bottom) - max(y1, top))
    return wide * high / max((x2 - x1) * (y2 - y1), 1e-9)

"""A box under the hand: where it can be taken hold of, and how it lies after a drag. Pure, in stored pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.api import Mark, Xyxy
from viewer.ui.placement import Placement

LEAST_STORED = 3.0
"""No box that the reader draws or resizes has a shorter side, in stored pixels."""
NEAR_HANDLE = 8.0
NEAR_LINE = 5.0
"""So near (in the screen's units) the mouse takes hold of a handle or a line."""
ROOM_FOR_MIDDLES = 44.0
"""A side that is shorter on the screen has handles at its ends only."""

Point = tuple[float, float]
Handle = tuple[int, int]
"""Which edges follow the mouse: -1 left or upper, 1 right or lower, 0 neither; (0, 0): the whole box."""
WHOLE: Handle = (0, 0)
CORNERS: tuple[Handle, ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1))


@dataclass(frozen=True, slots=True)
class Grip:
    """A mark that the hand holds: by what, and where in stored pixels the hand took it."""

    mark: Mark
    handle: Handle
    at: Point

    def dragged(self, at: Point, film: tuple[int, int]) -> Xyxy:
        """How the box lies with the hand at `at`. The edge keeps its distance from the mouse: nothing jumps."""
        right, down = at[0] - self.at[0], at[1] - self.at[1]
        if self.handle == WHOLE:
            return moved(self.mark.xyxy, right, down, film)
        return resized(self.mark.xyxy, self.handle, right, down, film)


def clipped(xyxy: Xyxy, film: tuple[int, int]) -> Xyxy:
    """The part of a box that lies on a film of so many columns and rows."""
    columns, rows = film
    left, top, right, bottom = xyxy
    return (
        min(max(left, 0.0), float(columns)),
        min(max(top, 0.0), float(rows)),
        min(max(right, 0.0), float(columns)),
        min(max(bottom, 0.0), float(rows)),
    )


def moved(xyxy: Xyxy, right: float, down: float, film: tuple[int, int]) -> Xyxy:
    """The box in another place, as large as before: it stops at the film's edge."""
    x1, y1, x2, y2 = clipped(xyxy, film)
    right = min(max(right, -x1), film[0] - x2)
    down = min(max(down, -y1), film[1] - y2)
    return x1 + right, y1 + down, x2 + right, y2 + down


def resized(xyxy: Xyxy, handle: Handle, right: float, down: float, film: tuple[int, int]) -> Xyxy:
    """The box with some of its edges elsewhere. An edge stops before the opposite one, and at the film's edge."""
    x1, y1, x2, y2 = clipped(xyxy, film)
    x1, x2 = _edges(x1, x2, handle[0], right, float(film[0]))
    y1, y2 = _edges(y1, y2, handle[1], down, float(film[1]))
    return x1, y1, x2, y2


def _edges(low: float, high: float, which: int, by: float, most: float) -> tuple[float, float]:
    least = min(LEAST_STORED, high - low)  # a box that was smaller stays as small
    if which < 0:
        return min(max(low + by, 0.0), high - least), high
    if which > 0:
        return low, max(min(high + by, most), low + least)
    return low, high


def drawn(begun: Point, ended: Point, film: tuple[int, int]) -> Xyxy | None:
    """The box between two corners, in either order; None where too little of it lies on the film."""
    (x1, y1), (x2, y2) = begun, ended
    box = clipped((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), film)
    return box if min(box[2] - box[0], box[3] - box[1]) >= LEAST_STORED else None


def handles_of(xyxy: Xyxy, placement: Placement, ratio: float) -> dict[Handle, Point]:
    """Where a box's handles lie on the screen, in device pixels: eight, or fewer where there is little room."""
    left, top, right, bottom = placement.box_to_screen(xyxy)
    is_wide, is_high = (side >= ROOM_FOR_MIDDLES * ratio for side in (right - left, bottom - top))
    if placement.posture.is_sideways:
        is_wide, is_high = is_high, is_wide
    middles: list[Handle] = [*(((0, -1), (0, 1)) if is_wide else ()), *(((-1, 0), (1, 0)) if is_high else ())]
    return {handle: placement.to_screen(*handle_at(xyxy, handle)) for handle in (*CORNERS, *middles)}


def handle_at(xyxy: Xyxy, handle: Handle) -> Point:
    """Where a handle lies, in stored pixels."""
    x1, y1, x2, y2 = xyxy
    across, down = (handle[0] + 1) / 2, (handle[1] + 1) / 2
    return x1 + (x2 - x1) * across, y1 + (y2 - y1) * down


def handle_under(mark: Mark, placement: Placement, at: Point, ratio: float) -> Handle | None:
    """What of a box lies under a screen point (device pixels): a handle, else its line, which moves the whole box."""
    places = handles_of(mark.xyxy, placement, ratio)
    distances = {
        handle: max(abs(x - at[0]), abs(y - at[1])) for handle, (x, y) in places.items()
    }  # a square around each
    nearest = min(distances, key=distances.__getitem__)
    if distances[nearest] <= NEAR_HANDLE * ratio:
        return nearest
    near = NEAR_LINE * ratio
    left, top, right, bottom = placement.box_to_screen(mark.xyxy)
    is_around = left - near <= at[0] <= right + near and top - near <= at[1] <= bottom + near
    is_inside = left + near < at[0] < right - near and top + near < at[1] < bottom - near
    return WHOLE if is_around and not is_inside else None


def grip_under(
    marks: Sequence[Mark], selected: str, placement: Placement, at: Point, ratio: float
) -> Grip | None:
    """The editable mark that a hand at a screen point takes hold of: the selected one first, then the smallest."""
    stored = placement.to_stored(*at)
    found = [
        (mark.id != selected, (mark.xyxy[2] - mark.xyxy[0]) * (mark.xyxy[3] - mark.xyxy[1]), n, handle)
        for n, mark in enumerate(marks)
        if mark.is_editable and (handle := handle_under(mark, placement, at, ratio)) is not None
    ]
    if not found:
        return None
    *_, place, handle = min(found)
    return Grip(marks[place], handle, stored)


def on_screen(handle: Handle, placement: Placement) -> Handle:
    """In which direction a handle pulls on the screen, where the film may be flipped and turned."""
    a, b, c, d = placement.posture.matrix
    return a * handle[0] + b * handle[1], c * handle[0] + d * handle[1]

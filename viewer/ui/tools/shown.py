"""What a viewport shows of the reader's marks, and where each part of it lies on the screen. No widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from viewer.core.measure.annotation import Annotation, Kind, handles
from viewer.core.measure.spacing import Point
from viewer.ui.placement import Placement

NEAR_HANDLE = 8.0
NEAR_LINE = 5.0
"""So near (in the screen's units) the mouse takes hold of a handle or a line."""

LINES: dict[Kind, tuple[tuple[int, int], ...]] = {
    Kind.LENGTH: ((0, 1),),
    Kind.ANGLE: ((0, 1), (1, 2)),
    Kind.COBB: ((0, 1), (2, 3)),
    Kind.CTR: ((0, 1), (2, 3)),
    Kind.ARROW: ((0, 1),),
    Kind.ELLIPSE: (),
    Kind.RECTANGLE: (),
}
"""Which points are joined."""


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A mark and the lines of text at it. While it is drawn it may have fewer points than its kind needs."""

    mark: Annotation
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HumanMarks:
    """All of one film: drawn on the screen, in prints and in exports."""

    marks: tuple[ShownMark, ...] = ()
    selected: str = ""
    scale: str = ""  # where the film's millimetres come from
    scale_note: str = ""  # what of the header was not followed


class Part(Enum):
    HANDLE = auto()
    BODY = auto()


@dataclass(frozen=True, slots=True)
class Hit:
    """What of a mark lies under the mouse."""

    mark_id: str
    part: Part
    handle: int = -1


def hit_at(shown: HumanMarks, placement: Placement, at: Point, ratio: float) -> Hit | None:
    """The part of a mark under a screen point (device pixels); handles first, those of the selected mark before others.

    `ratio`: device pixels per unit of the screen.
    """
    marks = list(reversed(shown.marks))  # what was drawn last lies on top
    marks.sort(key=lambda one: one.mark.id != shown.selected)
    for one in marks:
        distances = [math.dist(at, placement.to_screen(*point)) for point in handles(one.mark)]
        nearest = min(range(len(distances)), key=distances.__getitem__)
        if distances[nearest] <= NEAR_HANDLE * ratio:
            return Hit(one.mark.id, Part.HANDLE, nearest)
    for one in marks:
        if distance_to(one.mark, placement, at) <= NEAR_LINE * ratio:
            return Hit(one.mark.id, Part.BODY)
    return None


def distance_to(mark: Annotation, placement: Placement, at: Point) -> float:
    """How far a screen point lies from the drawn lines of a mark, in device pixels."""
    points = [placement.to_screen(*point) for point in mark.points]
    if mark.kind is Kind.RECTANGLE:
        (x1, y1), (x2, y2) = points
        corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
        return min(_to_segment(at, corners[i], corners[(i + 1) % 4]) for i in range(4))
    if mark.kind is Kind.ELLIPSE:
        return _to_ellipse(at, points)
    return min(_to_segment(at, points[first], points[last]) for first, last in LINES[mark.kind])


def _to_segment(at: Point, start: Point, end: Point) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    squared = across**2 + down**2
    part = ((at[0] - start[0]) * across + (at[1] - start[1]) * down) / squared if squared else 0.0
    part = min(max(part, 0.0), 1.0)
    return math.dist(at, (start[0] + part * across, start[1] + part * down))


def _to_ellipse(at: Point, corners: Sequence[Point]) -> float:
    (x1, y1), (x2, y2) = corners
    across, down = abs(x2 - x1) / 2, abs(y2 - y1) / 2
    if min(across, down) == 0:
        return _to_segment(at, corners[0], corners[1])
    right, below = at[0] - (x1 + x2) / 2, at[1] - (y1 + y2) / 2
    turn = math.atan2(below / down, right / across)
    return math.dist((right, below), (across * math.cos(turn), down * math.sin(turn)))

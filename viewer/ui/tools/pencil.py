"""A mark while it is drawn, by click and drag or by click and click. Pure, in stored coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.core.measure.annotation import POINTS, Kind
from viewer.core.measure.spacing import Point

_LINES = frozenset({Kind.COBB, Kind.CTR})


@dataclass(frozen=True, slots=True)
class Pencil:
    """Points that are fixed, and the one that follows the mouse."""

    kind: Kind
    placed: tuple[Point, ...] = ()
    floating: Point | None = None

    @property
    def is_done(self) -> bool:
        return len(self.placed) == POINTS[self.kind]

    @property
    def shown(self) -> tuple[Point, ...]:
        """The points that can be drawn now."""
        return self.placed if self.floating is None else (*self.placed, self.floating)

    @property
    def begins_line(self) -> bool:
        """True where the next press fixes a point at once: the first of a mark or of its second line."""
        return not self.placed or (self.kind in _LINES and len(self.placed) == 2)


def pressed(pencil: Pencil, at: Point) -> Pencil:
    """The button goes down."""
    if pencil.begins_line:
        return replace(pencil, placed=(*pencil.placed, at), floating=at)
    return replace(pencil, floating=at)


def hovered(pencil: Pencil, at: Point) -> Pencil:
    """The mouse moves, with or without the button."""
    return pencil if pencil.begins_line else replace(pencil, floating=at)


def released(pencil: Pencil, at: Point, nearness: float) -> Pencil:
    """The button comes up: the point is fixed, unless it lies where its line begins (a click, not a drag).

    Args:
        pencil: After `pressed`.
        at: Where.
        nearness: Closer than this to the last fixed point counts as the same place; stored pixels.
    """
    if pencil.begins_line:
        return pencil
    last = pencil.placed[-1]
    if max(abs(at[0] - last[0]), abs(at[1] - last[1])) < nearness:
        return replace(pencil, floating=at)
    return replace(pencil, placed=(*pencil.placed, at), floating=None)

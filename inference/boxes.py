"""M4CXR's box grid: integers 0..100 over the central square that the model sees. Pure.

With m the shorter side, the square is as wide and high as m and sits in the middle of the longer axis. Rounding is
half-to-even. Only the cropped axis is clipped, as in training; a box that leaves the picture on the other axis leaves
the grid too, so what is drawn goes through `usable`.
"""

from __future__ import annotations

from typing import Literal

GridBox = tuple[int, int, int, int]
"""(x1, y1, x2, y2), x right, y down, edges, on the 0..100 grid."""
Frame = Literal["shortest_edge", "longest_edge"]
"""What the grid covers: the central square (the published model), or the picture padded to its longer side."""

SIDE = 100
NO_BOX: GridBox = (0, 0, 0, 0)
"""What training data write where a finding has no box."""


def crop_square(width: int, height: int) -> tuple[float, float, float, float]:
    """The square (x1, y1, x2, y2) of a picture that the model sees, in its pixels."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def to_grid(
    xyxy: tuple[float, float, float, float], width: int, height: int, frame: Frame = "shortest_edge"
) -> GridBox:
    """A box in pixels of a picture of `width` x `height`, on the grid."""
    x1, y1, x2, y2 = xyxy
    if frame == "longest_edge":
        side = max(width, height)
        return _scaled(x1, side), _scaled(y1, side), _scaled(x2, side), _scaled(y2, side)
    side = min(width, height)
    if height >= width:
        top = (height - side) / 2
        return (
            _scaled(x1, side),
            _clip(_scaled(y1 - top, side)),
            _scaled(x2, side),
            _clip(_scaled(y2 - top, side)),
        )
    left = (width - side) / 2
    return (
        _clip(_scaled(x1 - left, side)),
        _scaled(y1, side),
        _clip(_scaled(x2 - left, side)),
        _scaled(y2, side),
    )


def from_grid(box: GridBox, width: int, height: int) -> GridBox:
    """A box of the grid in whole pixels of a picture of `width` x `height`."""
    left, top, right, _ = crop_square(width, height)
    side = right - left
    x1, y1, x2, y2 = box
    return (
        round(x1 * side / SIDE + left),
        round(y1 * side / SIDE + top),
        round(x2 * side / SIDE + left),
        round(y2 * side / SIDE + top),
    )


def box_text(box: GridBox) -> str:
    """`[x1,y1,x2,y2]`, without blanks: how prompts and answers write a box."""
    return f"[{','.join(str(number) for number in box)}]"


def usable(box: GridBox) -> GridBox | None:
    """The part of a box inside the grid, or None where nothing can be drawn (empty, reversed, outside)."""
    x1, y1, x2, y2 = (_clip(number) for number in box)
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _scaled(pixels: float, side: int) -> int:
    return round(SIDE * pixels / side)


def _clip(number: int) -> int:
    return min(max(number, 0), SIDE)

"""From stored values to the grey that is on screen, only for what can be seen. numpy only, no Qt.

`quick` looks at one stored value per screen pixel: the same price for a small and for a nine-megapixel film, cheap
enough for every step of a drag. `fine` takes all stored values in view and leaves the smooth scaling to the painter.
Both use the one display pipeline of `viewer.core.presentation`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.presentation import apply_table, display_table, has_display_table, render
from viewer.core.study import FilmPixels
from viewer.core.voi import Voi
from viewer.ui.placement import Box, Placement, Posture

STRIP_ROWS = 256
"""Rows that are looked up at once at rest: keeps the temporary index array in the processor's cache."""


Finish = Callable[[NDArray[np.uint8], tuple[int, int], int], NDArray[np.uint8]]
"""Processes the levels of a part of the film, given its first stored row and column, and how many rows and columns
each level is the mean of. Same shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Values of what is seen, the way up it is shown, and where it belongs (left, top, right, bottom; screen)."""

    values: NDArray[Any]
    target: Box


@dataclass(frozen=True, slots=True, eq=False)
class ScreenGrid:
    """Which stored row and column each screen row and column of a film in view shows.

    On a film that lies on its side, rows of the film run along the columns of the screen.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    target: Box


def screen_grid(shape: tuple[int, int], placement: Placement, size: tuple[int, int]) -> ScreenGrid | None:
    """The grid of a film of `shape` (rows, columns); None where nothing of it is in view."""
    rows, columns = shape
    left, top, right, bottom = placement.box_to_screen((0, 0, columns, rows))
    u1, u2 = max(0, math.floor(left + 0.5)), min(size[0], math.floor(right + 0.5))
    v1, v2 = max(0, math.floor(top + 0.5)), min(size[1], math.floor(bottom + 0.5))
    if u1 >= u2 or v1 >= v2:
        return None
    x, y = _stored_axes(placement, _middles(u1, u2), _middles(v1, v2))
    column = np.floor(x).astype(np.intp).clip(0, columns - 1)
    row = np.floor(y).astype(np.intp).clip(0, rows - 1)
    return ScreenGrid(row, column, (u1, v1, u2, v2))


def quick_patch(pixels: FilmPixels, placement: Placement, size: tuple[int, int]) -> Patch | None:
    """One stored value for each screen pixel of the film in view; None where nothing of it is in view."""
    rows, columns = pixels.stored.shape[:2]
    grid = screen_grid((rows, columns), placement, size)
    if grid is None:
        return None
    values = pixels.stored.take(grid.row, axis=0).take(grid.column, axis=1)
    if placement.posture.is_sideways:
        values = values.swapaxes(0, 1)
    return Patch(np.ascontiguousarray(values), grid.target)


def quick_grey(pixels: FilmPixels, patch: Patch, voi: Voi, invert: bool) -> NDArray[np.uint8]:
    """The grey (or RGB) of a quick patch, same shape."""
    return render(replace(pixels, stored=patch.values), voi, invert=invert)


def area_in_view(
    pixels: FilmPixels, placement: Placement, size: tuple[int, int]
) -> tuple[slice, slice] | None:
    """Stored (rows, columns) that are in view; None where nothing of the film is."""
    rows, columns = pixels.stored.shape[:2]
    (x1, y1), (x2, y2) = placement.to_stored(0, 0), placement.to_stored(*size)
    x1, x2 = max(0, math.floor(min(x1, x2))), min(columns, math.ceil(max(x1, x2)))
    y1, y2 = max(0, math.floor(min(y1, y2))), min(rows, math.ceil(max(y1, y2)))
    return None if x1 >= x2 or y1 >= y2 else (slice(y1, y2), slice(x1, x2))


def fine_patch(
    pixels: FilmPixels,
    placement: Placement,
    size: tuple[int, int],
    voi: Voi,
    invert: bool,
    finish: Finish | None = None,
) -> Patch | None:
    """The grey of every stored value in view; None where nothing is in view.

    At the film's own resolution; a film drawn at a third or less is averaged over square blocks of pixels, so that
    what is left to scale never takes long. What is left over of the blocks at the edge is less than a screen pixel.
    """
    area = area_in_view(pixels, placement, size)
    if area is None:
        return None
    rows, columns = area
    height, width = rows.stop - rows.start, columns.stop - columns.start
    block = int(1 / (1.5 * max(placement.step_x, placement.step_y)))
    block = block if 1 < block <= min(height, width) else 1
    bottom, right = rows.start + height - height % block, columns.start + width - width % block
    stored = pixels.stored[rows.start : bottom, columns.start : right]
    grey = _grey(replace(pixels, stored=stored), voi, invert, block)
    if finish is not None:
        grey = finish(grey, (rows.start, columns.start), block)
    target = placement.box_to_screen((columns.start, rows.start, right, bottom))
    return Patch(postured(grey, placement.posture), target)


def postured(picture: NDArray[Any], posture: Posture) -> NDArray[Any]:
    """The picture mirrored and turned, as a contiguous array."""
    seen = picture[:, ::-1] if posture.is_mirrored else picture
    return np.ascontiguousarray(np.rot90(seen, -posture.quarter_turns))


def _grey(pixels: FilmPixels, voi: Voi, invert: bool, block: int = 1) -> NDArray[np.uint8]:
    """Grey (or RGB) of all stored values, or the means of square blocks of them; the sides are whole blocks."""
    rows, columns = pixels.stored.shape[:2]
    table = display_table(pixels, voi, invert) if has_display_table(pixels) else None
    grey = np.empty((rows // block, columns // block, *pixels.stored.shape[2:]), dtype=np.uint8)
    strip_rows = max(1, STRIP_ROWS // block) * block
    for first in range(0, rows, strip_rows):
        stored = pixels.stored[first : first + strip_rows]
        strip = (
            apply_table(stored, *table)
            if table
            else render(replace(pixels, stored=stored), voi, invert=invert)
        )
        grey[first // block : first // block + len(strip) // block] = block_means(strip, block)
    return grey


def block_means(levels: NDArray[np.uint8], block: int) -> NDArray[np.uint8]:
    """Means over squares of `block` levels, rounded; the sides must be whole blocks. Colour by channel."""
    if block == 1:
        return levels
    rows, columns = levels.shape[0] // block, levels.shape[1] // block
    squares = levels.reshape(rows, block, columns, block, *levels.shape[2:])
    sums = squares.sum(axis=3, dtype=np.uint16).sum(axis=1, dtype=np.uint32)
    means: NDArray[np.uint8] = ((sums + block * block // 2) // (block * block)).astype(np.uint8)
    return means


def _middles(first: int, end: int) -> NDArray[np.float64]:
    return np.arange(first, end, dtype=np.float64) + 0.5


def _stored_axes(
    placement: Placement, across: NDArray[np.float64], down: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stored x and y of screen columns and rows; on a film that lies on its side they change places."""
    a, b, c, d = placement.posture.matrix
    u, v = across - placement.origin_x, down - placement.origin_y
    if placement.posture.is_sideways:
        return c * v / placement.step_x, b * u / placement.step_y
    return a * u / placement.step_x, d * v / placement.step_y


def thumbnail(pixels: FilmPixels, voi: Voi, posture: Posture, side: int) -> NDArray[np.uint8]:
    """A small picture, about `side` pixels on its longer side, from every n-th stored value."""
    step = max(1, max(pixels.stored.shape[:2]) // side)
    small = replace(pixels, stored=np.ascontiguousarray(pixels.stored[::step, ::step]))
    return postured(render(small, voi), posture)

"""Processed looks: edge enhancement and local contrast (CLAHE), on the grey levels that are shown. Pure, no Qt.

A look comes after the exact display pipeline and is for the eye only: stored values are never changed, so measurements
and plugins know nothing of it. Both looks belong to the film, not to what happens to be in view: a place of the film
has the same grey wherever it is moved to, and in the magnifier. Both treat black and white alike: the look of an
inverted film is the inverted look.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Look = Literal["", "edges", "clahe"]

EDGE_SHARE = 1 / 400
"""What is finer than this part of the film's longer side stands out more: about 1 mm on a chest film."""
EDGE_STRENGTH = 1.0
"""So much of the fine detail is added once more."""

MOST_TILES = 8
LEAST_TILE = 32
"""Values along the side of a tile, at least: of fewer, a histogram says little."""
MOST_SLOPE = 2.5
"""No difference of two greys becomes more than about so many times larger, plus what is spread: noise stays noise."""

Lane = tuple[slice, int, int, NDArray[np.float32]]
"""Rows (or columns) between the middles of two tiles, the two tiles, and the weight of the second one."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalContrast:
    """One table of grey levels for each tile of a film; between the tiles' middles they pass into each other."""

    tables: NDArray[np.float32]  # (tile rows, tile columns, 256), rising from 0 to 255
    shape: tuple[int, int]  # rows and columns of the film


def edge_radius(shape: tuple[int, int], block: int = 1) -> int:
    """How far `enhance_edges` looks on a film of `shape`, in means over `block` × `block` of its pixels; 1 or more."""
    return max(1, round(max(shape) * EDGE_SHARE / block))


def enhance_edges(levels: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Unsharp mask: what differs from the surroundings differs more.

    Args:
        levels: Grey of shape (rows, columns), or colour (rows, columns, 3). Never modified.
        radius: How far the surroundings reach, in pixels of `levels`, at least 1.

    Returns:
        Same shape. An even area stays as it is.
    """
    sharp = levels.astype(np.float32)
    around = _means_around(_means_around(sharp, radius), radius)  # twice: nearly a bell
    sharp += np.float32(EDGE_STRENGTH) * (sharp - around)
    return _as_levels(sharp)


def local_contrast(levels: NDArray[np.uint8], shape: tuple[int, int]) -> LocalContrast:
    """Contrast limited adaptive histogram equalisation (CLAHE): what each tile of a film needs to be seen well.

    Args:
        levels: The whole film's grey, or every n-th pixel of it, of shape (rows, columns) or (rows, columns, 3).
        shape: Rows and columns of the film itself.

    Returns:
        Tables that keep the order of greys, and that keep black black and white white.
    """
    grey = levels if levels.ndim == 2 else levels.mean(axis=2).astype(np.uint8)
    rows, columns = (_tile_edges(side) for side in grey.shape)
    tables = np.empty((len(rows) - 1, len(columns) - 1, 256), np.float32)
    for row in range(len(rows) - 1):
        for column in range(len(columns) - 1):
            tile = grey[rows[row] : rows[row + 1], columns[column] : columns[column + 1]]
            tables[row, column] = _table(tile)
    return LocalContrast(tables, shape)


def with_local_contrast(
    levels: NDArray[np.uint8], contrast: LocalContrast, first: tuple[int, int] = (0, 0), block: int = 1
) -> NDArray[np.uint8]:
    """The levels of a part of the film, by the tables of the tiles around each of them.

    Args:
        levels: Grey or colour of the part, never modified.
        contrast: What `local_contrast` found for the whole film.
        first: Row and column of the film where the part begins.
        block: Each level is the mean over so many rows and columns of the film.
    """
    tables = contrast.tables
    lanes = [
        _lanes(levels.shape[axis], first[axis], block, contrast.shape[axis], tables.shape[axis])
        for axis in (0, 1)
    ]
    made = np.empty_like(levels)
    for rows, top, bottom, down in lanes[0]:
        for columns, left, right, across in lanes[1]:
            cell = levels[rows, columns].astype(np.intp)
            to_right = across if levels.ndim == 2 else across[:, None]
            downwards = down.reshape(-1, *(1,) * (levels.ndim - 1))
            above = _between(tables[top, left][cell], tables[top, right][cell], to_right)
            below = _between(tables[bottom, left][cell], tables[bottom, right][cell], to_right)
            made[rows, columns] = _as_levels(_between(above, below, downwards))
    return made


def _means_around(values: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Means over squares of 2 × radius + 1, the edge repeated; the price does not grow with the radius.

    Not from SciPy, which takes a quarter of a second to import: the magnifier would wait for it.
    """
    down = _means_down(values, radius)
    return _means_down(np.ascontiguousarray(down.swapaxes(0, 1)), radius).swapaxes(0, 1)


def _means_down(values: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Means over 2 × radius + 1 rows: from one row to the next, one row comes in and one goes out."""
    count = len(values)
    rows = np.arange(-radius, count + radius + 1).clip(0, count - 1)
    total = values[rows[: 2 * radius + 1]].sum(axis=0)
    means = np.empty_like(values)
    for row in range(count):
        means[row] = total
        total += values[rows[row + 2 * radius + 1]]
        total -= values[rows[row]]
    means /= np.float32(2 * radius + 1)
    return means


def _between(
    one: NDArray[np.float32], other: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    between: NDArray[np.float32] = one + (other - one) * weight
    return between


def _as_levels(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint(grey).clip(0, 255).astype(np.uint8)
    return levels


def _tile_edges(side: int) -> list[int]:
    tiles = max(1, min(MOST_TILES, side // LEAST_TILE))
    return [side * tile // tiles for tile in range(tiles + 1)]


def _table(tile: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Steps between neighbouring greys as large as the tile has pixels of them, within limits; 0 and 255 stay."""
    share = np.bincount(tile.ravel(), minlength=256) * (256 / tile.size)
    limited = np.minimum(share, MOST_SLOPE)
    limited += (share - limited).sum() / 256
    steps = (limited[:-1] + limited[1:]) / 2  # half before and half after a grey: black and white are alike
    table = np.concatenate(([0.0], np.cumsum(steps)))
    scaled: NDArray[np.float32] = (table * (255 / table[-1])).astype(np.float32)
    return scaled


def _lanes(count: int, first: int, block: int, side: int, tiles: int) -> list[Lane]:
    """Parts of `count` rows that lie between the same two middles of tiles."""
    middles = first + (np.arange(count) + 0.5) * block
    place = (middles / side * tiles - 0.5).clip(0, tiles - 1)
    before = np.minimum(place.astype(np.intp), max(0, tiles - 2))
    weight = (place - before).astype(np.float32)
    bounds = [0, *(np.flatnonzero(np.diff(before)) + 1).tolist(), count]
    return [
        (slice(start, end), int(before[start]), min(int(before[start]) + 1, tiles - 1), weight[start:end])
        for start, end in pairwise(bounds)
    ]

"""Where the lungs of a frontal film roughly are: its two dark parts beside the middle. Pure: numpy and scipy.

Good enough to paint in (`painted`), on a quarter to a half of films; where it is in doubt it says so by None.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
LEVELS = (1.02, 0.92, 0.84, 1.1, 0.76)
"""Tried in turn, times the grey level that parts the film into two classes."""


def lungs(square: Grey) -> tuple[Mask, Mask] | None:
    """The patient's right and left lung, each (side, side); None where they are not found beyond doubt.

    Args:
        square: (side, side) uint8, frontal, bone white.
    """
    smooth = ndimage.gaussian_filter(square.astype(np.float32), len(square) / 128)
    return next((found for level in LEVELS if (found := _at_level(smooth, level)) is not None), None)


def filled(mask: Mask) -> Mask:
    """With all that lies between two of its points in a row or a column: a lung without the bays of ribs and heart."""
    wide, tall = mask.copy(), mask.copy()
    for lines, of in ((wide, mask), (tall.T, mask.T)):
        for line, own in zip(lines, of, strict=True):
            if len(at := np.flatnonzero(own)):
                line[at[0] : at[-1] + 1] = True
    both: Mask = wide | tall
    return both


def rows_and_columns(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Number of its row and of its column at every place, each (size, size)."""
    row, column = np.mgrid[:size, :size].astype(np.float32)
    return row, column


def _at_level(smooth: NDArray[np.float32], level: float) -> tuple[Mask, Mask] | None:
    size = len(smooth)
    unit = size / 256
    inner = smooth[round(30 * unit) : round(215 * unit), round(24 * unit) : round(232 * unit)]
    dark = ndimage.binary_opening(smooth < _between_classes(inner) * level, iterations=2)
    dark[: round(14 * unit)] = dark[round(228 * unit) :] = False
    parts, count = ndimage.label(dark)
    rim = np.concatenate([parts[:, :3].ravel(), parts[:, -3:].ravel(), parts[round(236 * unit) :].ravel()])
    sizes = ndimage.sum_labels(dark, parts, np.arange(1, count + 1))
    large = [at + 1 for at in np.argsort(sizes)[::-1][:6] if sizes[at] > 1800 * unit**2]
    inside = [parts == number for number in large if number not in rim]
    right, left = (_one_lung(inside, unit, columns) for columns in ((20, 128), (128, 236)))
    if right is None or left is None or (right & left).any():
        return None
    smaller, larger = sorted((right.sum(), left.sum()))
    return (right, left) if larger <= 2.4 * smaller else None


def _one_lung(parts: Sequence[Mask], unit: float, columns: tuple[int, int]) -> Mask | None:
    """The largest part whose middle lies between two columns (at 256 pixels) and that is shaped as a lung may be."""
    for part in parts:
        rows, across = np.nonzero(part)
        height, width = np.ptp(rows) / unit, np.ptp(across) / unit
        is_there = columns[0] < across.mean() / unit < columns[1]
        if is_there and 80 < height < 200 and width < 115 and part.sum() < 16_000 * unit**2:
            closed = ndimage.binary_closing(part, iterations=5)
            lung: Mask = ndimage.binary_fill_holes(closed)
            return lung
    return None


def _between_classes(grey: NDArray[np.float32]) -> float:
    """Otsu's threshold: the level that parts the values into two classes with the largest distance between them."""
    counts, edges = np.histogram(grey, 128)
    middles = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * middles)
    spread = (sums[-1] * below / below[-1] - sums) ** 2 / np.maximum(below * (below[-1] - below), 1)
    return float(middles[spread.argmax()])

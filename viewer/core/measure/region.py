"""Statistics of the modality values inside an ellipse or a rectangle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.exposure import is_padding
from viewer.core.measure.spacing import Point
from viewer.core.modality import modality_values
from viewer.core.study import FilmPixels

STRIP_PIXELS = 1 << 20
"""So many pixels are looked at at once, so that a region of the whole film needs little memory."""


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Of the pixels whose centres lie inside; `unit` is the Rescale Type (0028,1054), empty where not stated."""

    count: int
    mean: float
    sd: float  # of the population
    minimum: float
    maximum: float
    unit: str = ""
    left_out: int = 0  # padding pixels inside the region: they are no measurement


def region_statistics(
    pixels: FilmPixels, corner: Point, opposite: Point, *, is_ellipse: bool
) -> RegionStatistics | None:
    """Return the statistics of a region of one grey film.

    Args:
        pixels: The film; `stored` of shape (rows, columns).
        corner: One corner of the region's box in stored coordinates.
        opposite: The other corner.
        is_ellipse: Only what lies in the ellipse that fits into the box.

    Returns:
        None where no pixel that counts lies inside, and for colour, which has no modality values.
    """
    if pixels.stored.ndim != 2:
        return None
    columns, rows = _inside(corner[0], opposite[0], pixels, 1), _inside(corner[1], opposite[1], pixels, 0)
    width = columns.stop - columns.start
    if width <= 0 or rows.stop <= rows.start:
        return None
    parts = _Parts()
    step = max(1, STRIP_PIXELS // width)
    for first in range(rows.start, rows.stop, step):
        strip = slice(first, min(first + step, rows.stop))
        kept = _ellipse_mask(corner, opposite, strip, columns) if is_ellipse else None
        parts.add(pixels, pixels.stored[strip, columns], kept)
    return parts.statistics(_unit(pixels))


def box_pixels(corner: Point, opposite: Point) -> float:
    """How many pixels the region's box covers: the price of its statistics."""
    return abs((opposite[0] - corner[0]) * (opposite[1] - corner[1]))


class _Parts:
    """Count, mean, summed squares, minimum and maximum, put together strip by strip (Chan's formula)."""

    def __init__(self) -> None:
        self.count, self.left_out, self.mean, self.squares = 0, 0, 0.0, 0.0
        self.minimum, self.maximum = math.inf, -math.inf

    def add(self, pixels: FilmPixels, stored: NDArray[Any], kept: NDArray[np.bool_] | None) -> None:
        inside = stored.ravel() if kept is None else stored[kept]
        padding = is_padding(pixels.description, inside)
        if padding is not None:
            self.left_out += int(padding.sum())
            inside = inside[~padding]
        values = modality_values(pixels.description, inside).astype(np.float64)
        values = values[np.isfinite(values)]
        if values.size == 0:
            return
        mean = float(values.mean())
        apart, total = mean - self.mean, self.count + values.size
        self.squares += float(np.square(values - mean).sum()) + apart**2 * self.count * values.size / total
        self.mean += apart * values.size / total
        self.count = total
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))

    def statistics(self, unit: str) -> RegionStatistics | None:
        if self.count == 0:
            return None
        sd = math.sqrt(max(0.0, self.squares / self.count))
        return RegionStatistics(self.count, self.mean, sd, self.minimum, self.maximum, unit, self.left_out)


def _inside(one: float, other: float, pixels: FilmPixels, axis: int) -> slice:
    """The pixels along one axis whose centres lie between two edges."""
    low, high = min(one, other), max(one, other)
    most = pixels.stored.shape[axis]
    start = min(max(math.ceil(low - 0.5), 0), most)
    return slice(start, max(start, min(max(math.ceil(high - 0.5), 0), most)))


def _ellipse_mask(corner: Point, opposite: Point, rows: slice, columns: slice) -> NDArray[np.bool_]:
    center_x, center_y = (corner[0] + opposite[0]) / 2, (corner[1] + opposite[1]) / 2
    radius_x, radius_y = abs(opposite[0] - corner[0]) / 2, abs(opposite[1] - corner[1]) / 2
    x = (np.arange(columns.start, columns.stop) + 0.5 - center_x) / radius_x
    y = (np.arange(rows.start, rows.stop) + 0.5 - center_y) / radius_y
    mask: NDArray[np.bool_] = x[None, :] ** 2 + y[:, None] ** 2 <= 1
    return mask


def _unit(pixels: FilmPixels) -> str:
    written = pixels.description.rescale_type
    return "" if written == "US" else written  # US: unspecified

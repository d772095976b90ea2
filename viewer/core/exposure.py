"""Which pixels of a film were exposed: padding and collimated borders are left out before anything is measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.modality import modality_values
from viewer.core.shutter import open_pixels, pixel_height_to_width
from viewer.core.study import FilmPixels, PixelDescription, Shutter

SAMPLE_SIDE = 512
"""Statistics are taken on a grid of at most so many rows and columns; a percentile needs no more."""

FLAT_SPREAD = 0.02
"""A border row or column whose values spread over less than this share of the film's range is collimation."""

LARGEST_BORDER = 0.35
"""Never more than this share is taken off one side: a film is not all border."""


def is_padding(description: PixelDescription, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return where stored values are Pixel Padding (same shape), or None where the file names no padding.

    With a Pixel Padding Range Limit all values between it and the Padding Value are padding, whichever is larger.

    References:
        DICOM PS3.3 C.7.5.1.1.2.
    """
    value, limit = description.padding_value, description.padding_range_limit
    if value is None:
        return None
    if limit is None or limit == value:
        return np.asarray(stored == value)
    low, high = sorted((value, limit))
    return (stored >= low) & (stored <= high)


def exposed_sample(pixels: FilmPixels) -> NDArray[Any]:
    """Return modality values of the exposed area as a flat array: a regular sample, never empty.

    What padding, collimation or the outline of a shutter takes away does not count.

    Colour is measured over all channels. Where nothing but padding and border is left, all pixels count.
    """
    step = [max(1, -(-side // SAMPLE_SIDE)) for side in pixels.stored.shape[:2]]
    stored = pixels.stored[:: step[0], :: step[1]]
    if stored.ndim == 3:
        return stored.ravel()
    padding = is_padding(pixels.description, stored)
    kept = np.ones(stored.shape, dtype=bool) if padding is None else ~padding
    if pixels.description.shutter is not None:
        kept &= _open_sample(pixels, pixels.description.shutter, step)
    if not kept.any():
        kept[:] = True
    inside = np.zeros(stored.shape, dtype=bool)
    inside[exposed_area(stored, kept)] = True
    chosen = kept & inside
    return modality_values(pixels.description, stored[chosen if chosen.any() else kept])


def _open_sample(pixels: FilmPixels, shutter: Shutter, step: list[int]) -> NDArray[np.bool_]:
    told = (
        pixels.description.rows,
        pixels.description.columns,
    )  # a preview has fewer stored rows and columns
    rows, columns = (
        np.arange(0, side, by) * whole // side
        for side, by, whole in zip(pixels.stored.shape, step, told, strict=True)
    )
    return open_pixels(shutter, rows, columns, pixel_height_to_width(pixels.description))


def exposed_area(stored: NDArray[Any], kept: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns left after flat borders are taken off, as (rows, columns) slices.

    Args:
        stored: One frame, shape (rows, columns).
        kept: Same shape: False where a pixel is padding and must not count.
    """
    counted = stored[kept]
    limit = FLAT_SPREAD * (float(counted.max()) - float(counted.min()))
    rows = _inner_range(_spread(stored, kept, axis=1), limit)
    columns = _inner_range(_spread(stored[rows], kept[rows], axis=0), limit)
    return rows, columns


def _spread(values: NDArray[Any], kept: NDArray[np.bool_], axis: int) -> NDArray[np.float64]:
    """Spread from the 5th to the 95th percentile along `axis`; 0 where everything is padding.

    Sorted once, all lines together: a percentile for each line costs ten times as much.
    """
    counts = kept.sum(axis=axis)
    lines = (
        values if kept.all() else np.where(kept, values, values.max())
    )  # what does not count is sorted to the end
    ordered = np.moveaxis(np.sort(lines, axis=axis), axis, -1)
    return _at_share(ordered, counts, 0.95) - _at_share(ordered, counts, 0.05)


def _at_share(ordered: NDArray[Any], counts: NDArray[np.intp], share: float) -> NDArray[np.float64]:
    """The percentile of the first `counts` values of each sorted line, between neighbours as `np.percentile` does."""
    place = (counts - 1).clip(0) * share
    below = place.astype(np.intp)
    above = np.minimum(below + 1, (counts - 1).clip(0))
    line = np.arange(len(ordered))
    low, high = ordered[line, below].astype(np.float64), ordered[line, above].astype(np.float64)
    return np.asarray(low + (high - low) * (place - below))


def _inner_range(spread: NDArray[np.float64], limit: float) -> slice:
    """Return the range between the first and the last line that is not flat."""
    count = len(spread)
    most = int(count * LARGEST_BORDER)
    lively = np.flatnonzero(spread > limit)
    if lively.size == 0:
        return slice(0, count)
    return slice(min(int(lively[0]), most), max(int(lively[-1]) + 1, count - most))

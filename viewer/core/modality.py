"""Stored values to modality values: the Modality LUT step (PS3.3 C.11.1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.study import FilmPixels, LookupTable, PixelDescription


def apply_modality(pixels: FilmPixels) -> NDArray[Any]:
    """Return the modality values of a film, same shape as `pixels.stored`.

    A Modality LUT Sequence wins over slope and intercept. Colour has no Modality LUT and comes back unchanged, and
    so do values with slope 1 and intercept 0 (the same array then: do not write to it).
    """
    if pixels.stored.ndim == 3:
        return pixels.stored
    return modality_values(pixels.description, pixels.stored)


def modality_values(description: PixelDescription, stored: NDArray[Any]) -> NDArray[Any]:
    """Map stored values of any shape to modality values.

    Returns:
        int64 for a Modality LUT, float64 for a rescale, `stored` itself where neither changes anything.

    References:
        DICOM PS3.3 C.11.1.1.
    """
    if description.modality_lut is not None:
        return look_up(description.modality_lut, stored)
    slope, intercept = description.rescale_slope, description.rescale_intercept
    if not is_usable_rescale(slope, intercept) or (slope == 1 and intercept == 0):
        return stored
    return stored.astype(np.float64) * slope + intercept


def is_usable_rescale(slope: float, intercept: float) -> bool:
    """False for a slope of 0, which would make the film flat, and for values that are not finite."""
    return slope != 0 and math.isfinite(slope) and math.isfinite(intercept)


def look_up(table: LookupTable, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the table's entry for each value; values outside take the first or last entry (PS3.3 C.11.1.1)."""
    entries = np.asarray(table.values, dtype=np.int64)
    if entries.size == 0:
        raise ValueError("a lookup table needs at least one entry")
    index = np.clip(np.rint(values).astype(np.int64) - table.first, 0, entries.size - 1)
    outputs: NDArray[np.int64] = np.take(entries, index)
    return outputs

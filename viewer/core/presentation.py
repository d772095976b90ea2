"""Grey to what is on screen: MONOCHROME1, Presentation LUT Shape, the reader's invert, 8 bit.

    stored -> modality -> (padding out) -> VOI -> Presentation LUT -> MONOCHROME1 / INVERSE -> reader's invert -> 0..255

The whole way is folded into one table from stored value to grey, so that a change of window costs one look-up.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.exposure import is_padding
from viewer.core.modality import look_up, modality_values
from viewer.core.study import FilmPixels, LookupTable, PixelDescription
from viewer.core.voi import Voi, apply_voi, initial_voi, lut_bits

STRIP_VALUES = 1 << 16
"""Values that are looked up at once: their indices fit into a core's second cache."""

PADDING_GREY = 0
"""Padding is no part of the picture: it is drawn black, inverted or not."""


def is_inverse(description: PixelDescription) -> bool:
    """True if low values are bright: MONOCHROME1, or Presentation LUT Shape INVERSE. Both together invert once.

    References:
        DICOM PS3.3 C.7.6.3.1.2 and C.11.6; C.8.11.3.1.2 asks DX images to say both.
    """
    return (
        description.photometric_interpretation == "MONOCHROME1"
        or description.presentation_lut_shape == "INVERSE"
    )


def apply_presentation_lut(grey: NDArray[np.float64], table: LookupTable) -> NDArray[np.float64]:
    """Return P-Values, 0 to 1, for grey that leaves the VOI step (0 to 1), same shape.

    The whole range of grey is spread over the table's entries; its first input value is 0.

    References:
        DICOM PS3.3 C.11.6.1.1, PS3.4 N.2.3.
    """
    inputs = grey * (len(table.values) - 1) + table.first
    return np.asarray(look_up(table, inputs) / (2 ** lut_bits(table) - 1))


def render(pixels: FilmPixels, voi: Voi | None = None, *, invert: bool = False) -> NDArray[np.uint8]:
    """Return the picture as the reader sees it.

    Args:
        pixels: Stored values of one frame. Never modified.
        voi: Window or curve; `initial_voi(pixels)` when None. Colour has none and ignores it.
        invert: The reader's own inversion, on top of the film's.

    Returns:
        Shape (rows, columns), or (rows, columns, 3) for colour: 0 black, 255 white.

    Raises:
        ValueError: The window can't be drawn.
    """
    if pixels.stored.ndim == 3:
        return _colour(pixels, invert)
    chosen = initial_voi(pixels) if voi is None else voi
    if has_display_table(pixels):
        table, offset = display_table(pixels, chosen, invert)
        return apply_table(pixels.stored, table, offset)
    return _grey_levels(pixels.description, pixels.stored, chosen, invert)


def has_display_table(pixels: FilmPixels) -> bool:
    """True for whole stored values of at most 16 bits; colour and wider or float values are rendered directly."""
    return pixels.stored.ndim == 2 and pixels.stored.dtype.kind in "ui" and pixels.stored.dtype.itemsize <= 2


def display_table(pixels: FilmPixels, voi: Voi, invert: bool = False) -> tuple[NDArray[np.uint8], int]:
    """Return (table, offset): stored value v is drawn with grey `table[v - offset]`.

    The table covers every value of the stored dtype: 256 or 65,536 entries.

    Raises:
        ValueError: There is no such table (see `has_display_table`), or the window can't be drawn.
    """
    if not has_display_table(pixels):
        raise ValueError(f"no display table for stored values of type {pixels.stored.dtype}")
    limits = np.iinfo(pixels.stored.dtype)
    every_value = np.arange(int(limits.min), int(limits.max) + 1, dtype=np.int32)[None]
    table = _grey_levels(pixels.description, every_value, voi, invert)[0]
    return table, int(limits.min)


def apply_table(stored: NDArray[Any], table: NDArray[np.uint8], offset: int) -> NDArray[np.uint8]:
    """Return `table[stored - offset]`, without the overflow and the copy that the subtraction would cost.

    Strip by strip: numpy turns the values into indices four times as large, and only what stays in the processor's
    cache is quick (8 million values: 6 ms instead of 25).
    """
    if stored.dtype.kind == "i":  # seen as unsigned, negative values follow the positive ones
        table, stored = np.roll(table, offset), np.ascontiguousarray(stored).view(f"u{stored.dtype.itemsize}")
    grey = np.empty(stored.shape, dtype=np.uint8)
    rows = max(1, STRIP_VALUES // max(1, math.prod(stored.shape[1:])))
    for first in range(0, len(stored), rows):
        strip = slice(first, first + rows)
        np.take(
            table, stored[strip], out=grey[strip], mode="clip"
        )  # every value has an entry: nothing is clipped
    return grey


def _grey_levels(
    description: PixelDescription, stored: NDArray[Any], voi: Voi, invert: bool
) -> NDArray[np.uint8]:
    grey = apply_voi(modality_values(description, stored), voi)
    if description.presentation_lut is not None:
        grey = apply_presentation_lut(grey, description.presentation_lut)
    if is_inverse(description) != invert:
        grey = 1 - grey
    levels = np.rint(255 * grey).astype(np.uint8)
    padding = is_padding(description, stored)
    if padding is not None:
        levels[padding] = PADDING_GREY
    return levels


def _colour(pixels: FilmPixels, invert: bool) -> NDArray[np.uint8]:
    stored = pixels.stored
    if stored.dtype == np.uint8 and pixels.description.bits_stored == 8:
        levels: NDArray[np.uint8] = stored
    else:
        top = 2**pixels.description.bits_stored - 1
        is_short = stored.dtype.kind == "u" and stored.dtype.itemsize <= 2
        values = np.arange(2 ** (8 * stored.dtype.itemsize)) if is_short else stored
        table = np.rint(values.astype(np.float64).clip(0, top) * (255 / top)).astype(np.uint8)
        levels = np.take(table, stored) if is_short else table
    return 255 - levels if invert else levels.copy()

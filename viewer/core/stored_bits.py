"""From the bits that lie in a file to stored values: shift, mask, sign (PS3.5 8.1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.codestream import Codestream
from viewer.core.errors import DamagedFilm
from viewer.core.pixel_layout import stored_dtypes
from viewer.core.study import PixelDescription


def unpack_stored(cells: NDArray[Any], description: PixelDescription) -> NDArray[Any]:
    """Return stored values of uncompressed (or RLE) pixel cells: shifted down to bit 0, other bits cleared, signed.

    Bits outside Bits Stored are never part of the picture; old files keep overlays in them.

    Args:
        cells: Unsigned integers of Bits Allocated, any shape. Never modified.
        description: Bits Allocated, Bits Stored, High Bit, Pixel Representation.
    """
    allocated, stored = cells.dtype.itemsize * 8, min(description.bits_stored, cells.dtype.itemsize * 8)
    above = allocated - 1 - min(description.high_bit, allocated - 1)  # unused bits over the value
    below = allocated - above - stored  # and under it
    if above == 0 and below == 0:
        values = cells
    elif description.is_signed:
        values = cells << cells.dtype.type(
            above
        )  # the sign bit comes to the top, and the right shift spreads it
    else:
        shifted = cells >> cells.dtype.type(below) if below else cells
        values = shifted & cells.dtype.type((1 << stored) - 1) if above else shifted
    if not description.is_signed:
        return values
    signed = values.view(f"i{cells.dtype.itemsize}")
    return signed >> signed.dtype.type(above + below) if above or below else signed


def fit_to_header(
    values: NDArray[Any], head: Codestream, description: PixelDescription
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return decoded values in the type that the header asks for.

    A codestream and its header often disagree about sign or bits. The header decides what a bit pattern means; values
    are only reinterpreted, never rescaled.

    Raises:
        DamagedFilm: The values do not fit into Bits Allocated.
    """
    is_cell = description.high_bit >= description.bits_stored and head.precision == description.high_bit + 1
    if is_cell:  # the pixel cells were compressed as they lay, value in the upper bits
        values = values >> (head.precision - description.bits_stored)
    bits = min(head.precision, description.bits_stored)
    notice = ""
    highest = int(values.max())
    if not head.is_signed and highest >> bits:
        bits = head.precision
        notice = f"The picture has values beyond its {description.bits_stored} bits stored; they are kept."
    if description.is_signed and not head.is_signed and highest >> (bits - 1):
        values = _as_signed(values, bits)
    elif head.is_signed and not description.is_signed and int(values.min()) < 0:
        values = values.astype(np.int64) & ((1 << bits) - 1)
        notice = "The compressed picture has negative values, the header says it has none; the header was followed."
    target = stored_dtypes(description)[0]
    limits = np.iinfo(target.str)
    if int(values.min()) < limits.min or int(values.max()) > limits.max:
        raise DamagedFilm(
            f"The compressed picture has values that {description.bits_allocated} bits can't hold."
        )
    return values.astype(target, copy=False), (notice,) if notice else ()


def _as_signed(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Read whole numbers of so many bits as two's complement."""
    sign = 1 << (bits - 1)
    return ((values.astype(np.int64) & ((1 << bits) - 1)) ^ sign) - sign

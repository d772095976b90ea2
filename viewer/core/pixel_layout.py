"""Shape and type of a film's stored values, from its description alone. Parent and decode worker must agree on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer.core.study import PixelDescription


def is_colour(description: PixelDescription) -> bool:
    """True where the decoded frame has three channels."""
    return description.samples_per_pixel == 3 or description.photometric_interpretation == "PALETTE COLOR"


def stored_shape(description: PixelDescription) -> tuple[int, ...]:
    """Return (rows, columns) or (rows, columns, 3)."""
    size = (description.rows, description.columns)
    return (*size, 3) if is_colour(description) else size


def stored_dtypes(description: PixelDescription) -> tuple[np.dtype[np.generic], ...]:
    """Return the types that decoded stored values may have: whole numbers first, then float of the same size.

    A palette becomes 8-bit RGB. Only Float and Double Float Pixel Data give floats, and the header does not say which.
    """
    if description.photometric_interpretation == "PALETTE COLOR":
        return (np.dtype(np.uint8),)
    size = max(1, description.bits_allocated // 8)
    whole = np.dtype(f"{'i' if description.is_signed else 'u'}{size}")
    return (whole, np.dtype(f"f{size}")) if size in (4, 8) else (whole,)


def decoded_description(description: PixelDescription) -> PixelDescription:
    """Return the description of the decoded stored values: shifted down, unpacked, colour as RGB."""
    allocated = stored_dtypes(description)[0].itemsize * 8
    if is_colour(description):
        bits = 8 if description.photometric_interpretation == "PALETTE COLOR" else description.bits_stored
        return replace(
            description,
            samples_per_pixel=3,
            photometric_interpretation="RGB",
            bits_allocated=allocated,
            bits_stored=bits,
            high_bit=bits - 1,
        )
    return replace(description, bits_allocated=allocated, high_bit=description.bits_stored - 1)

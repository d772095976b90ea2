"""Which films have a preview, and how large it is. Known to the window's process and to the decode worker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.study import Film, PixelDescription

REDUCE = 2
"""So many times the sides are halved: 3000 x 3000 becomes 750 x 750."""

LEAST_PIXELS = 2_000_000
"""A smaller film is decoded as quickly as a preview is shown."""

JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))


def has_preview(film: Film) -> bool:
    """True where a preview is worth asking for: a large grey film in JPEG 2000 or HTJ2K."""
    told = film.header.pixels
    is_large = told.rows * told.columns >= LEAST_PIXELS
    return is_large and told.samples_per_pixel == 1 and film.header.transfer_syntax_uid in JPEG_2000


def preview_shape(description: PixelDescription) -> tuple[int, int]:
    """Return (rows, columns) of the preview: each level halves and rounds up (ITU-T T.800 B.5)."""
    cell = 1 << REDUCE
    return -(-description.rows // cell), -(-description.columns // cell)


def enlarge(values: NDArray[np.generic], into: NDArray[np.generic]) -> None:
    """Write a preview over an array of the film's own rows and columns, each value over a square of pixels."""
    cell = 1 << REDUCE
    wide = values.repeat(cell, axis=1)[:, : into.shape[1]]
    for first in range(cell):
        rows = into[first::cell]
        rows[...] = wide[: len(rows)]

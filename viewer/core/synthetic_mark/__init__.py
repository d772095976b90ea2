"""A synthetic film can never pass for real: a word that is seen, a watermark that is found (interop.md §6).

`mark` burns the word SYNTHETIC all over the picture and lays an invisible watermark under it. `look` finds that
watermark in whatever is left of the film after cropping, scaling, windowing, turning, inverting or re-encoding, without
any header. In the viewer, because the viewer must know such a film when there is no AI beside it.

The watermark is our own because the known ones ask too much of a viewer: `trustmark` downloads its networks at first
use, `invisible-watermark` needs OpenCV and torch. How it works and how often it errs: docs/synthetic-marks.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.synthetic_mark.finding import MarkFound, look
from viewer.core.synthetic_mark.waves import with_waves
from viewer.core.synthetic_mark.word import with_word

__all__ = ["SMALLEST_SIDE", "MarkFound", "look", "mark"]

SMALLEST_SIDE = 96
"""Pixels of the longest side below which the waves can't be told apart any more: smaller films are not marked."""


def mark(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the film with the word burned in and the watermark in it. The same film gives the same bytes.

    Args:
        pixels: (rows, columns), uint8, MONOCHROME2. Never modified.

    Raises:
        ValueError: The picture is no 8-bit grey one, or has no side of `SMALLEST_SIDE` pixels.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise ValueError(f"Only 8-bit grey pictures are marked, not {pixels.dtype} of shape {pixels.shape}")
    if max(pixels.shape) < SMALLEST_SIDE:
        raise ValueError(
            f"A film of {pixels.shape} is too small to be marked; ask for {SMALLEST_SIDE} pixels or more"
        )
    return with_waves(with_word(pixels))

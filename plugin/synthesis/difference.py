"""A synthetic film beside the film that it was made from, and what differs between the two *pictures*. Pure, numpy.

The map says nothing about the patient: it shows where one picture is lighter or darker than the other. Both are
brought to the same size and frame, mean and spread first, else a brighter exposure would be all there is to see.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LIGHTER, DARKER, ALIKE = (240, 150, 60), (70, 150, 235), (24, 26, 30)
"""Red, green, blue: told apart by colour-blind readers, and from the greys of a film."""
SMOOTHED_OVER = 5
FULL_COLOUR = 2.0
"""Differences from so many standard deviations on have the full colour."""
_LEAST_SPREAD = 1.0


def fitted(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The central part of a film in the size and frame of the film that was made from it.

    Args:
        picture: (height, width), as the model sees it: upright, square pixels.
    """
    height, width = picture.shape
    scale = max(rows / height, columns / width)
    size = (max(round(width * scale), columns), max(round(height * scale), rows))
    scaled = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - columns) // 2, (size[1] - rows) // 2
    return np.asarray(scaled.crop((left, top, left + columns, top + rows)), dtype=np.uint8)


def signed_difference(source: NDArray[np.uint8], made: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Where `made` is lighter (positive) or darker (negative) than `source`, in standard deviations of grey.

    Both pictures: (rows, columns), of one size. Each is brought to mean 0 and spread 1, then smoothed over
    `SMOOTHED_OVER` pixels.

    Raises:
        ValueError: They are not of one size.
    """
    if source.shape != made.shape:
        raise ValueError(f"the pictures are {source.shape} and {made.shape}; fit the source first")
    return _smooth(_even(made) - _even(source))


def difference_picture(difference: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns, 3): LIGHTER and DARKER over ALIKE, the stronger the larger the difference."""
    share = np.clip(np.abs(difference) / FULL_COLOUR, 0, 1)[..., None]
    colour = np.where((difference > 0)[..., None], np.array(LIGHTER), np.array(DARKER))
    mixed = np.array(ALIKE) * (1 - share) + colour * share
    return np.asarray(np.round(mixed), np.uint8)


def _even(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = picture.astype(np.float32)
    return np.asarray((grey - grey.mean()) / max(float(grey.std()), _LEAST_SPREAD), np.float32)


def _smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over a square around each pixel; edges repeat."""
    half = SMOOTHED_OVER // 2
    for axis in (0, 1):
        padding = [(half, half) if at == axis else (0, 0) for at in (0, 1)]
        padded = np.pad(values, padding, mode="edge")
        size = values.shape[axis]
        shifted = [np.take(padded, range(at, at + size), axis) for at in range(SMOOTHED_OVER)]
        values = np.mean(shifted, axis=0, dtype=np.float32)
    return values

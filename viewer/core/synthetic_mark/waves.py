"""The watermark: 32 faint waves of the mid band through the whole film, each at a place of its own in the spectrum.

A crop of it still holds each wave, scaling moves all of them outwards or inwards alike, flips and quarter turns map the
set onto itself, and windowing, gamma and inversion leave their places. Their lengths share no common measure and their
directions keep off the axes, where ribs, collimators, grids, letters and JPEG's blocks have their energy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.synthetic_mark.boxes import mean_around

_RADII = (22.3, 25.9, 28.7, 32.6, 36.4, 41.3, 45.8, 51.7)  # waves along the film's longest side
_DEGREES = (31.0, 17.0, 38.0, 23.0, 13.0, 34.0, 20.0, 28.0)
_SEED = 20240  # of the phases
_STRENGTH = 2.4  # grey levels, root mean square, where the film is smooth; up to twice that in its texture
_TEXTURE, _MOST_GAIN = 6.0, 1.0
_FOOT = 6.0  # the film's greys move to 6..249, so that the waves are not cut off in black and in white


def places() -> NDArray[np.float64]:
    """(32, 2): waves along the rows and along the columns, per longest side; the set is the same after any turn."""
    turns = np.radians(_DEGREES)
    a, b = np.asarray(_RADII) * np.cos(turns), np.asarray(_RADII) * np.sin(turns)
    across, down = np.concatenate([a, a, b, b]), np.concatenate([b, -b, a, -a])
    return np.stack([across, down], axis=1)


def with_waves(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the film with the waves added, stronger where its own texture hides them. (rows, columns) uint8."""
    film = pixels.astype(np.float64)
    texture = mean_around(np.abs(film - mean_around(film, 7)), 9)
    gain = _STRENGTH * (1 + np.minimum(texture / _TEXTURE, _MOST_GAIN))
    film = _FOOT + film * (1 - 2 * _FOOT / 255) + gain * _sheet(*pixels.shape)
    return np.asarray(film.round().clip(0, 255).astype(np.uint8))


def _sheet(rows: int, columns: int) -> NDArray[np.float64]:
    """All waves together, root mean square 1."""
    longest = max(rows, columns)
    down, across = (np.arange(rows) + 0.5) / longest, (np.arange(columns) + 0.5) / longest
    where = places()
    phases = np.random.default_rng(_SEED).uniform(0, 2 * np.pi, len(where))
    along_rows = np.exp(2j * np.pi * np.outer(where[:, 0], across))
    along_columns = np.exp(2j * np.pi * np.outer(down, where[:, 1]) + 1j * phases)
    return np.asarray((along_columns @ along_rows).real / np.sqrt(len(where) / 2))

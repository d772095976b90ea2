"""Films whose waves lie in the wrong places: what a generator draws that has not learnt enough, or has failed. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def scrambled_films(grey: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.uint8]:
    """Every wave keeps its strength; those of more than 0 to 2 cycles over the film, by lot, are moved at random.

    Args:
        grey: (films, side, side) to choose from by lot.
    """
    rng = np.random.default_rng(seed)
    side = grey.shape[1]
    down, across = np.fft.fftfreq(side, 1 / side)[:, None], np.fft.rfftfreq(side, 1 / side)[None, :]
    cycles = np.hypot(down, across)
    made = np.empty((count, side, side), np.uint8)
    for number in range(count):
        waves = np.fft.rfft2(grey[int(rng.integers(len(grey)))].astype(np.float64))
        turn = np.angle(np.fft.rfft2(rng.standard_normal((side, side))))
        moved = np.abs(waves) * np.exp(1j * turn)
        drawn = np.fft.irfft2(np.where(cycles <= rng.integers(0, 3), waves, moved), (side, side))
        made[number] = drawn.round().clip(0, 255).astype(np.uint8)
    return made

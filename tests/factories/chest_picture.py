"""A drawing that looks enough like a frontal chest film to test with: dark lungs, bright heart, ribs, diaphragm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def chest_picture(rows: int = 256, columns: int = 256, seed: int = 0) -> NDArray[np.float64]:
    """Return a picture with shape (rows, columns), 0 (black, air) to 1 (white, bone), the same for the same seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    wobble = random.uniform(-0.02, 0.02, 8)

    picture = 0.62 * _blob(x, y, 0.5, 0.62, 0.46, 0.62)  # the body
    picture += 0.15 * _blob(x, y, 0.5, 0.16, 0.16, 0.2)  # neck
    for side, shift in ((-1, wobble[0]), (1, wobble[1])):  # lungs: the patient's right is at the left
        picture -= 0.5 * _blob(x, y, 0.5 + side * 0.21 + shift / 2, 0.47, 0.14, 0.3)
        picture += 0.12 * _rib_bands(x, y, phase=wobble[2]) * _blob(x, y, 0.5 + side * 0.22, 0.46, 0.18, 0.34)
        picture += 0.22 * _blob(x, y, 0.5 + side * 0.2, 0.17 + 0.3 * abs(x - 0.5), 0.17, 0.015)  # clavicles
    picture += 0.28 * _blob(x, y, 0.5, 0.5, 0.055, 0.5)  # spine and mediastinum
    picture += 0.3 * _blob(
        x, y, 0.57 + wobble[3], 0.62 + wobble[4], 0.13, 0.13
    )  # heart, to the patient's left
    picture += 0.3 * _blob(x, y, 0.5, 1.0 + wobble[5], 0.42, 0.26)  # below the diaphragm
    picture += random.normal(0, 0.006, picture.shape)
    return np.clip(0.04 + 0.9 * picture, 0, 1)


def _blob(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    center_x: float,
    center_y: NDArray[np.float64] | float,
    half_width: float,
    half_height: float,
) -> NDArray[np.float64]:
    """A filled ellipse with a soft edge, 0 to 1."""
    radius = np.hypot((x - center_x) / half_width, (y - center_y) / half_height)
    return 1 / (1 + np.exp(np.clip((radius - 1) * 18, -50, 50)))


def _rib_bands(x: NDArray[np.float64], y: NDArray[np.float64], phase: float) -> NDArray[np.float64]:
    """Bright bands that fall away from the spine, about nine a side."""
    slope = 0.55 * np.abs(x - 0.5)
    return np.clip(np.sin(2 * np.pi * (y - slope + phase) * 11), 0, 1)

"""Films for the tests of marks: smooth like a generated one, with a noise like a detector's, never a real one."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Picture = NDArray[np.uint8]


def bare_film(side: int = 256, seed: int = 0, columns: int | None = None) -> Picture:
    """Two dark lungs in a bright chest, ribs over them, a little noise: no mark in it."""
    across = columns or side
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:across] / side
    x = x + (1 - across / side) / 2
    chest = 215 - 150 * np.exp(-(((x - 0.5) / 0.62) ** 8) - ((y - 0.52) / 0.66) ** 8)
    lungs = sum(np.exp(-(((x - at) / 0.15) ** 4) - ((y - 0.5) / 0.30) ** 4) for at in (0.3, 0.7))
    ribs = np.sin(2 * np.pi * 9 * (y + 0.35 * (x - 0.5) ** 2)) * 9
    vessels = gaussian_filter(rng.normal(size=(side, across)), 2) * 60
    film = (
        165 - 0.35 * (chest - 65) - 95 * lungs + ribs + vessels * (0.3 + lungs) + rng.normal(0, 2.5, x.shape)
    )
    return np.asarray(film.clip(0, 255).round().astype(np.uint8))


def resized(film: Picture, columns: int, rows: int) -> Picture:
    return np.asarray(Image.fromarray(film).resize((columns, rows), Image.Resampling.BICUBIC))


def cropped(film: Picture, part: float = 0.71, right: float = 0.3, low: float = 0.2) -> Picture:
    """`part` of each side: 0.71 leaves half of the area."""
    rows, columns = (int(side * part) for side in film.shape[:2])
    top, left = int((film.shape[0] - rows) * low), int((film.shape[1] - columns) * right)
    return film[top : top + rows, left : left + columns]


def encoded(film: Picture, kind: str, **how: object) -> bytes:
    written = io.BytesIO()
    Image.fromarray(film).save(written, kind, **how)
    return written.getvalue()


def jpeg(quality: int) -> Callable[[Picture], Picture]:
    return lambda film: np.asarray(Image.open(io.BytesIO(encoded(film, "JPEG", quality=quality))))


def windowed(film: Picture, center: float = 115, width: float = 110) -> Picture:
    return np.asarray(((film - (center - width / 2)) * 255 / width).clip(0, 255).astype(np.uint8))


def bent(film: Picture, gamma: float) -> Picture:
    return np.asarray((255 * (film / 255) ** gamma).round().astype(np.uint8))


def noisy(film: Picture, spread: float = 8) -> Picture:
    noise = np.random.default_rng(5).normal(0, spread, film.shape)
    return np.asarray((film + noise).clip(0, 255).astype(np.uint8))


def letterboxed(film: Picture, columns: int = 960, rows: int = 540) -> Picture:
    """A screenshot: the film in a window with a panel beside it."""
    screen = np.full((rows, columns), 30, np.uint8)
    side = rows * 9 // 10
    shown = resized(film, side * film.shape[1] // film.shape[0], side)
    top, left = (rows - side) // 2, columns // 10
    screen[top : top + side, left : left + shown.shape[1]] = shown
    screen[40:500:22, 700:900] = 200  # lines of text
    return screen

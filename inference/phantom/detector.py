"""From line integrals to a film: transmission, scatter, noise, and the processing that makes a picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a film was taken and processed. Lengths in mm in the patient's middle plane."""

    seed: int
    scatter: float = 0.2  # scattered against primary radiation behind thick parts
    blur_mm: float = 0.5
    photons: float = 4e4  # per square millimetre, unattenuated
    latitude: float = 1.0  # below 1: hard contrast, above 1: soft
    brightness: float = 0.0
    gamma: float = 1.0
    edge: float = 0.3  # enhancement of fine structure
    margin: float = 0.0  # share of the film hidden by collimation on each side
    marker: bool = True


def sample_exposure(seed: int, *, is_portable: bool) -> Exposure:
    """Draw how a film was taken. Portable films scatter more and are noisier."""
    rng = np.random.default_rng([seed, 6])
    return Exposure(
        seed=seed,
        scatter=float(rng.uniform(0.10, 0.30) * (1.5 if is_portable else 1.0)),
        blur_mm=float(rng.uniform(0.35, 0.9)),
        photons=float(10 ** rng.uniform(4.0, 4.9) * (0.5 if is_portable else 1.0)),
        latitude=float(np.exp(rng.normal(0, 0.16))),
        brightness=float(rng.normal(0, 0.035)),
        gamma=float(np.exp(rng.normal(0, 0.12))),
        edge=float(rng.choice([0.0, 0.3, 0.6, 1.2], p=[0.3, 0.35, 0.25, 0.1])),
        margin=float(rng.choice([0.0, rng.uniform(0.005, 0.045)], p=[0.7, 0.3])),
        marker=bool(rng.random() < 0.6),
    )


def expose(integral: Picture, pixel_mm: float, exposure: Exposure, view: str) -> Picture:
    """Line integrals of the attenuation coefficient to a picture 0..1, MONOCHROME2: air dark.

    Args:
        integral: (rows, columns), without unit.
        pixel_mm: Pixel size in the patient's middle plane.
    """
    rng = np.random.default_rng([exposure.seed, 7, len(view) + ord(view[0])])
    primary = np.exp(-np.clip(integral, 0, 12))
    spread = _scatter(integral, pixel_mm)
    signal = gaussian_filter(primary, exposure.blur_mm / pixel_mm) + exposure.scatter * spread
    count = exposure.photons * pixel_mm**2
    grain = rng.standard_normal(integral.shape, dtype=np.float32)
    signal = signal + np.sqrt(np.maximum(signal, 1e-4) / count) * grain
    log_signal = -np.log(np.maximum(signal, 2e-4)).astype(np.float32)
    if exposure.edge:
        log_signal = log_signal + exposure.edge * (
            log_signal - gaussian_filter(log_signal, 4.0 / pixel_mm, truncate=2.5)
        )
    return _hide_margin(_grey(log_signal, integral, exposure), exposure)


def _scatter(integral: Picture, pixel_mm: float) -> Picture:
    """Scattered radiation: smooth, so computed on a coarse copy. It follows the thickness all around; the geometric
    mean keeps the air beside the patient from outshining the abdomen."""
    rows, columns = integral.shape
    coarse_mm = max(pixel_mm, 6.0)
    small = zoom(np.clip(integral, 0, 12), pixel_mm / coarse_mm, order=1, mode="nearest", grid_mode=True)
    small = gaussian_filter(small, 38 / coarse_mm, mode="nearest", truncate=2.5)
    factors = (rows / small.shape[0], columns / small.shape[1])
    return np.asarray(np.exp(-zoom(small, factors, order=1, mode="nearest", grid_mode=True)), np.float32)


def _grey(log_signal: Picture, integral: Picture, exposure: Exposure) -> Picture:
    """The tone curve: steep in the lung, flatter towards mediastinum and abdomen."""
    body = log_signal[integral > 0.25]
    if body.size < 16:
        body = log_signal.ravel()
    lung, high = (float(q) for q in np.quantile(body, (0.15, 0.98)))
    span = max(high - lung, 0.6)
    low = lung - 0.22 * span
    t = (log_signal - low) / (span * 1.42 * exposure.latitude)
    grey = (1 - np.exp(-1.5 * np.maximum(t, 0))) / (1 - np.exp(-1.5)) + exposure.brightness
    return np.asarray(np.clip(grey, 0, 1) ** exposure.gamma, np.float32)


def _hide_margin(picture: Picture, exposure: Exposure) -> Picture:
    rows, columns = picture.shape
    r, c = int(rows * exposure.margin), int(columns * exposure.margin)
    if r == 0 and c == 0:
        return picture
    hidden = np.zeros_like(picture)
    hidden[r : rows - r, c : columns - c] = picture[r : rows - r, c : columns - c]
    return hidden


_GLYPHS: dict[str, tuple[str, ...]] = {
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
}


def burn_marker(picture: Picture, letter: str, row: int, column: int, pixel: int) -> Picture:
    """Copy of `picture` with a lead letter whose top left corner lies at (row, column)."""
    glyph: NDArray[Any] = np.array([[dot == "#" for dot in line] for line in _GLYPHS[letter]])
    glyph = np.kron(glyph, np.ones((pixel, pixel), bool))
    marked = picture.copy()
    part = marked[row : row + glyph.shape[0], column : column + glyph.shape[1]]
    part[glyph[: part.shape[0], : part.shape[1]]] = 0.97
    return marked

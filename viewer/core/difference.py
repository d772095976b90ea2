"""The current film minus the registered prior, for the eye: what became denser is bright, what became clearer dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.exposure import is_padding
from viewer.core.presentation import render
from viewer.core.study import FilmPixels, PixelDescription
from viewer.core.voi import auto_voi

SAME = 128
OUTSIDE = 0
"""Padding of the difference: there is no prior here."""
GAIN = 1.6
SMOOTH_SHARE = 1 / 300
"""Width of the smoothing, as a part of the longer side: hides edges that lie a pixel or two beside each other."""
QUANTILES = np.linspace(0.01, 0.99, 99)


def difference(current: FilmPixels, registered: FilmPixels) -> FilmPixels:
    """Subtract in grey as the eye sees it, after the prior's grey levels are matched to the current film's.

    Args:
        current: Stored values, shape (rows, columns) or (rows, columns, 3).
        registered: The prior laid over it, same rows and columns, padding where it does not reach.

    Returns:
        8-bit MONOCHROME2 values of the same rows and columns: 128 no change, above it denser now, 0 no prior. It is
        a help for the eye, no film: it has no window, no identity, and nothing may be measured on it.
    """
    now, then = _grey(current), _grey(registered)
    both = _covered(current) & _covered(registered)
    levels = np.full(now.shape, OUTSIDE, dtype=np.uint8)
    if both.any():
        changed = _smooth(now - _matched(then, now, both), both)
        levels[both] = np.clip(np.rint(SAME + GAIN * 127 * changed[both]), 1, 255).astype(np.uint8)
    rows, columns = now.shape[0], now.shape[1]
    said = current.description
    described = PixelDescription(
        rows,
        columns,
        padding_value=OUTSIDE,
        pixel_aspect_ratio=said.pixel_aspect_ratio,
        imager_pixel_spacing_mm=said.imager_pixel_spacing_mm,
        pixel_spacing_mm=said.pixel_spacing_mm,
        patient_orientation=said.patient_orientation,
    )
    return FilmPixels(described, levels)


def _grey(pixels: FilmPixels) -> NDArray[np.float32]:
    levels: NDArray[np.float32] = render(pixels, auto_voi(pixels)).astype(np.float32) / np.float32(255)
    return levels.mean(axis=2, dtype=np.float32) if levels.ndim == 3 else levels


def _covered(pixels: FilmPixels) -> NDArray[np.bool_]:
    padding = is_padding(pixels.description, pixels.stored) if pixels.stored.ndim == 2 else None
    return np.ones(pixels.stored.shape[:2], dtype=bool) if padding is None else ~padding


def _matched(
    then: NDArray[np.float32], now: NDArray[np.float32], both: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The prior's grey with the current film's distribution: exposure and processing differ, the chest should not."""
    some = (slice(None, None, max(1, now.shape[0] // 512)), slice(None, None, max(1, now.shape[1] // 512)))
    if not both[some].any():  # too little of it lies on the grid
        some = (slice(None), slice(None))
    of_then = np.quantile(then[some][both[some]], QUANTILES)
    of_now = np.quantile(now[some][both[some]], QUANTILES)
    steps = np.arange(256, dtype=np.float32) / 255
    of_then = np.maximum.accumulate(of_then + np.arange(len(of_then)) * 1e-7)
    table = np.interp(steps, of_then, of_now).astype(np.float32)
    matched: NDArray[np.float32] = table[np.rint(then * 255).astype(np.uint8)]
    return matched


def _smooth(values: NDArray[np.float32], both: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Two box means, nearly a bell: their price does not grow with the width."""
    side = round(max(values.shape) * SMOOTH_SHARE)
    if side < 2:
        return values
    if both.all():
        return _box_means(values, side)
    weight = _box_means(both.astype(np.float32), side)
    smooth: NDArray[np.float32] = _box_means(np.where(both, values, np.float32(0)), side)
    smooth /= np.maximum(weight, np.float32(1e-3))
    return smooth


def _box_means(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    from scipy import ndimage

    return np.asarray(ndimage.uniform_filter(ndimage.uniform_filter(values, side), side))

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
BLUR_SHARE = 1 / 700
"""Sigma of the smoothing, as a part of the longer side: hides edges that lie a pixel or two beside each other."""
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
    of_then, of_now = np.quantile(then[both], QUANTILES), np.quantile(now[both], QUANTILES)
    steps = np.arange(256, dtype=np.float32) / 255
    of_then = np.maximum.accumulate(of_then + np.arange(len(of_then)) * 1e-7)
    table = np.interp(steps, of_then, of_now).astype(np.float32)
    matched: NDArray[np.float32] = table[np.rint(then * 255).astype(np.uint8)]
    return matched


def _smooth(values: NDArray[np.float32], both: NDArray[np.bool_]) -> NDArray[np.float32]:
    from scipy import ndimage

    sigma = max(values.shape) * BLUR_SHARE
    weight = ndimage.gaussian_filter(both.astype(np.float32), sigma)
    return np.asarray(ndimage.gaussian_filter(np.where(both, values, 0), sigma) / np.maximum(weight, 1e-3))

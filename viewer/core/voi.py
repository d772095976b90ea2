"""Modality values to grey: the VOI LUT step (PS3.3 C.11.2), and which VOI a film is shown with first.

Grey is 0 (the low end) to 1 (the high end); whether low is drawn black is decided in `presentation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.exposure import exposed_sample
from viewer.core.modality import look_up
from viewer.core.study import FilmPixels, LookupTable, PixelDescription, Window

LINEAR, LINEAR_EXACT, SIGMOID = "LINEAR", "LINEAR_EXACT", "SIGMOID"
VOI_LUT_FUNCTIONS = frozenset({LINEAR, LINEAR_EXACT, SIGMOID})
AUTO_PERCENTILES = (0.5, 99.5)
BLANK_SHARE = 0.97
"""A stored window that turns more than this share of the exposed film into pure black or white is not used."""


@dataclass(frozen=True, slots=True)
class WindowVoi:
    """A window in modality values and the function that is drawn through it."""

    center: float
    width: float
    function: str = LINEAR


@dataclass(frozen=True, slots=True)
class LutVoi:
    """A stored curve from modality values to grey."""

    table: LookupTable


Voi = WindowVoi | LutVoi


def window_level(pixels: NDArray[Any], center: float, width: float) -> NDArray[np.uint8]:
    """Map modality values to 8-bit grey levels with the LINEAR VOI LUT function.

    Args:
        pixels: Modality values (Modality LUT already applied), any shape, any real dtype. Never modified.
        center: Window Center (0028,1050), in the units of `pixels`.
        width: Window Width (0028,1051), same units, at least 1.

    Returns:
        Same shape: 0 below the window, 255 above it. MONOCHROME1 is not inverted here; the presentation step does.

    Raises:
        ValueError: `width` is below 1, which the standard rules out.

    References:
        DICOM PS3.3 C.11.2.1.2.1.
    """
    if not width >= 1:  # written so that NaN is refused as well
        raise ValueError(f"Window Width must be at least 1, got {width:g}")
    return np.rint(255 * _linear(pixels, center, width)).astype(np.uint8)


def apply_voi(values: NDArray[Any], voi: Voi) -> NDArray[np.float64]:
    """Return grey, 0 to 1, same shape as `values` (modality values).

    Raises:
        ValueError: The window can't be drawn (see `window_problem`) or the table is empty.

    References:
        DICOM PS3.3 C.11.2.1.1 (LUT), C.11.2.1.2 (window), C.11.2.1.3 (functions).
    """
    if isinstance(voi, LutVoi):
        entries = look_up(voi.table, values)
        share: NDArray[np.float64] = entries / (2 ** lut_bits(voi.table) - 1)
        return share.clip(0, 1)
    if problem := window_problem(Window(voi.center, voi.width), voi.function):
        raise ValueError(problem)
    draw = {LINEAR: _linear, LINEAR_EXACT: _linear_exact, SIGMOID: _sigmoid}[voi.function]
    return draw(values, voi.center, voi.width)


def lut_bits(table: LookupTable) -> int:
    """Return the bits of the table's entries: as declared, or more where an entry needs more."""
    return max(table.bits, max(table.values).bit_length(), 1)


def window_problem(window: Window, function: str) -> str:
    """Say why a window can't be drawn, or return an empty string (PS3.3 C.11.2.1.2, C.11.2.1.3)."""
    if function not in VOI_LUT_FUNCTIONS:
        return f"VOI LUT Function “{function}” is not one that the standard defines."
    if not (math.isfinite(window.center) and math.isfinite(window.width)):
        return "The window is not a pair of finite numbers."
    if function == LINEAR and window.width < 1:
        return f"Window Width {window.width:g} is below 1."
    if window.width <= 0:
        return f"Window Width {window.width:g} is not above 0."
    return ""


def stored_vois(description: PixelDescription) -> tuple[Voi, ...]:
    """Return the curves and windows of the file that can be drawn, in the order they are offered."""
    curves = tuple(LutVoi(table) for table in description.voi_luts if table.values)
    function = description.voi_lut_function
    windows = tuple(
        WindowVoi(window.center, window.width, function)
        for window in description.windows
        if not window_problem(window, function)
    )
    return curves + windows


def initial_voi(pixels: FilmPixels) -> Voi:
    """Return the VOI a film is first shown with: the first stored one that shows something, else `auto_voi`."""
    return choose_voi(pixels)[0]


def choose_voi(pixels: FilmPixels, sample: NDArray[Any] | None = None) -> tuple[Voi, tuple[str, ...]]:
    """Return `initial_voi` and the notices for the reader about what of the file was not followed.

    `sample` is the film's `exposed_sample`, in any order, where the caller has it already.
    """
    description = pixels.description
    notices = [
        f"{problem} The window was chosen from the picture."
        for window in description.windows[:1]
        if (problem := window_problem(window, description.voi_lut_function))
    ]
    sample = exposed_sample(pixels) if sample is None else sample
    for voi in stored_vois(description):
        if not _is_blank(sample, voi):
            return voi, tuple(notices)
        notices.append("The stored window shows an empty picture. The window was chosen from the picture.")
    return _percentile_window(sample), tuple(dict.fromkeys(notices))


def auto_voi(pixels: FilmPixels, sample: NDArray[Any] | None = None) -> WindowVoi:
    """Return the window from percentile 0.5 to 99.5 of the exposed area (collimation and padding left out).

    `sample` is the film's `exposed_sample`, in any order, where the caller has it already.
    """
    return _percentile_window(exposed_sample(pixels) if sample is None else sample)


def _percentile_window(sample: NDArray[Any]) -> WindowVoi:
    low, high = (float(value) for value in np.percentile(sample, AUTO_PERCENTILES))
    if not high > low:  # a flat film: any window will do
        low, high = low - 0.5, high + 0.5
    return WindowVoi(center=(low + high) / 2, width=high - low, function=LINEAR_EXACT)


def _is_blank(sample: NDArray[Any], voi: Voi) -> bool:
    """True if nearly all of a film that does vary would be pure black or pure white."""
    if float(sample.min()) == float(sample.max()):
        return False
    grey = apply_voi(sample, voi)
    return bool((grey < 1 / 255).mean() > BLANK_SHARE or (grey > 254 / 255).mean() > BLANK_SHARE)


def _linear(values: NDArray[Any], center: float, width: float) -> NDArray[np.float64]:
    low = (center - 0.5) - (width - 1) / 2
    if width == 1:  # the window is a single threshold
        return (values > low).astype(np.float64)
    grey: NDArray[np.float64] = (values.astype(np.float64) - low) / (width - 1)
    return grey.clip(0, 1)


def _linear_exact(values: NDArray[Any], center: float, width: float) -> NDArray[np.float64]:
    grey: NDArray[np.float64] = (values.astype(np.float64) - center) / width + 0.5
    return grey.clip(0, 1)


def _sigmoid(values: NDArray[Any], center: float, width: float) -> NDArray[np.float64]:
    exponent = -4 * (values.astype(np.float64) - center) / width
    grey: NDArray[np.float64] = 1 / (1 + np.exp(exponent.clip(-700, 700)))  # exp(710) leaves float64
    return grey

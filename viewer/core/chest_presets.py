"""Window presets for chest films: percentile bands of the film's own displayed values, never absolute numbers.

The bands lie in `chest_presets.json`. A percentile counts along what the reader sees, from dark to bright, so that one
band does the same to MONOCHROME1 and MONOCHROME2, to every vendor's scale, and to films that bring a VOI LUT.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.language import later
from viewer.core.study import LookupTable
from viewer.core.voi import LINEAR, LINEAR_EXACT, SIGMOID, LutVoi, Voi, WindowVoi, apply_voi

NAMES = (later("lung"), later("mediastinum"), later("bone"), later("lines and tubes"))
"""As the file has them, said in the reader's language on screen."""

STRETCHED_BITS = 16
SMALLEST_WIDTH = 1e-6


@dataclass(frozen=True, slots=True)
class ChestPreset:
    """One key, and the percentiles of the exposed film's displayed values that become black and white."""

    key: int
    name: str
    black_percentile: float
    white_percentile: float


@dataclass(frozen=True, slots=True)
class RelativeWindow:
    """A window in parts of a film's own range: 0 is the automatic window's dark end as seen, 1 its bright end."""

    black: float
    white: float
    function: str = LINEAR_EXACT


@cache
def chest_presets() -> tuple[ChestPreset, ...]:
    """The bands that we ship, by key.

    Raises:
        ValueError: The file is not what it should be; a test holds it.
    """
    read = json.loads(resources.files("viewer.core").joinpath("chest_presets.json").read_text("utf-8"))
    presets = tuple(ChestPreset(**entry) for entry in read["presets"])
    for preset in presets:
        if not 0 <= preset.black_percentile < preset.white_percentile <= 100:
            raise ValueError(f"the band of preset {preset.key} is empty or beyond 0 to 100 percent")
    return presets


def preset_voi(sample: NDArray[Any], as_acquired: Voi, is_inverse: bool, preset: ChestPreset) -> Voi:
    """Return the transformation that gives the whole grey scale to the preset's band of a film.

    Args:
        sample: Modality values of the exposed area, flat, not empty (see `exposure.exposed_sample`).
        as_acquired: What the film is first shown with. A VOI LUT stays: its curve is stretched over the band, since
            the values that go into it may be on any scale.
        is_inverse: Low values are bright (see `presentation.is_inverse`).
        preset: The band.
    """
    ends = (preset.black_percentile, preset.white_percentile)
    if is_inverse:  # the darkest percent that is seen are the highest values
        ends = (100 - ends[1], 100 - ends[0])
    if isinstance(as_acquired, LutVoi):
        low, high = (float(end) for end in np.percentile(apply_voi(sample, as_acquired), ends))
        if high > low:
            return LutVoi(_stretched(as_acquired, low, high))
    low, high = (float(end) for end in np.percentile(sample, ends))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return WindowVoi((low + high) / 2, high - low, LINEAR_EXACT)


def relative_window(voi: WindowVoi, automatic: WindowVoi, is_inverse: bool) -> RelativeWindow:
    """Return a window in parts of the film's own range, to be kept and used on any other film."""
    low, high = _ends(voi)
    first, last = _ends(automatic)
    span = max(last - first, SMALLEST_WIDTH)
    black, white = (low - first) / span, (high - first) / span
    if is_inverse:
        black, white = 1 - white, 1 - black
    return RelativeWindow(black, white, SIGMOID if voi.function == SIGMOID else LINEAR_EXACT)


def window_from_relative(kept: RelativeWindow, automatic: WindowVoi, is_inverse: bool) -> WindowVoi:
    """Return a kept window on the scale of another film."""
    black, white = (1 - kept.white, 1 - kept.black) if is_inverse else (kept.black, kept.white)
    first, last = _ends(automatic)
    span = max(last - first, SMALLEST_WIDTH)
    width = max((white - black) * span, SMALLEST_WIDTH)
    return WindowVoi(first + (black + white) / 2 * span, width, kept.function)


def _ends(voi: WindowVoi) -> tuple[float, float]:
    """Where the window's ramp begins and ends (PS3.3 C.11.2.1.2.1: LINEAR is half a value off)."""
    if voi.function == LINEAR:
        return voi.center - 0.5 - (voi.width - 1) / 2, voi.center - 0.5 + (voi.width - 1) / 2
    return voi.center - voi.width / 2, voi.center + voi.width / 2


def _stretched(curve: LutVoi, low: float, high: float) -> LookupTable:
    """The curve with its greys from `low` to `high` (0 to 1) spread over the whole scale."""
    inputs = np.arange(curve.table.first, curve.table.first + len(curve.table.values))
    share = ((apply_voi(inputs, curve) - low) / (high - low)).clip(0, 1)
    entries = np.rint(share * (2**STRETCHED_BITS - 1)).astype(int)
    return LookupTable(curve.table.first, STRETCHED_BITS, tuple(entries.tolist()), curve.table.explanation)

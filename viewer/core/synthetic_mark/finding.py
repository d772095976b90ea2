"""Looking for the watermark: one small Fourier transform, then the waves' places at every scale they may have now.

How strong the spectrum is at a place, compared with its surroundings, follows one exponential distribution wherever
there is no wave, whatever the film. So the sum over the 32 places is compared with what chance gives, in standard
deviations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.synthetic_mark.boxes import mean_around
from viewer.core.synthetic_mark.waves import places

THRESHOLD = 8.0
"""Standard deviations above chance. No real film of ours comes near it: docs/synthetic-marks.md has the numbers."""
WORKING_SIDE = 480  # pixels: larger pictures are made smaller by averaging whole blocks
_LEAST_SCALE, _MOST_SCALE, _STEP = 0.38, 3.2, 0.005
_CAP = 6.0  # one place never decides: stripes, letters and grids have single strong ones
_ROUNDING = 1e-4  # of the picture's range: what float32 makes of sums
_LEAST_PLACES = 16  # that must lie within the picture's spectrum
_MEAN = 1 - math.exp(-_CAP)  # of the capped exponential distribution, and its standard deviation
_SPREAD = math.sqrt(2 - math.exp(-_CAP) * (2 * _CAP + 2) - _MEAN**2)


@dataclass(frozen=True, slots=True)
class MarkFound:
    """The watermark of a synthetic film is in this picture."""

    strength: float  # standard deviations above chance, at least THRESHOLD
    scale: float  # the picture's longest side in those of the marked film: 0.5 is a crop of half its width


def look(pixels: NDArray[Any]) -> MarkFound | None:
    """Return the watermark of a synthetic film, None where there is none (or too little of it is left).

    Args:
        pixels: (rows, columns) or (rows, columns, colours), any real dtype, any grey scale, inverted or not.
    """
    strength, scale = strongest(pixels)
    return MarkFound(strength, scale) if strength >= THRESHOLD else None


def strongest(pixels: NDArray[Any]) -> tuple[float, float]:
    """The best match of the waves' places, in standard deviations above chance, and its scale; (0, 1) if too small."""
    small = _made_small(pixels)
    if min(small.shape) < 32:
        return 0.0, 1.0
    above = _above_surroundings(small)
    # rows may be padded for a fast transform: what counts is where a wave falls in the padded spectrum
    rows, columns = above.shape[0], 2 * (above.shape[1] - 1)
    across, down, within = _bins(rows, columns, max(small.shape))
    count = within.sum(axis=1)
    sums = np.where(within, above[down, across], 0).sum(axis=1)
    z = (sums - count * _MEAN) / (_SPREAD * np.sqrt(np.maximum(count, 1)))
    z[count < _LEAST_PLACES] = 0
    best = int(z.argmax())
    return float(z[best]), float(_scales()[best])


def _made_small(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """The picture as grey float32, at most `WORKING_SIDE` pixels wide and high, by averaging whole blocks."""
    grey = pixels[..., :3].mean(axis=-1, dtype=np.float32) if pixels.ndim == 3 else pixels
    step = max(1, -(-max(grey.shape) // WORKING_SIDE))
    rows, columns = (side // step * step for side in grey.shape)
    lines = np.zeros((rows // step, columns), np.float32)
    for first in range(step):
        lines += grey[first:rows:step, :columns]
    small = lines[:, 0::step].copy()
    for first in range(1, step):
        small += lines[:, first::step]
    return np.nan_to_num(small, copy=False, posinf=0, neginf=0)


def _above_surroundings(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """(rows, half the columns + 1): the power at each place of the spectrum over the mean around it, capped."""
    level = small - small.mean()
    detail = level - mean_around(level, 9)
    detail[np.abs(detail) < _ROUNDING * np.ptp(small)] = 0  # a computed ramp would be nothing but rounding
    size = np.abs(detail)
    mean = float(size.mean())
    if not mean > 0:
        return np.zeros((small.shape[0], small.shape[1] // 2 + 1), np.float32)
    detail /= mean_around(size, 31) + 0.15 * mean  # edges and letters weigh no more than lung
    np.clip(detail, -3, 3, out=detail)
    detail *= np.outer(np.hanning(small.shape[0]), np.hanning(small.shape[1])).astype(np.float32)
    waves = np.fft.rfft2(detail.astype(np.float32), [_fast_length(side) for side in small.shape])
    power = waves.real**2 + waves.imag**2
    around = mean_around(power, 11, "wrap") * 121 - mean_around(power, 5, "wrap") * 25
    around = np.maximum(around / 96, 1e-6 * float(power.max()) + 1e-30)  # float32 tells no less apart
    return np.asarray(np.minimum(power / around, _CAP), np.float32)


def _fast_length(side: int) -> int:
    """The next even length whose Fourier transform is quick: 2, 3 and 5 are its only factors."""
    length = side + side % 2
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 2


@lru_cache(maxsize=8)
def _bins(
    rows: int, columns: int, longest: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """(scales, 32) each: the column and row of each wave in the spectrum, and whether it lies within."""
    waves = places()[None] * _scales()[:, None, None] / longest  # per pixel
    across, down = (
        np.rint(waves[..., 0] * columns).astype(np.intp),
        np.rint(waves[..., 1] * rows).astype(np.intp),
    )
    within = (across < columns // 2 - 6) & (np.abs(down) < rows // 2 - 6)
    return np.minimum(across, columns // 2), down % rows, within


def _scales() -> NDArray[np.float64]:
    return np.asarray(np.exp(np.arange(math.log(_LEAST_SCALE), math.log(_MOST_SCALE), _STEP)), np.float64)

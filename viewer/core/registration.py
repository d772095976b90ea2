"""Where the prior lies on the current film: shift, scale and a small turn, found from the pictures themselves.

Both pictures are made small, upright and even in grey; phase correlation finds the shift for a few scales and turns,
and the best of them is refined by maximising the correlation (ECC: Evangelidis and Psarakis, 2008). Nothing here is a
measurement: it serves the eye only, and a poor fit is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.language import tr
from viewer.core.orientation import Orientation, upright
from viewer.core.presentation import render
from viewer.core.study import FilmPixels
from viewer.core.voi import auto_voi

Picture = NDArray[np.float64]
SIDE = 256
"""Pixels on the longer side of the pictures that are compared; a chest film needs no more for four numbers."""
SMALLEST_SIDE = 16
"""Pixels on the shorter side of a small picture: less shows nothing that could be found again."""
SCALES = (0.88, 1.0, 1.13)
TURNS_DEG = (-6.0, 0.0, 6.0)
LEAST_LIKENESS = 0.35
"""Below this correlation of the evened pictures the films do not lie on each other."""
MOST_TURN_DEG = 20.0
MOST_SCALE = 1.6
ECC_STEPS = 40


@dataclass(frozen=True, slots=True)
class Affine:
    """(x, y) to (a·x + b·y + c, d·x + e·y + f), in pixels, edges, origin top left."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def after(self, first: Affine) -> Affine:
        """`first`, then this one."""
        matrix = self.matrix() @ first.matrix()
        return Affine(*matrix[:2].ravel().tolist())

    def inverse(self) -> Affine:
        return Affine(*np.linalg.inv(self.matrix())[:2].ravel().tolist())

    def matrix(self) -> NDArray[np.float64]:
        return np.array([[self.a, self.b, self.c], [self.d, self.e, self.f], [0, 0, 1]], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Registration:
    """How the prior was laid on the current film."""

    to_prior: Affine  # stored pixels of the current film to stored pixels of the prior
    likeness: float  # correlation of the evened pictures, 0 to 1
    turn_deg: float = 0.0
    scale: float = 1.0  # of the prior's picture, relative to both films' longer sides being equal


class NotAlike(Exception):
    """The two films can't be laid on each other; the message is fit for the reader."""


def register(
    current: FilmPixels, prior: FilmPixels, is_stopped: Callable[[], bool] = lambda: False
) -> Registration:
    """Find where the prior lies on the current film. Takes about half a second; called from a worker.

    Raises:
        NotAlike: The best fit is too poor or too far from how films of one chest can lie, or the work was stopped.
    """
    fixed, fixed_to_stored = _small_upright(current)
    moving, moving_to_stored = _small_upright(prior)
    pictures = _evened(fixed), _evened(moving)
    start = _coarse(*pictures, is_stopped)
    warp, likeness = start, 0.0
    for blur in (2.0, 1.0):
        warp, likeness = _refine(_blurred(pictures[0], blur), _blurred(pictures[1], blur), warp, is_stopped)
    turn = math.degrees(math.atan2(warp.d, warp.a))
    equal_sides = max(moving.shape) / max(fixed.shape)
    scale = math.hypot(warp.a, warp.d) / equal_sides
    if likeness < LEAST_LIKENESS or abs(turn) > MOST_TURN_DEG or not 1 / MOST_SCALE < scale < MOST_SCALE:
        raise NotAlike(tr("The prior could not be laid on the current film: the pictures differ too much."))
    to_prior = moving_to_stored.after(warp).after(fixed_to_stored.inverse())
    return Registration(to_prior, likeness, turn, 1 / scale)


def laid_over(prior: FilmPixels, registration: Registration, current: FilmPixels) -> FilmPixels:
    """The prior's stored values where they lie on the current film, shape of the current film.

    What the prior does not cover is padding. Values between pixels are interpolated; nothing else changes, so the
    prior's own window and photometric interpretation hold.
    """
    rows, columns = current.stored.shape[:2]
    kept = prior.stored if prior.stored.ndim == 2 else prior.stored.mean(axis=2)
    whole = kept.dtype.kind in "ui"
    padding = int(np.iinfo(np.int16).max) if kept.dtype.kind == "i" else int(np.iinfo(np.uint16).max)
    values = _sampled(kept.astype(np.float32), registration.to_prior, (rows, columns))
    covered = np.isfinite(values)
    target: Any = np.int16 if kept.dtype.kind == "i" else np.uint16
    if not whole or kept.dtype.itemsize > 2:
        target = np.float32
    filled = np.where(covered, values, padding)
    if target is not np.float32:
        filled = np.where(covered, np.minimum(np.rint(filled), padding - 1), padding)
    described = replace(
        prior.description,
        rows=rows,
        columns=columns,
        samples_per_pixel=1,
        padding_value=padding,
        padding_range_limit=None,
        shutter=None,  # it and the overlays lie where the prior's own pixels were
        overlays=(),
        patient_orientation=current.description.patient_orientation,
        imager_pixel_spacing_mm=current.description.imager_pixel_spacing_mm,
        pixel_spacing_mm=current.description.pixel_spacing_mm,
        pixel_aspect_ratio=current.description.pixel_aspect_ratio,
    )
    return FilmPixels(described, filled.astype(target))


def _small_upright(pixels: FilmPixels) -> tuple[Picture, Affine]:
    """The film as seen, 0 to 1, at most `SIDE` long, and the way from its pixels to stored ones."""
    step = max(1, -(-max(pixels.stored.shape[:2]) // SIDE))
    rows, columns = (side // step * step for side in pixels.stored.shape[:2])
    if min(rows, columns) < SMALLEST_SIDE * step:
        raise NotAlike(
            tr("The prior could not be laid on the current film: a picture is too small or too narrow.")
        )
    levels = render(replace(pixels, stored=pixels.stored[:rows, :columns]), auto_voi(pixels))
    grey = levels if levels.ndim == 2 else levels[..., 1]  # the green channel will do for a shape
    sums = grey.reshape(rows // step, step, columns).sum(axis=1, dtype=np.uint32)
    small = sums.reshape(rows // step, columns // step, step).sum(axis=2) / (255.0 * step * step)
    orientation = upright(pixels.description)
    return orientation.apply(small), _to_stored(orientation, small.shape, step)


def _to_stored(orientation: Orientation, shape: tuple[int, ...], step: int) -> Affine:
    """From the upright small picture to stored pixels: three points tell an affine map."""
    rows, columns = shape[:2]

    def stored(x: float, y: float) -> tuple[float, float]:
        left, top, *_ = orientation.box_to_stored((x, y, x, y), rows, columns)
        return left * step, top * step

    (c, f), (ax, dx), (by, ey) = stored(0, 0), stored(1, 0), stored(0, 1)
    return Affine(ax - c, by - c, c, dx - f, ey - f, f)


def _evened(picture: Picture) -> Picture:
    """Local mean taken out and local contrast made even, so that exposure and processing count for little."""
    from scipy import ndimage

    width = max(picture.shape) / 14
    flat = picture - ndimage.gaussian_filter(picture, width)
    spread = np.sqrt(ndimage.gaussian_filter(flat**2, width))
    return np.asarray(np.clip(flat / (spread + 0.02), -3, 3))


def _blurred(picture: Picture, sigma: float) -> Picture:
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_filter(picture, sigma))


def _sampled(picture: NDArray[Any], warp: Affine, shape: tuple[int, int]) -> NDArray[Any]:
    """`picture` at warp(x, y) for every pixel of `shape`; NaN outside of it."""
    from scipy import ndimage

    matrix = np.array([[warp.e, warp.d], [warp.b, warp.a]])  # rows before columns
    at_first = warp.point(0.5, 0.5)
    offset = np.array([at_first[1] - 0.5, at_first[0] - 0.5])
    sampled = ndimage.affine_transform(
        picture, matrix, offset, output_shape=shape, order=1, mode="constant", cval=np.nan
    )
    return np.asarray(sampled)


def _coarse(fixed: Picture, moving: Picture, is_stopped: Callable[[], bool]) -> Affine:
    """The best of a few scales and turns, each with the shift that phase correlation finds."""
    step = 2
    small_fixed, small_moving = (_blurred(one, 1.0)[::step, ::step] for one in (fixed, moving))
    start = max(moving.shape) / max(fixed.shape)
    found: list[tuple[float, Affine]] = []
    for scale in SCALES:
        for turn in TURNS_DEG:
            if is_stopped():
                raise NotAlike(tr("The registration was stopped."))
            about = _about_middle(small_fixed.shape, small_moving.shape, start * scale, math.radians(turn))
            right, down = _shift(small_fixed, small_moving, about)
            warp = about.after(Affine(c=right, f=down))
            found.append((_likeness(small_fixed, small_moving, warp), warp))
    best = max(found, key=lambda one: one[0])[1]
    return Affine(best.a, best.b, best.c * step, best.d, best.e, best.f * step)


def _about_middle(fixed: tuple[int, ...], moving: tuple[int, ...], scale: float, turn: float) -> Affine:
    """Scaled and turned, the middle of the one picture on the middle of the other."""
    a, d = scale * math.cos(turn), scale * math.sin(turn)
    x, y = fixed[1] / 2, fixed[0] / 2
    u, v = moving[1] / 2, moving[0] / 2
    return Affine(a, -d, u - a * x + d * y, d, a, v - d * x - a * y)


def _shift(fixed: Picture, moving: Picture, warp: Affine) -> tuple[float, float]:
    """So far (right, down) the warped picture must be looked up to lie on the fixed one."""
    from scipy import fft

    warped = np.nan_to_num(_sampled(moving, warp, (fixed.shape[0], fixed.shape[1])))
    window = np.outer(np.hanning(fixed.shape[0]), np.hanning(fixed.shape[1]))
    padded = [2 * side for side in fixed.shape]
    spectrum = fft.rfft2(fixed * window, padded).conj() * fft.rfft2(warped * window, padded)
    surface = fft.irfft2(spectrum / (np.abs(spectrum) + 1e-6), padded)
    surface = _blurred(np.asarray(surface), 1.0)
    reach = [side // 4 for side in fixed.shape]
    shifts = [np.r_[0 : reach[0], -reach[0] : 0], np.r_[0 : reach[1], -reach[1] : 0]]
    part = surface[np.ix_(shifts[0], shifts[1])]
    down, right = np.unravel_index(int(np.argmax(part)), part.shape)
    return float(shifts[1][right]), float(shifts[0][down])


def _likeness(fixed: Picture, moving: Picture, warp: Affine) -> float:
    """Correlation where both are, less where they overlap little."""
    warped = _sampled(moving, warp, (fixed.shape[0], fixed.shape[1]))
    both = np.isfinite(warped)
    share = both.mean()
    if share < 0.3:
        return -1.0
    return _correlation(fixed[both], warped[both]) * min(1.0, float(share) / 0.7)


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12))


def _refine(
    fixed: Picture, moving: Picture, start: Affine, is_stopped: Callable[[], bool]
) -> tuple[Affine, float]:
    """ECC over scale, turn and shift: Gauss-Newton steps that stop where the correlation no longer grows."""
    rows, columns = fixed.shape
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    middle, reach = (columns / 2, rows / 2), max(rows, columns) / 2
    across, down = (x - middle[0]) / reach, (y - middle[1]) / reach
    slopes: list[Picture] = list(np.gradient(moving))
    warp, best, kept = start, -1.0, start
    for _ in range(ECC_STEPS):
        if is_stopped():
            raise NotAlike(tr("The registration was stopped."))
        warped = _sampled(moving, warp, (rows, columns))
        both = np.isfinite(warped)
        if both.mean() < 0.25:
            break
        likeness = _correlation(fixed[both], warped[both])
        if likeness <= best + 1e-5:
            break
        best, kept = likeness, warp
        gx = np.nan_to_num(_sampled(slopes[1], warp, (rows, columns)))[both]
        gy = np.nan_to_num(_sampled(slopes[0], warp, (rows, columns)))[both]
        u, v = across[both], down[both]
        jacobian = np.stack([gx * u + gy * v, gy * u - gx * v, gx, gy], axis=1)
        step = _ecc_step(fixed[both], warped[both], jacobian)
        if step is None:
            break
        warp = _stepped(warp, step, middle, reach)
    return kept, best


def _ecc_step(
    template: NDArray[Any], warped: NDArray[Any], jacobian: NDArray[Any]
) -> NDArray[np.float64] | None:
    """The change of the four numbers that raises the correlation most, to first order."""
    template, warped = template - template.mean(), warped - warped.mean()
    jacobian = jacobian - jacobian.mean(axis=0)
    hessian = jacobian.T @ jacobian
    if not np.linalg.cond(hessian) < 1e10:
        return None
    of_warped, of_template = jacobian.T @ warped, jacobian.T @ template
    solved = np.linalg.solve(hessian, of_warped)
    below = template @ warped - of_template @ solved
    above = warped @ warped - of_warped @ solved
    factor = above / below if below > 0 else 1.0
    step: NDArray[np.float64] = np.linalg.solve(hessian, jacobian.T @ (factor * template - warped))
    return step


def _stepped(warp: Affine, step: NDArray[np.float64], middle: tuple[float, float], reach: float) -> Affine:
    grow, turn, right, down = (float(value) for value in step)
    grow, turn = grow / reach, turn / reach
    x, y = middle
    return Affine(
        warp.a + grow,
        warp.b - turn,
        warp.c + right - grow * x + turn * y,
        warp.d + turn,
        warp.e + grow,
        warp.f + down - turn * x - grow * y,
    )

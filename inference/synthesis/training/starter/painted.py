"""Findings painted on real films that have none of them. Pure: numpy and scipy.

Among the films that may be learnt from there are 15 with a pneumothorax and 12 with a large heart: too few for a
generator to learn what the words look like on a film, and phantoms look like phantoms. So shapes are painted on films
without them: fluid with a meniscus, a lung that has shrunk to its hilum with air around it, patches, a round mass, a
wider heart.
They show where a finding lies and how large it is; they are no disease, and nothing is measured on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inference.synthesis.training.starter.lung_masks import Grey, Mask, filled, rows_and_columns
from inference.synthesis.training.wording import Fact

Floats = NDArray[np.float32]
Side = Literal["right", "left"]
Grade = Literal["moderate", "severe"]
"""Nothing mild: at 256 pixels it is hardly there, and would teach that words change nothing."""

FLUID: Mapping[str, tuple[float, float]] = {
    "moderate": (0.36, 0.48),
    "severe": (0.6, 0.8),
}
"""Height of the fluid at the mediastinum, share of the lung's."""
LUNG_LEFT: Mapping[str, tuple[float, float]] = {
    "moderate": (0.62, 0.74),
    "severe": (0.36, 0.52),
}
"""Size of the shrunken lung, share of its own."""
HEART: Mapping[str, tuple[float, float]] = {
    "moderate": (1.36, 1.5),
    "severe": (1.65, 2.0),
}
"""How much wider the middle of the heart gets."""
PATCH: Mapping[str, tuple[int, int, float]] = {
    "moderate": (4, 15, 0.68),
    "severe": (7, 22, 0.85),
}
"""Patches, their radius at 256 pixels, and how dense they are."""
MASS: Mapping[str, float] = {
    "moderate": 10,
    "severe": 16,
}
"""Radius of a mass at 256 pixels."""
ZONES: Mapping[str, tuple[float, float]] = {
    "upper": (0.05, 0.36),
    "middle": (0.34, 0.64),
    "lower": (0.6, 0.97),
}
"""Of the lung's height, from its top."""


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A film with a finding painted on it."""

    square: Grey
    fact: Fact


def paint(square: Grey, lungs: tuple[Mask, Mask], rng: np.random.Generator) -> Iterator[Painted]:
    """The film with each finding on each side, in grades and zones drawn by lot; what can't be painted is left out.

    Args:
        square: (side, side) uint8, frontal, without an effusion, a pneumothorax, a consolidation or a large heart.
        lungs: The patient's right and left lung (`lung_masks.lungs`), each (side, side).
        rng: All that is drawn by lot.
    """
    film = square.astype(np.float32)
    sides: tuple[tuple[Side, Mask], ...] = (("right", lungs[0]), ("left", lungs[1]))
    for side, lung in sides:
        grade = _grade(rng)
        yield Painted(
            _grey(effusion(film, lung, side, grade, rng)), Fact("pleural effusion", side, "", grade)
        )
        grade = _grade(rng)
        yield Painted(
            _grey(pneumothorax(film, lung, side, grade, rng)), Fact("pneumothorax", side, "", grade)
        )
        for zone in rng.choice(list(ZONES), 2, replace=False):
            grade = _grade(rng)
            if (patchy := consolidation(film, lung, str(zone), grade, rng)) is not None:
                yield Painted(_grey(patchy), Fact("consolidation", side, str(zone), grade))
        grade, zone = _grade(rng), str(rng.choice(list(ZONES)))
        if (round_one := mass(film, lung, zone, grade, rng)) is not None:
            yield Painted(_grey(round_one), Fact("lung lesion", side, zone, grade))
    for grade in get_args(Grade):
        if (wide := cardiomegaly(film, lungs, grade, rng)) is not None:
            yield Painted(_grey(wide), Fact("cardiomegaly", "", "", grade))


def _grade(rng: np.random.Generator) -> Grade:
    grades: tuple[Grade, ...] = ("moderate", "severe", "severe")  # what is large teaches more
    return grades[int(rng.integers(len(grades)))]


def effusion(film: Floats, lung: Mask, side: Side, grade: Grade, rng: np.random.Generator) -> Floats:
    """Fluid from the diaphragm up, higher at the chest wall, as dense as what lies below it."""
    (top, bottom, left, right), size = _extent(lung), len(film)
    row, column = rows_and_columns(size)
    height = bottom - top
    across = (column - left) / max(right - left, 1)
    to_wall = np.clip(1 - across if side == "right" else across, 0, 1.1)
    level = bottom - rng.uniform(*FLUID[grade]) * height - rng.uniform(0.08, 0.2) * height * to_wall**2.2
    inside = filled(lung)
    angle = (row > bottom - height / 4) & (row < bottom + size / 21) & (column > left) & (column < right)
    room = ndimage.binary_dilation(inside, iterations=3) | (
        angle & ndimage.binary_dilation(inside, iterations=14)
    )
    share = ndimage.gaussian_filter((room & (row > level)).astype(np.float32), 2.5) * rng.uniform(0.86, 0.97)
    below = film[min(bottom + 6, size - 12) : min(bottom + 40, size - 1), left:right]
    beside = film[max(top, bottom - 20) : min(bottom + 30, size - 1), left:right]
    grey = max(
        np.percentile(below, rng.uniform(45, 75)) if below.size else 200.0, np.percentile(_middle(film), 66)
    )
    grey = min(grey, np.percentile(beside, 80) + 4)
    fluid = grey + 4 * _clouds(rng, size, 12) + 0.1 * (film - ndimage.gaussian_filter(film, 8))
    return _mixed(film, fluid, share)


def pneumothorax(film: Floats, lung: Mask, side: Side, grade: Grade, rng: np.random.Generator) -> Floats:
    """The lung smaller towards its hilum, denser, with a fine line around it; black without vessels outside."""
    inside = ndimage.binary_erosion(filled(lung))
    (top, bottom, left, right), size = _extent(inside), len(film)
    row, column = rows_and_columns(size)
    share = rng.uniform(*LUNG_LEFT[grade])
    hilum = right if side == "right" else left
    stays = bottom if rng.random() < 0.5 else (top + bottom) / 2 + 0.3 * (bottom - top)
    source = [stays + (row - stays) / (0.9 * share + 0.1), hilum + (column - hilum) / share]
    lung_left = inside & (ndimage.map_coordinates(inside.astype(np.float32), source, order=1) > 0.5)
    air = ndimage.gaussian_filter((inside & ~lung_left).astype(np.float32), 1.2)
    dark = np.percentile(film[inside], rng.uniform(2, 10)) * rng.uniform(0.7, 0.92)
    empty = 0.6 * dark + 0.4 * ndimage.gaussian_filter(film, 7)
    bones = 0.35 * (film - ndimage.gaussian_filter(film, 5))
    edge = ndimage.binary_dilation(lung_left) & ~ndimage.binary_erosion(lung_left)
    line = ndimage.gaussian_filter(
        (edge & ndimage.binary_erosion(inside, iterations=3)).astype(np.float32), 0.8
    )
    denser = ndimage.gaussian_filter(lung_left.astype(np.float32), 2) * (1 - share) * rng.uniform(25, 60)
    shown: Floats = _mixed(film, empty + bones, air) + line * np.float32(rng.uniform(20, 38))
    shown += denser.astype(np.float32)
    return shown


def consolidation(
    film: Floats, lung: Mask, zone: str, grade: Grade, rng: np.random.Generator
) -> Floats | None:
    """Patches in one zone of a lung, of uneven density; None where the zone has hardly any lung."""
    (top, bottom, _, _), size = _extent(lung), len(film)
    row, column = rows_and_columns(size)
    height, (above, below) = bottom - top, ZONES[zone]
    at = np.argwhere(lung & (row > top + above * height) & (row < top + below * height))
    if len(at) < 150:
        return None
    many, wide, dense = PATCH[grade]
    radius = wide * size / 256 * rng.uniform(0.85, 1.2)
    share = np.zeros_like(film)
    for y, x in at[rng.integers(len(at), size=many)]:
        stretch = rng.uniform(0.75, 1.3)
        far = ((column - x) / (radius * stretch)) ** 2 + ((row - y) * stretch / radius) ** 2
        share = np.maximum(share, np.exp(-(far**1.4)))
    share *= np.clip(1 + 0.28 * _clouds(rng, size, 4) + 0.12 * _clouds(rng, size, 1.5), 0.3, 1.5)
    near = (row > top + (above - 0.06) * height) & (row < top + (below + 0.08) * height)
    room = ndimage.gaussian_filter(
        (ndimage.binary_dilation(lung, iterations=2) & near).astype(np.float32), 2.5
    )
    grey = np.percentile(_middle(film), rng.uniform(68, 80))
    return _mixed(
        film, grey + 0.3 * (film - ndimage.gaussian_filter(film, 6)), np.clip(share, 0, 1) * room * dense
    )


def mass(film: Floats, lung: Mask, zone: str, grade: Grade, rng: np.random.Generator) -> Floats | None:
    """Something round with an uneven edge, away from the lung's border; None where the zone has hardly any lung."""
    (top, bottom, _, _), size = _extent(lung), len(film)
    row, column = rows_and_columns(size)
    above, below = (top + share * (bottom - top) for share in ZONES[zone])
    at = np.argwhere(ndimage.binary_erosion(lung, iterations=size // 51) & (row > above) & (row < below))
    if len(at) < 60:
        return None
    y, x = at[rng.integers(len(at))]
    radius, stretch = MASS[grade] * size / 256 * rng.uniform(0.9, 1.25), rng.uniform(0.85, 1.18)
    far = np.hypot((column - x) / stretch, (row - y) * stretch) + 0.1 * radius * _clouds(rng, size, 5)
    share = ndimage.gaussian_filter((far < radius).astype(np.float32), 1.3) * rng.uniform(0.55, 0.8)
    grey = np.percentile(_middle(film), rng.uniform(66, 80))
    return _mixed(film, grey + 0.4 * (film - ndimage.gaussian_filter(film, 6)), share)


def cardiomegaly(
    film: Floats, lungs: tuple[Mask, Mask], grade: Grade, rng: np.random.Generator
) -> Floats | None:
    """The heart drawn apart to both sides, the chest wall left where it is; None where no middle is found."""
    right, left = lungs
    top, bottom, outer_right, outer_left = _extent(right | left)
    height = bottom - top
    upper = range(top, top + height // 3)
    between = [(np.flatnonzero(right[y]), np.flatnonzero(left[y])) for y in upper]
    gaps = [(inner[-1] + outer[0]) / 2 for inner, outer in between if len(inner) and len(outer)]
    if not gaps:
        return None
    middle = float(np.median(gaps))
    half = min(middle - outer_right, outer_left - middle) + 6
    row, column = rows_and_columns(len(film))
    ramp = np.clip((row - (top + 0.33 * height)) / (0.3 * height), 0, 1)
    wider = 1 + (rng.uniform(*HEART[grade]) - 1) * ramp * ramp * (3 - 2 * ramp)
    away = np.abs(column - middle) / half
    bend = np.log(wider) / np.log(1 / 0.45) + 1  # at 0.45 of the half chest it is wider by just that much
    source = np.where(away < 1, np.clip(away, 1e-4, 1) ** bend, away)
    places = [row, middle + np.sign(column - middle) * source * half]
    moved: Floats = ndimage.map_coordinates(film, places, order=1, mode="nearest")
    return moved


def _extent(mask: Mask) -> tuple[int, int, int, int]:
    """First and last row, first and last column."""
    rows, columns = np.nonzero(mask)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def _middle(film: Floats) -> Floats:
    """The film without its edges."""
    size = len(film)
    return film[size // 8 : size * 7 // 8, size // 8 : size * 7 // 8]


def _clouds(rng: np.random.Generator, size: int, width: float) -> Floats:
    """Smooth noise of spread 1."""
    noise = ndimage.gaussian_filter(rng.standard_normal((size, size)).astype(np.float32), width)
    clouds: Floats = noise / noise.std()
    return clouds


def _mixed(film: Floats, other: NDArray[np.floating], share: NDArray[np.floating]) -> Floats:
    mixed: Floats = (film * (1 - share) + other * share).astype(np.float32)
    return mixed


def _grey(film: Floats) -> Grey:
    grey: Grey = np.clip(film, 0, 255).astype(np.uint8)
    return grey

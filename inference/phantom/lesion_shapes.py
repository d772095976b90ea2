"""How a lesion changes the phantom: its geometry, its attenuation, its bones.

`layers` gives the lesion as weights: at weight w the attenuation there becomes (1 - w) of what it was plus w of the
target. Weights are 0 outside the pleural space, so no lesion of the lung leaks into the heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from inference.phantom.anatomy import (
    HILUM,
    Array,
    Side,
    Thorax,
    aorta_distance,
    cage_distance,
    diaphragm_distance,
    dome_top,
    heart_distance,
    inside,
    lung_distance,
    mediastinum_distance,
    pleural_distance,
)
from inference.phantom.findings import Lesion
from inference.phantom.lung_trees import scatter_in_lung
from inference.phantom.points import offset
from inference.phantom.skeleton import RibBreak

MU_SOFT = 0.021  # 1/mm, effective, soft tissue and water
MU_LUNG = 0.0042
MU_AIR = 0.0
MU_CALCIUM = 0.055
_FISSURE_Z = 10.0
_ZONE_Z = {"upper": (50.0, 105.0), "middle": (0.0, 50.0), "lower": (-75.0, -5.0), "whole": (-75.0, 100.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Sample points with the distances that lesions need; computed once for all lesions."""

    x: Array
    y: Array
    z: Array
    cage: Array
    heart: Array
    aorta: Array
    lung: Array

    @staticmethod
    def at(thorax: Thorax, x: Array, y: Array, z: Array) -> Place:
        cage = cage_distance(x, y, z)
        heart, aorta = heart_distance(thorax, x, y, z), aorta_distance(thorax, x, y, z)
        between = mediastinum_distance(thorax, x, y, z)
        lung = pleural_distance(cage, diaphragm_distance(thorax, x, y, z), heart, aorta, between)
        return Place(x, y, z, cage, heart, aorta, lung)


def changed_thorax(thorax: Thorax, lesions: Sequence[Lesion]) -> Thorax:
    """The person's geometry with the lesions' effects: large heart, wide mediastinum, volume loss, tension."""
    for lesion in lesions:
        s = lesion.severity
        toward = {"right": -1.0, "left": 1.0}.get(lesion.side, 0.0)
        match lesion.kind:
            case "large heart":
                thorax = replace(thorax, heart=1.17 + 0.27 * s)
            case "wide mediastinum":
                thorax = replace(
                    thorax,
                    mediastinum_mm=thorax.mediastinum_mm + 7 + 13 * s,
                    aorta=thorax.aorta + 0.1 + 0.2 * s,
                )
            case "collapse":
                lift = 6 + 12 * s
                thorax = replace(thorax, shift_mm=thorax.shift_mm + toward * (2 + 7 * s))
                if lesion.side == "right":
                    thorax = replace(thorax, right_dome_mm=thorax.right_dome_mm + lift)
                else:
                    thorax = replace(thorax, left_dome_mm=thorax.left_dome_mm + lift)
            case "rim":
                thorax = replace(thorax, shift_mm=thorax.shift_mm - toward * 9 * max(0.0, s - 0.5))
            case "fluid":
                thorax = replace(thorax, shift_mm=thorax.shift_mm - toward * 7 * max(0.0, s - 0.5))
            case _:
                pass
    return thorax


def rib_breaks(lesions: Sequence[Lesion]) -> tuple[RibBreak, ...]:
    """The fractures among the lesions."""
    return tuple(rib_break(lesion) for lesion in lesions if lesion.label == "fracture")


def rib_break(lesion: Lesion) -> RibBreak:
    """Which rib is broken, and where: lateral or posterolateral, where the lung is behind it."""
    rng = np.random.default_rng([lesion.seed, 4])
    low, high = {"upper": (3, 5), "middle": (5, 7), "lower": (7, 10)}.get(lesion.zone, (4, 8))
    side: Side = "left" if lesion.side == "left" else "right"
    healed = lesion.kind == "healed rib"
    return RibBreak(
        side,
        int(rng.integers(low, high)),
        float(rng.uniform(0.55, 1.35)),
        (1.0 if healed else 2.5) + 5 * lesion.severity,
        0.5 + 0.5 * lesion.severity if healed else 0.0,
    )


@lru_cache(maxsize=256)
def centre_of(thorax: Thorax, lesion: Lesion, side: Side, margin_mm: float) -> Array:
    """A point in the lesion's zone of the lung, at least about `margin_mm` under the surface where there is room."""
    rng = np.random.default_rng([lesion.seed, 1, side == "left"])
    low, high = _ZONE_Z[lesion.zone]
    trial = scatter_in_lung(replace(thorax, heart=1.0), side, 500, rng)
    trial = trial[(trial[:, 2] >= low) & (trial[:, 2] <= high)]
    depth = lung_distance(thorax, trial[:, 0], trial[:, 1], trial[:, 2])
    deep = trial[depth >= min(margin_mm, float(np.quantile(depth, 0.8)))]
    return np.asarray(deep[0])


@lru_cache(maxsize=64)
def _many_centres(thorax: Thorax, lesion: Lesion, side: Side) -> tuple[Array, Array]:
    rng = np.random.default_rng([lesion.seed, 2, side == "left"])
    centres = scatter_in_lung(thorax, side, int(rng.integers(3, 9)), rng)
    return centres, rng.uniform(3.5, 7 + 9 * lesion.severity, len(centres))


def _sides(lesion: Lesion) -> tuple[Side, ...]:
    if lesion.side == "both":
        return ("right", "left")
    return ("left",) if lesion.side == "left" else ("right",)


def _on_side(place: Place, side: Side) -> Array:
    return inside(place.x if side == "left" else -place.x, 6.0)


def layers(thorax: Thorax, lesion: Lesion, place: Place, *, is_supine: bool) -> list[tuple[Array, float]]:
    """Weight and target attenuation of each part of a lesion at `place`; empty where it has no volume."""
    pleural = inside(place.lung)
    found: list[tuple[Array, float]] = []
    for side in _sides(lesion):
        for weight, target in _side_layers(thorax, lesion, place, side, is_supine):
            found.append((weight * pleural * _on_side(place, side), target))
    return found


def _side_layers(
    thorax: Thorax, lesion: Lesion, place: Place, side: Side, is_supine: bool
) -> list[tuple[Array, float]]:
    match lesion.kind:
        case "nodule" | "mass" | "nodules":
            return [(_nodules(thorax, lesion, place, side), MU_SOFT)]
        case "haze":
            return [(_haze(thorax, lesion, place, side), MU_SOFT)]
        case "lobar":
            return [(_lobar(thorax, lesion, place, side), MU_SOFT)]
        case "patchy":
            return [(_patchy(thorax, lesion, place, side), MU_SOFT)]
        case "perihilar":
            return [(_perihilar(lesion, place, side), MU_SOFT)]
        case "plate":
            return [(_plate(thorax, lesion, place, side), MU_SOFT)]
        case "collapse":
            return [(_collapse(lesion, place), MU_SOFT)]
        case "rim":
            return _rim(lesion, place)
        case "fluid":
            return [(_fluid(thorax, lesion, place, side, is_supine), MU_SOFT)]
        case "apical cap" | "thickening" | "plaque":
            return [_pleura(lesion, place, side)]
        case _:
            return []


def _ripple(seed: int, scale_mm: float, place: Place) -> Array:
    """Smooth noise of about unit variance: a few plane waves, cheap because each is a product of a row and a column."""
    rng = np.random.default_rng([seed, 3])
    total: Array = np.zeros(1, np.float32)
    waves = 6
    for _ in range(waves):
        k = rng.normal(0, 1 / scale_mm, 3)
        flat = (k[0] * place.x + k[1] * place.y + rng.uniform(0, 2 * np.pi)).astype(np.float32)
        high = (k[2] * place.z).astype(np.float32)
        total = total + np.cos(flat) * np.cos(high) - np.sin(flat) * np.sin(high)
    return total * np.float32(np.sqrt(2 / waves))


def _blob(place: Place, centre: Array, sigma: tuple[float, float, float]) -> Array:
    flat = np.exp(-0.5 * (((place.x - centre[0]) / sigma[0]) ** 2 + ((place.y - centre[1]) / sigma[1]) ** 2))
    return np.asarray(flat * np.exp(-0.5 * ((place.z - centre[2]) / sigma[2]) ** 2))


def _nodules(thorax: Thorax, lesion: Lesion, place: Place, side: Side) -> Array:
    rng = np.random.default_rng([lesion.seed, 2])
    s = lesion.severity
    if lesion.kind == "nodules":
        centres, radii = _many_centres(thorax, lesion, side)
    else:
        radius = 4.5 + 9.5 * s if lesion.kind == "nodule" else 15 + 20 * s
        centres, radii = centre_of(thorax, lesion, side, 0.9 * radius)[None], np.array([radius])
    weight: Array = np.zeros(1, np.float32)
    for centre, radius in zip(centres, radii, strict=True):
        distance = np.sqrt(
            (place.x - centre[0]) ** 2 + 1.15 * (place.y - centre[1]) ** 2 + (place.z - centre[2]) ** 2
        )
        rough = 1 + rng.uniform(0.02, 0.12) * _ripple(lesion.seed, radius * 0.45, place)
        weight = np.maximum(
            weight, inside(radius * rough - distance, rng.uniform(2.5, 5)) * rng.uniform(0.8, 1)
        )
    return weight


def _haze(thorax: Thorax, lesion: Lesion, place: Place, side: Side) -> Array:
    rng = np.random.default_rng([lesion.seed, 2])
    centre = centre_of(thorax, lesion, side, 12)
    size = rng.uniform(14, 20) + 16 * lesion.severity
    shape = (size * rng.uniform(0.8, 1.2), size * rng.uniform(0.9, 1.4), size * rng.uniform(0.7, 1.2))
    mottle = np.clip(0.85 + 0.35 * _ripple(lesion.seed, 7, place), 0.1, 2)
    return np.asarray(np.clip((0.22 + 0.38 * lesion.severity) * _blob(place, centre, shape) * mottle, 0, 1))


def lobe_distance(place: Place, side: Side, zone: str) -> Array:
    """The lobe that fills a zone: right upper, middle and lower, left upper, lingula and lower."""
    oblique = (place.z - (-21 + 0.9 * place.y)) * 0.74  # above the oblique fissure
    level = place.z - (_FISSURE_Z + (0 if side == "right" else -6))
    if zone == "lower":
        return -oblique
    return np.asarray(np.minimum(oblique, level if zone == "upper" else -level))


@lru_cache(maxsize=64)
def lobe_centre(thorax: Thorax, lesion: Lesion, side: Side) -> Array:
    """A point well inside the lobe that a lesion's zone names."""
    rng = np.random.default_rng([lesion.seed, 1, side == "left"])
    trial = scatter_in_lung(replace(thorax, heart=1.0), side, 400, rng)
    place = Place.at(thorax, trial[:, 0], trial[:, 1], trial[:, 2])
    depth = np.minimum(lobe_distance(place, side, lesion.zone), place.lung)
    best = np.argsort(depth)[-40:]
    return np.asarray(trial[int(rng.choice(best))])


def _lobar(thorax: Thorax, lesion: Lesion, place: Place, side: Side) -> Array:
    s = lesion.severity
    lobe = lobe_distance(place, side, lesion.zone)
    centre = lobe_centre(thorax, lesion, side)
    reach = 26 + 46 * s
    distance = np.sqrt((place.x - centre[0]) ** 2 + (place.y - centre[1]) ** 2 + (place.z - centre[2]) ** 2)
    core = inside(reach + 7 * _ripple(lesion.seed, 12, place) - distance, 22)
    return np.asarray(
        inside(lobe, 5) * core * np.clip(0.58 + 0.34 * s + 0.08 * _ripple(lesion.seed + 1, 6, place), 0, 0.95)
    )


def _patchy(thorax: Thorax, lesion: Lesion, place: Place, side: Side) -> Array:
    rng = np.random.default_rng([lesion.seed, 2])
    s = lesion.severity
    middle = centre_of(thorax, lesion, side, 15)
    clear: Array = np.ones(1, np.float32)
    for _ in range(int(5 + 9 * s)):
        centre = middle + rng.normal(0, 1, 3) * (12 + 14 * s) * np.array((1, 1.2, 1))
        size = rng.uniform(5, 10 + 5 * s)
        peak = rng.uniform(0.35, 0.55 + 0.35 * s)
        clear = clear * (1 - peak * _blob(place, centre, (size, size * 1.2, size)))
    return 1 - clear


def _perihilar(lesion: Lesion, place: Place, side: Side) -> Array:
    s = lesion.severity
    hilum = np.asarray(HILUM[side])
    wide = _blob(place, hilum + offset(0, 0, -14), (46, 60, 50))
    low = inside(-place.z - 10, 90)
    mottle = np.clip(0.85 + 0.3 * _ripple(lesion.seed, 6, place), 0.1, 2)
    return np.asarray(np.clip((0.16 + 0.38 * s) * (wide + 0.25 * low * s) * mottle, 0, 0.85))


def _plate(thorax: Thorax, lesion: Lesion, place: Place, side: Side) -> Array:
    rng = np.random.default_rng([lesion.seed, 2])
    centre = centre_of(thorax, lesion, side, 14)
    tilt, lean = rng.normal(0, 0.22), rng.normal(0, 0.2)
    across = (place.z - centre[2]) - tilt * (place.x - centre[0]) - lean * (place.y - centre[1])
    along = np.sqrt((place.x - centre[0]) ** 2 + (0.8 * (place.y - centre[1])) ** 2)
    thick = 2.2 + 3.5 * lesion.severity
    return inside(thick / 2 - np.abs(across), 2.0) * inside(18 + 22 * lesion.severity - along, 12) * 0.9


def _collapse(lesion: Lesion, place: Place) -> Array:
    """A collapsed lower lobe: a dense triangle beside the spine, behind the heart."""
    s = lesion.severity
    below = np.clip((30 - place.z) / 110, 0, 1.2)
    edge = 26 + (14 + 34 * s) * below - np.abs(place.x)
    behind = place.y - (30 - 25 * s)
    return inside(np.minimum(np.minimum(edge, behind), 28 - place.z), 8) * (0.55 + 0.38 * s)


def collapse_depth(lesion: Lesion, z: Array) -> Array:
    """How far the lung has fallen from the chest wall in a pneumothorax, in mm; most at the apex."""
    high = np.clip((z + 60) / 175, 0, 1)
    return (1.5 + 24 * lesion.severity) * (0.25 + 0.75 * high**1.5) + 12 * lesion.severity**2


def _rim(lesion: Lesion, place: Place) -> list[tuple[Array, float]]:
    gap = collapse_depth(lesion, place.z) - place.cage
    air = inside(gap, 1.6)
    line = np.exp(-((gap / 1.1) ** 2)) * 0.75  # the visceral pleura, seen where the ray runs along it
    packed = np.broadcast_to(np.float32(0.02 + 0.12 * lesion.severity**2), gap.shape)
    return [(packed * (1 - air), MU_SOFT), (air, MU_AIR), (line, MU_SOFT)]


def _fluid(thorax: Thorax, lesion: Lesion, place: Place, side: Side, is_supine: bool) -> Array:
    s = lesion.severity if lesion.side != "both" else lesion.severity * (1.0 if side == "right" else 0.8)
    if is_supine:  # it layers behind the lung: a veil, and a cap round the apex when there is much
        return inside(place.y - (76 - 52 * s), 10) * 0.98
    level = dome_top(thorax, side) - 36 + 118 * s
    rise = (12 + 26 * s) * np.exp(-np.maximum(place.cage, 0) / (7 + 7 * s))
    return inside(level + rise - place.z, 5) * 0.98


def _pleura(lesion: Lesion, place: Place, side: Side) -> tuple[Array, float]:
    s = lesion.severity
    if lesion.kind == "apical cap":
        return inside(5 + 9 * s - place.cage, 3) * inside(place.z - 96 + 14 * s, 10) * 0.95, MU_SOFT
    if lesion.kind == "thickening":
        band = inside(42 - np.abs(place.z + 25), 25)
        return inside(4 + 8 * s - place.cage, 3) * inside(np.abs(place.x) - 78, 20) * band * 0.95, MU_SOFT
    rng = np.random.default_rng([lesion.seed, 2])
    centre = np.array(((70 if side == "left" else -70) * rng.uniform(0.8, 1.2), -60, rng.uniform(-55, 25)))
    flat = np.sqrt((place.x - centre[0]) ** 2 + (place.z - centre[2]) ** 2)
    patch = inside(11 + 12 * s + 5 * _ripple(lesion.seed, 7, place) - flat, 4)
    front = inside(-place.y, 20)
    return patch * front * inside(3.5 + 2.5 * s - place.cage, 2) * 0.9, MU_CALCIUM


def still_aerated(thorax: Thorax, lesions: Sequence[Lesion], points: Array, *, is_supine: bool) -> Array:
    """How far each point (n, 3) still lies in lung, 0..1: vessels show only there."""
    place = Place.at(thorax, points[:, 0], points[:, 1], points[:, 2])
    left = inside(place.lung)
    for lesion in lesions:
        for weight, target in layers(thorax, lesion, place, is_supine=is_supine):
            if target in (MU_SOFT, MU_AIR):
                left = left * (1 - weight)
    return left

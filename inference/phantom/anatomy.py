"""The phantom's thorax as plain numbers, and the signed distances of its organs.

All geometry is written for one reference adult, in millimetres of DICOM's patient frame (PS3.3 C.7.6.2.1.1):
x grows to the patient's left, y to the back, z to the head. A `Thorax` stretches and varies that reference. The
distance functions are elementwise: they take a slice of rays (x and y of shape (1, columns), z of shape (rows, 1))
as well as a list of points (three arrays of one shape). They are positive inside and only roughly metric, which is
enough for a soft edge one voxel wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Side = Literal["right", "left"]

APEX_Z = 128.0
BASE_Z = -76.0
HILUM: dict[Side, tuple[float, float, float]] = {"right": (-40.0, 8.0, 12.0), "left": (42.0, 10.0, 24.0)}
THORACIC_Z = (132.0, 114.0, 95.0, 75.0, 54.0, 33.0, 11.0, -11.0, -34.0, -57.0, -81.0, -106.0)
"""Height of the twelve thoracic vertebrae and of the heads of their ribs."""


@dataclass(frozen=True, slots=True)
class Thorax:
    """One person. Factors are relative to the reference adult, lengths in millimetres of the reference frame."""

    seed: int
    is_female: bool = False
    width: float = 1.0
    depth: float = 1.0
    height: float = 1.0
    wall_mm: float = 22.0  # muscle and fat around the cage
    breast: float = 0.0  # 0 = none, 1 = large
    heart: float = 1.0  # linear size; about 1.2 and more is cardiomegaly
    mediastinum_mm: float = 0.0  # added half width of the upper mediastinum
    aorta: float = 1.0  # radius and unfolding of the arch
    inspiration_mm: float = 0.0  # positive: diaphragm lower
    right_dome_mm: float = 0.0
    left_dome_mm: float = 0.0
    shift_mm: float = 0.0  # mediastinum to the patient's left
    scoliosis_mm: float = 0.0
    rotation_deg: float = 0.0  # about the long axis, against the film
    shoulder_mm: float = 0.0  # positive: shoulders and clavicles higher
    scapula_mm: float = 0.0  # positive: scapulae rolled away from the lungs
    bone: float = 1.0  # mineral content
    bone_visibility: float = 1.0
    stomach_gas: float = 1.0


def sample_thorax(seed: int) -> Thorax:
    """A plausible adult, the same for the same seed."""
    rng = np.random.default_rng([seed, 1])
    is_female = bool(rng.random() < 0.5)
    size = rng.normal(0.95 if is_female else 1.03, 0.035)
    stoutness = float(np.clip(rng.gamma(2.2, 0.45), 0.15, 3.2))
    return Thorax(
        seed=seed,
        is_female=is_female,
        width=float(size * rng.normal(1, 0.04)),
        depth=float(size * rng.normal(1 + 0.05 * (stoutness - 1), 0.05)),
        height=float(size * rng.normal(1, 0.045)),
        wall_mm=float(12 + 10 * stoutness),
        breast=float(np.clip(rng.normal(0.55, 0.3), 0.05, 1.2)) if is_female else 0.0,
        heart=float(np.clip(rng.normal(0.98, 0.045), 0.87, 1.08)),
        mediastinum_mm=float(rng.normal(0, 1.5)),
        aorta=float(np.clip(rng.normal(1, 0.12), 0.75, 1.3)),
        inspiration_mm=float(rng.normal(0, 9)),
        right_dome_mm=float(rng.normal(0, 3)),
        left_dome_mm=float(rng.normal(0, 4)),
        shift_mm=float(rng.normal(0, 1.5)),
        scoliosis_mm=float(rng.normal(0, 3)),
        rotation_deg=float(rng.normal(0, 2)),
        shoulder_mm=float(rng.normal(0, 6)),
        scapula_mm=float(rng.normal(4, 8)),
        bone=float(np.clip(rng.normal(1, 0.15), 0.6, 1.4)),
        bone_visibility=float(rng.uniform(0.75, 1.25)),
        stomach_gas=float(np.clip(rng.normal(0.8, 0.5), 0, 1.6)),
    )


def ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float], x: Array, y: Array, z: Array
) -> Array:
    """Rough signed distance to an axis-parallel ellipsoid."""
    a, b, c = ((v - m) / r for v, m, r in zip((x, y, z), centre, radii, strict=True))
    return np.asarray((1 - np.sqrt(a * a + b * b + c * c)) * min(radii))


def capsule(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    x: Array,
    y: Array,
    z: Array,
) -> Array:
    """Signed distance to a tube with round ends."""
    d = [e - s for s, e in zip(start, end, strict=True)]
    p, q, r = (v - s for v, s in zip((x, y, z), start, strict=True))
    length2 = d[0] ** 2 + d[1] ** 2 + d[2] ** 2
    dot = (p * d[0] + q * d[1]) + r * d[2]
    along = np.clip(dot * (1 / length2), 0, 1)
    square = (
        p * p + q * q
    ) + r * r  # |p - along d|² = |p|² + along (along |d|² - 2 p·d), in place: it runs often
    dot *= -2
    dot += along * length2
    dot *= along
    square += dot
    np.sqrt(np.maximum(square, 0, out=square), out=square)
    return np.asarray(np.subtract(radius, square, out=square))


def union(*distances: Array, blend_mm: float = 0.0) -> Array:
    """Inside any of them; `blend_mm` rounds the grooves between them."""
    total = distances[0]
    for other in distances[1:]:
        if blend_mm:
            gap = total - other
            share = np.clip(gap * (0.5 / blend_mm) + 0.5, 0, 1)
            gap += blend_mm * (1 - share)
            gap *= share
            gap += other
            total = gap
        else:
            total = np.maximum(total, other)
    return total


def inside(distance: Array, edge_mm: float = 3.0) -> Array:
    """Occupancy 0..1 with an edge of `edge_mm`."""
    return np.asarray(np.clip(0.5 + distance / edge_mm, 0, 1))


def cage_section(z: Array) -> tuple[Array, Array, Array, Array]:
    """Half width, half depth, centre y and half gap of the two domes of the cage's inside at height z."""
    below = np.clip((APEX_Z + 1 - z) / (APEX_Z - BASE_Z), 0.004, 1)
    swell = np.sqrt(below * (2 - below))
    return 127 * swell, 84 * np.sqrt(swell) * swell**0.35, 8 + 24 * (1 - swell), 36 * (1 - swell)


def cage_distance(x: Array, y: Array, z: Array) -> Array:
    """The inside of the ribs: parietal pleura on both sides and the mediastinum between them."""
    half_width, half_depth, centre_y, gap = cage_section(z)
    a = np.maximum(np.abs(x) - gap, 0) / half_width
    b = (y - centre_y) / half_depth
    a2, b2 = a * a, b * b
    radius = 0.5 * (np.sqrt(a2 + b2) + np.sqrt(np.sqrt(a2 * a2 + b2 * b2)))  # between ellipse and box
    return np.asarray(np.minimum((1 - radius) * np.minimum(half_width, half_depth), APEX_Z + 1 - z))


def dome_top(thorax: Thorax, side: Side) -> float:
    """Height of a hemidiaphragm's top. The left one stands about 12 mm lower."""
    own = thorax.right_dome_mm if side == "right" else thorax.left_dome_mm
    return (-72.0 if side == "right" else -82.0) - thorax.inspiration_mm + own


def diaphragm_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """Above the diaphragm."""
    tops = dome_top(thorax, "left"), dome_top(thorax, "right")
    top = 0.5 * (tops[0] + tops[1]) + 0.5 * (tops[0] - tops[1]) * np.clip(x / 20, -1, 1)
    q = (np.maximum(np.abs(x) - 60, -25) / 72) ** 2 + ((y + 8) / 86) ** 2
    return np.asarray((z - (top - 10 * q - 42 * q * q)) * 0.85)


def heart_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """Ventricles, right and left atrium, pulmonary trunk. It grows to the left and down, as a real one does."""
    k = thorax.heart
    rest = dome_top(thorax, "left") + 84
    x = x - thorax.shift_mm
    z = z - 0.75 * rest + 5 + (k - 1) * 10
    # the long axis points to the left, forward and down
    u = 0.79 * (x - 25 * k) - 0.36 * (y + 22) - 0.50 * (z + 46)
    v = 0.42 * (x - 25 * k) + 0.90 * (y + 22)
    w = 0.45 * (x - 25 * k) - 0.21 * (y + 22) + 0.86 * (z + 46)
    ventricles = (1 - np.sqrt((u / (63 * k)) ** 2 + (v / (46 * k)) ** 2 + (w / (45 * k)) ** 2)) * 44
    atrium = ellipsoid((-16 * k, -8, -34), (27 * k, 34 * k, 42 * k), x, y, z)
    left_atrium = ellipsoid((6, 22, -14), (36 * k, 24 * k, 26 * k), x, y, z)
    trunk = capsule((12, -38, -16), (25, -8, 34), 14.5 * k, x, y, z)
    return union(ventricles, atrium, left_atrium, trunk, blend_mm=9)


def aorta_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """Ascending aorta, arch (the knob on the left) and descending aorta."""
    k = thorax.aorta
    x = x - thorax.shift_mm
    high = 62 + 14 * (k - 1)
    out = 25 + 16 * (k - 1)
    ascending = capsule((-13 * k, -22, -5), (-12 * k, -14, high - 14), 15.5 * k, x, y, z)
    arch = capsule((-8, -8, high - 2), (out - 8, 22, high), 13.5 * k, x, y, z)
    knob = capsule((out - 8, 22, high), (out - 3, 42, high - 12), 13 * k, x, y, z)
    down = capsule((out - 3, 42, high - 12), (14, 50, -150), 11.5 * k, x, y, z)
    return union(ascending, arch, knob, down, blend_mm=4)


def spine_x(thorax: Thorax, z: Array) -> Array:
    """Sideways curve of the spine."""
    return np.asarray(thorax.scoliosis_mm * np.sin((z + 20) / 70))


def spine_y(z: Array) -> Array:
    """Thoracic kyphosis: the centre of the vertebral bodies."""
    return np.asarray(70 - 30 * ((z + 10) / 150) ** 2 - 8 * np.clip(-z / 120, 0, 1))


def mediastinum_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """What keeps the lungs apart apart from heart and aorta: great vessels, spine and the tissue around them."""
    top = np.clip((z - 62) / 64, 0, 1)
    low = np.clip((40 - z) / 60, 0, 1)
    half = 21 - 7 * low + thorax.mediastinum_mm + 11 * top * top
    middle = (
        x - thorax.shift_mm + 5
    )  # the superior vena cava makes the right border the fuller one above the arch
    column = (1 - np.sqrt((middle / half) ** 2 + ((y - 2 - 20 * top) / (64 - 14 * low)) ** 2)) * 22
    column = np.minimum(column, (z + 120) * 0.5)
    spine = 1 - np.sqrt(((x - spine_x(thorax, z)) / 20) ** 2 + ((y - spine_y(z) - 8) / 33) ** 2)
    return union(column, spine * 20, blend_mm=6)


def upper_mediastinum(thorax: Thorax, aorta: Array, x: Array, y: Array, z: Array) -> Array:
    """The great vessels between the thoracic inlet and the hila, without the spine."""
    column = (
        1 - np.sqrt(((x - thorax.shift_mm + 5) / (22 + thorax.mediastinum_mm)) ** 2 + (y / 60) ** 2)
    ) * 22
    band = np.minimum(z - 8, 100 - z)
    return np.asarray(np.minimum(np.maximum(column, aorta), band))


def lung_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """Both pleural spaces: inside the cage, above the diaphragm, outside the mediastinum."""
    return pleural_distance(
        cage_distance(x, y, z),
        diaphragm_distance(thorax, x, y, z),
        heart_distance(thorax, x, y, z),
        aorta_distance(thorax, x, y, z),
        mediastinum_distance(thorax, x, y, z),
    )


def pleural_distance(cage: Array, diaphragm: Array, heart: Array, aorta: Array, mediastinum: Array) -> Array:
    """The pleural spaces from the distances of what bounds them."""
    return np.minimum(np.minimum(cage, diaphragm), -union(heart, np.maximum(aorta, mediastinum), blend_mm=5))


def _trunk_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """Trunk and neck as one smooth column of superelliptic sections; breasts and pectoral muscles bulge its front."""
    wall, lift = thorax.wall_mm, thorax.shoulder_mm
    high = np.clip((z - 88 - lift) / 78, 0, 1)
    broad = 132 + wall + 8 * np.exp(-(((z - 40) / 50) ** 2))
    neck = 50 + 0.35 * wall
    half_width = neck + (broad - neck) * np.sqrt(np.maximum(1 - high**1.5, 0))
    taper = np.clip((z - 25) / 110, 0, 1)
    half_depth = (94 + 0.75 * wall) * (1 - taper) + (60 + 0.25 * wall) * taper
    centre = 8 + 16 * taper
    y = y + 10 * ((z + 10) / 130) ** 2 * np.clip(y / 60, 0, 1)  # the back is round
    front = y + _bulge(thorax, x, z) * (y < centre)
    a2, b2 = (x / half_width) ** 2, ((front - centre) / half_depth) ** 2
    return np.asarray((1 - np.sqrt(np.sqrt(a2 * a2 + b2 * b2 + 0.9 * a2 * b2))) * 80)


def _bulge(thorax: Thorax, x: Array, z: Array) -> Array:
    """How far breasts or pectoral muscles stand forward, in mm."""
    side = np.abs(x)
    if thorax.breast <= 0:
        q = ((side - 75) / 62) ** 2 + ((z - 22) / 58) ** 2
        return np.asarray(11 * np.maximum(1 - q, 0) ** 1.5)
    k = thorax.breast
    middle = -30 - 14 * k
    below = 26 + 16 * k + np.float32(36 - 2 * k) * (z >= middle)  # a steep fold below, a gentle slope above
    q = ((side - 74) / (46 + 16 * k)) ** 2 + ((z - middle) / below) ** 2
    return np.asarray((14 + 38 * k) * np.maximum(1 - q, 0) ** 0.9)


def body_distance(thorax: Thorax, arms_raised: bool, x: Array, y: Array, z: Array) -> Array:
    """Skin: trunk, neck, shoulders and upper arms. Arms are raised for the lateral view."""
    trunk = _trunk_distance(thorax, x, y, z)
    wall, lift = thorax.wall_mm, thorax.shoulder_mm
    side = np.abs(x)
    if arms_raised:
        return union(
            trunk, capsule((118, 22, 118), (118, -70, 260), 30 + 0.35 * wall, side, y, z), blend_mm=14
        )
    shoulder = ellipsoid((158, 28, 88 + lift), (46 + 0.4 * wall, 56, 52), side, y, z)
    arm = capsule((188, 28, 84 + lift), (262, 20, -120), 40 + 0.45 * wall, side, y, z)
    return union(trunk, np.maximum(shoulder, arm), blend_mm=14)


def front_skin_y(thorax: Thorax, x: float, z: float) -> float:
    """Where a ray from the front meets the skin."""
    y = np.arange(-220.0, 120.0, 1.0)
    within = body_distance(thorax, False, np.full(1, x), y, np.full(1, z)) > 0
    return float(y[int(np.argmax(within))])


def stomach_distance(thorax: Thorax, x: Array, y: Array, z: Array) -> Array:
    """The gas bubble under the left dome."""
    k = thorax.stomach_gas
    if k < 0.2:
        return np.asarray(np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), -9.0))
    top = dome_top(thorax, "left")
    bubble = ellipsoid((52, 5, top - 10 - 13 * k), (27 * k, 30 * k, 14 * k), x, y, z)
    return np.asarray(np.minimum(bubble, z - (top - 10 - 17 * k)))  # a fluid level below

"""Branching vessels of the lungs, hila, trachea and main bronchi."""

from __future__ import annotations

import numpy as np

from inference.phantom.anatomy import HILUM, Array, Side, Thorax, lung_distance
from inference.phantom.points import Points, filled_tube, offset, smooth_curve

_TIPS = 420  # peripheral vessel ends of each lung
_TIP_RADIUS_MM = 0.45
_MURRAY = 1.75  # radius^k of a parent = sum of its children's
CARINA = np.array((-1.0, 22.0, 52.0))


def scatter_in_lung(thorax: Thorax, side: Side, count: int, rng: np.random.Generator) -> Array:
    """`count` points (n, 3) inside one lung, at least 3 mm from its surface."""
    sign = -1 if side == "right" else 1
    found: list[Array] = []
    total = 0
    while total < count:
        trial = rng.uniform((8, -80, -140), (128, 95, 128), (count * 4, 3))
        trial[:, 0] *= sign
        keep = lung_distance(thorax, trial[:, 0], trial[:, 1], trial[:, 2]) > 3
        found.append(trial[keep])
        total += int(keep.sum())
    return np.concatenate(found)[:count].astype(np.float32)


def grow_tree(root: Array, tips: Array) -> tuple[Array, NDArrayInt]:
    """Join every tip to the nearest branch, near ones first, so that paths to the root stay short.

    Returns:
        Nodes (n, 3) with the root first, and the index of each node's parent (-1 for the root).
    """
    order = np.argsort(((tips - root) ** 2).sum(1))
    nodes = np.concatenate([root[None], tips[order]])
    parent = np.full(len(nodes), -1)
    path = np.zeros(len(nodes))
    for i in range(1, len(nodes)):
        distance = np.sqrt(((nodes[:i] - nodes[i]) ** 2).sum(1))
        best = int(np.argmin(distance + 0.55 * path[:i]))
        parent[i], path[i] = best, path[best] + distance[best]
    return nodes, parent


NDArrayInt = np.ndarray[tuple[int], np.dtype[np.intp]]


def branch_radii(parent: NDArrayInt) -> Array:
    """Radius of the branch that ends in each node, by Murray's law from the tips inwards."""
    power = np.zeros(len(parent))
    has_child = np.zeros(len(parent), bool)
    has_child[parent[1:]] = True
    power[~has_child] = _TIP_RADIUS_MM**_MURRAY
    for i in range(len(parent) - 1, 0, -1):
        power[i] = max(power[i], _TIP_RADIUS_MM**_MURRAY)
        power[parent[i]] += power[i]
    return power ** (1 / _MURRAY)


def vessels(thorax: Thorax, side: Side, added: float, spacing_mm: float) -> Points:
    """Pulmonary vessels of one lung, from the hilum to near the pleura."""
    rng = np.random.default_rng([thorax.seed, 2, side == "left"])
    root = np.asarray(HILUM[side], np.float32)
    tips = scatter_in_lung(thorax, side, _TIPS, rng)
    nodes, parent = grow_tree(root, tips)
    radius = np.minimum(branch_radii(parent), 4.5)
    ends, starts, r = nodes[1:], nodes[parent[1:]], radius[1:]
    parts = []
    for low, high, rings in ((0, 1.2, 1), (1.2, 2.6, 2), (2.6, 9, 4)):
        pick = (r > low) & (r <= high)
        if pick.any():
            parts.append(_segments(starts[pick], ends[pick], r[pick], added, rings, spacing_mm, rng))
    return Points.join(*parts, hilum(side, added, spacing_mm))


def _segments(
    starts: Array,
    ends: Array,
    radius: Array,
    added: float,
    rings: int,
    spacing_mm: float,
    rng: np.random.Generator,
) -> Points:
    """Slightly bent branches, filled with points."""
    length = np.linalg.norm(ends - starts, axis=1)
    count = np.maximum(2, np.ceil(length / spacing_mm)).astype(int)
    owner = np.repeat(np.arange(len(length)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    t = ((np.arange(count.sum()) - first + 0.5) / count[owner])[:, None]
    bow = rng.normal(0, 0.09, (len(length), 3)) * length[:, None]
    line = starts[owner] * (1 - t) + ends[owner] * t + bow[owner] * (4 * t * (1 - t))
    volume = np.pi * radius[owner] ** 2 * (length / count)[owner] * added
    if rings == 1:
        return Points(line.astype(np.float32), volume.astype(np.float32))
    copies = 3 * rings
    ball = rng.normal(size=(copies, 3))
    ball *= (np.sqrt(np.arange(copies) + 0.5) / np.sqrt(copies) / np.linalg.norm(ball, axis=1))[:, None]
    xyz = line[:, None] + ball[None] * radius[owner][:, None, None]
    return Points(
        xyz.reshape(-1, 3).astype(np.float32), np.repeat(volume / copies, copies).astype(np.float32)
    )


def hilum(side: Side, added: float, spacing_mm: float) -> Points:
    """The large arteries that make the hilar shadow."""
    if side == "right":
        knots = np.array([(-24, 4, 22), (-36, 8, 16), (-45, 16, -8), (-50, 24, -38)], float)
        upper = np.array([(-30, 4, 24), (-44, 6, 44), (-54, 8, 66)], float)
    else:
        knots = np.array([(26, 2, 32), (40, 14, 32), (46, 24, 10), (50, 32, -24)], float)
        upper = np.array([(34, 6, 34), (44, 6, 52), (53, 8, 72)], float)
    parts = []
    for line, start, end in ((knots, 7.5, 3.0), (upper, 4.5, 1.6)):
        curve = smooth_curve(line, spacing_mm)
        parts.append(filled_tube(curve, np.linspace(start, end, len(curve)), added, spacing_mm=spacing_mm))
    return Points.join(*parts)


def trachea_curve(thorax: Thorax, spacing_mm: float) -> Array:
    """From the neck to the carina."""
    shift = thorax.shift_mm
    return smooth_curve(
        np.array([(0.0, 2, 190), (0.2 * shift, 8, 120), CARINA + offset(shift, 0, 0)]), spacing_mm
    )


def airways(thorax: Thorax, added: float, spacing_mm: float) -> Points:
    """Trachea and main bronchi: less attenuation than the tissue they run through."""
    carina = CARINA + offset(thorax.shift_mm, 0, 0)
    right = smooth_curve(
        np.array([carina, carina + offset(-18, 2, -20), carina + offset(-40, 2, -36)]), spacing_mm
    )
    left = smooth_curve(
        np.array([carina, carina + offset(20, 3, -16), carina + offset(46, 4, -30)]), spacing_mm
    )
    radius = 8.8 if not thorax.is_female else 7.4
    return Points.join(
        filled_tube(trachea_curve(thorax, spacing_mm), radius, added, spacing_mm=max(1.5, spacing_mm)),
        filled_tube(right, 0.75 * radius, 0.8 * added, spacing_mm=max(1.5, spacing_mm)),
        filled_tube(left, 0.65 * radius, 0.8 * added, spacing_mm=max(1.5, spacing_mm)),
    )

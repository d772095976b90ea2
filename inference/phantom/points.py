"""Fine structure as points that carry attenuation: tubes with a wall, filled tubes, plates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.phantom.anatomy import Array


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """`xyz` (n, 3) in reference millimetres, `mass` (n,) = added attenuation times volume, in mm²."""

    xyz: Array
    mass: Array

    @staticmethod
    def join(*parts: Points) -> Points:
        if not parts:
            return Points(np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
        return Points(np.concatenate([p.xyz for p in parts]), np.concatenate([p.mass for p in parts]))

    def scaled(self, factor: float | Array) -> Points:
        """The same points, heavier or lighter; `factor` may differ from point to point."""
        return Points(self.xyz, self.mass * np.asarray(factor, np.float32))

    def mirrored(self) -> Points:
        """The same on the other side of the body."""
        return Points(self.xyz * np.array([-1, 1, 1], np.float32), self.mass)


def offset(x: float, y: float, z: float) -> Array:
    """A step in reference millimetres."""
    return np.array((x, y, z))


def smooth_curve(knots: Array, spacing_mm: float) -> Array:
    """Points about `spacing_mm` apart on a Catmull-Rom curve through `knots` (n, 3)."""
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    parts = []
    for i in range(1, len(padded) - 2):
        p0, p1, p2, p3 = padded[i - 1 : i + 3]
        count = max(2, int(np.ceil(np.linalg.norm(p2 - p1) / spacing_mm)))
        t = (np.arange(count) / count)[:, None]
        parts.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    parts.append(knots[-1:])
    return np.concatenate(parts).astype(np.float32)


def _frame(curve: Array, up: tuple[float, float, float]) -> tuple[Array, Array, Array]:
    """Step lengths and two unit normals of a curve; the first normal leans towards `up`."""
    tangent = np.gradient(curve, axis=0)
    step = np.linalg.norm(tangent, axis=1)
    tangent = tangent / np.maximum(step, 1e-6)[:, None]
    reference = np.broadcast_to(np.asarray(up, np.float32), curve.shape)
    normal = reference - (reference * tangent).sum(1, keepdims=True) * tangent
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1), 1e-6)[:, None]
    return step, normal, np.cross(tangent, normal)


def bone_tube(
    curve: Array,
    half_height_mm: float | Array,
    half_thickness_mm: float | Array,
    *,
    spacing_mm: float,
    cortex: float = 0.045,
    marrow: float = 0.0045,
    up: tuple[float, float, float] = (0, 0, 1),
) -> Points:
    """A bone of elliptic section round `curve`: a dense wall and a spongy inside.

    Args:
        cortex: Added attenuation of the wall times its thickness, without unit.
        marrow: Added attenuation of the inside, in 1/mm.
    """
    step, high, thick = _frame(curve, up)
    a = np.broadcast_to(np.asarray(half_height_mm, np.float32), step.shape)
    b = np.broadcast_to(np.asarray(half_thickness_mm, np.float32), step.shape)
    around = max(8, int(np.ceil(np.pi * float(a.max() + b.max()) / spacing_mm)))
    angle = np.arange(around, dtype=np.float32) * np.float32(2 * np.pi / around)
    ring = a[:, None, None] * np.cos(angle)[None, :, None] * high[:, None]
    ring = ring + b[:, None, None] * np.sin(angle)[None, :, None] * thick[:, None]
    arc = np.sqrt((a[:, None] * np.sin(angle)) ** 2 + (b[:, None] * np.cos(angle)) ** 2) * (
        2 * np.pi / around
    )
    shell = Points((curve[:, None] + ring).reshape(-1, 3), (arc * step[:, None] * cortex).ravel())
    inner = ring[::2, ::2]
    mass = np.repeat(
        (a * b * np.pi * step * marrow)[::2] * (len(step) / len(inner)) / inner.shape[1], inner.shape[1]
    )
    core = Points((curve[::2, None] + 0.6 * inner).reshape(-1, 3), mass)
    return Points.join(shell, core)


def filled_tube(curve: Array, radius_mm: float | Array, added: float, *, spacing_mm: float) -> Points:
    """A tube of even attenuation, `added` per mm more than what surrounds it (negative: air)."""
    step, first, second = _frame(curve, (0.1, 0.2, 1))
    radius = np.broadcast_to(np.asarray(radius_mm, np.float32), step.shape)
    rings = max(1, int(np.ceil(float(radius.max()) / spacing_mm)))
    parts = []
    for ring in range(rings):
        around = 1 if rings == 1 else 6 * ring + 4
        angle = np.arange(around) * (2 * np.pi / around)
        r = 0.0 if rings == 1 else (ring + 0.5) / rings
        offset = (
            np.cos(angle)[None, :, None] * first[:, None] + np.sin(angle)[None, :, None] * second[:, None]
        )
        xyz = curve[:, None] + r * radius[:, None, None] * offset
        share = ((ring + 1) ** 2 - ring**2) / rings**2 / around
        mass = np.repeat(np.pi * radius**2 * step * added * share, around)
        parts.append(Points(xyz.reshape(-1, 3).astype(np.float32), mass.astype(np.float32)))
    return Points.join(*parts)


def plate(corners: Array, thickness_mm: float, added: float, *, spacing_mm: float) -> Points:
    """A flat or twisted four-cornered plate; `corners` (4, 3) run round it."""
    a, b, c, d = (np.asarray(p, np.float32) for p in corners)
    across = max(2, int(np.ceil(max(np.linalg.norm(b - a), np.linalg.norm(c - d)) / spacing_mm)))
    along = max(2, int(np.ceil(max(np.linalg.norm(d - a), np.linalg.norm(c - b)) / spacing_mm)))
    s = ((np.arange(across) + 0.5) / across)[:, None, None]
    t = ((np.arange(along) + 0.5) / along)[None, :, None]
    xyz = (1 - s) * (1 - t) * a + s * (1 - t) * b + s * t * c + (1 - s) * t * d
    area = 0.5 * np.linalg.norm(np.cross(c - a, d - b))
    mass = np.full(across * along, area * thickness_mm * added / (across * along), np.float32)
    return Points(xyz.reshape(-1, 3).astype(np.float32), mass)


def filled_ellipsoid(
    centre: Array, radii: tuple[float, float, float], added: float, *, spacing_mm: float
) -> Points:
    """A solid ellipsoid of even attenuation."""
    axes = [np.arange(-r + spacing_mm / 2, r, spacing_mm) for r in radii]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    grid = (
        grid + np.random.default_rng(0).uniform(-0.5, 0.5, grid.shape) * spacing_mm
    )  # no lattice on the film
    keep = ((grid / np.asarray(radii)) ** 2).sum(1) < 1
    volume = 4 / 3 * np.pi * float(np.prod(radii))
    count = max(1, int(keep.sum()))
    xyz = (grid[keep] if keep.any() else np.zeros((1, 3))) + np.asarray(centre)
    return Points(xyz.astype(np.float32), np.full(count, volume * added / count, np.float32))

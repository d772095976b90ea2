"""Ribs, clavicles, scapulae, upper arms, spine and breastbone as points of attenuation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inference.phantom.anatomy import (
    THORACIC_Z,
    Array,
    Side,
    Thorax,
    cage_section,
    spine_x,
    spine_y,
)
from inference.phantom.points import Points, bone_tube, filled_ellipsoid, offset, plate, smooth_curve

_RIB_END_RAD = (2.45, 2.5, 2.55, 2.55, 2.5, 2.45, 2.35, 2.2, 2.05, 1.85, 1.35, 0.8)
"""How far round the cage the bony part of each rib reaches: 0 is the spine, pi the breastbone."""
_RIB_DROP_MM = (34, 50, 64, 76, 88, 98, 108, 114, 118, 120, 112, 100)


@dataclass(frozen=True, slots=True)
class RibBreak:
    """A fracture of one rib (1 to 12) at `angle_rad` round the cage."""

    side: Side
    rib: int
    angle_rad: float
    step_mm: float  # how far the fragments are apart, across the rib
    callus: float  # 0 fresh, 1 thick callus


def rib_curve(thorax: Thorax, rib: int, spacing_mm: float) -> tuple[Array, Array]:
    """Centre line (n, 3) of a left rib and the angle round the cage at each point."""
    end = _RIB_END_RAD[rib - 1]
    angle = np.linspace(0.16, end, max(8, int(end * 110 / spacing_mm)), dtype=np.float32)
    z = (
        THORACIC_Z[rib - 1]
        + 7 * np.sin(np.clip(angle * 2.4, 0, np.pi))
        - _RIB_DROP_MM[rib - 1] * np.sin(angle / 2) ** 2
    )
    half_width, half_depth, centre_y, gap = cage_section(z)
    low = np.clip((-60 - z) / 60, 0, 1)
    reach = gap * np.clip(angle / 0.9, 0, 1) * np.clip((np.pi - angle) / 0.9, 0, 1)
    x = reach + (half_width + 4 + 4 * low) * np.sin(angle) ** 0.9
    y = centre_y + (half_depth + 4) * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.85
    root = np.exp(
        -angle / 0.16
    )  # the head of the rib lies beside its vertebra, in front of the transverse process
    x = x * (1 - root) + (20 + spine_x(thorax, z)) * root
    y = y * (1 - root) + (spine_y(z) + 14) * root
    return np.stack([x, y, z], 1).astype(np.float32), angle


def rib(thorax: Thorax, side: Side, number: int, breaks: tuple[RibBreak, ...], spacing_mm: float) -> Points:
    """One rib, with its fractures."""
    curve, angle = rib_curve(thorax, number, spacing_mm)
    slim = 1.0 if number > 1 else 1.15
    high: Array = np.full(len(angle), (5.6 if number < 11 else 4.6) * slim, np.float32)
    thick: Array = np.full(len(angle), 3.6, np.float32)
    high *= 1 + 0.14 * np.clip((angle - 1.6) / 0.8, 0, 1)
    for gap in breaks:
        if (gap.side, gap.rib) != (side, number):
            continue
        distance = (angle - gap.angle_rad) * 105
        curve = curve + (0.5 * gap.step_mm * np.sign(distance) * np.exp(-np.abs(distance) / 45))[
            :, None
        ] * np.array([0.25, 0.0, 1.0], np.float32)
        bulge = np.exp(-((distance / 8) ** 2)) * gap.callus
        high, thick = high * (1 + 0.7 * bulge), thick * (1 + 1.1 * bulge)
    points = bone_tube(curve, high, thick, spacing_mm=spacing_mm)
    fresh = [gap for gap in breaks if (gap.side, gap.rib) == (side, number) and gap.callus < 0.3]
    for gap in fresh:  # a fresh fracture is a dark line
        place = break_place(thorax, replace(gap, side="left"))
        open_ = ((points.xyz - place) ** 2).sum(1) < 3.2**2
        points = points.scaled(1.0 - 0.8 * open_)
    return points if side == "left" else points.mirrored()


def ribs(thorax: Thorax, breaks: tuple[RibBreak, ...], spacing_mm: float) -> Points:
    """All twelve pairs."""
    sides: tuple[Side, ...] = ("right", "left")
    return Points.join(*(rib(thorax, side, n, breaks, spacing_mm) for side in sides for n in range(1, 13)))


def break_place(thorax: Thorax, gap: RibBreak) -> Array:
    """Where a fracture lies, (3,)."""
    curve, angle = rib_curve(thorax, gap.rib, 2.0)
    place = curve[int(np.argmin(np.abs(angle - gap.angle_rad)))]
    return np.asarray(place if gap.side == "left" else place * np.array([-1, 1, 1], np.float32))


def clavicle_curve(thorax: Thorax, spacing_mm: float) -> Array:
    """Centre line of the left clavicle."""
    lift = thorax.shoulder_mm
    knots = np.array(
        [
            (17, -56, 86),
            (45, -60, 91 + 0.2 * lift),
            (85, -48, 100 + 0.5 * lift),
            (125, -14, 112 + 0.9 * lift),
            (152, 12, 116 + lift),
        ]
    )
    return smooth_curve(knots, spacing_mm)


def clavicle(thorax: Thorax, spacing_mm: float) -> Points:
    """Left clavicle, thicker at both ends."""
    curve = clavicle_curve(thorax, spacing_mm)
    t = np.linspace(-1, 1, len(curve))
    return bone_tube(
        curve, 5.2 + 3.0 * t**4, 5.0 + 2.5 * t**4, spacing_mm=spacing_mm, cortex=0.065, marrow=0.007
    )


def shoulder(thorax: Thorax, spacing_mm: float) -> Points:
    """Left scapula and head of the humerus."""
    out, lift = thorax.scapula_mm, thorax.shoulder_mm
    superior = np.array((78 + 0.5 * out, 88, 108 + lift))
    inferior = np.array((108 + 1.3 * out, 96, -18 + 0.6 * lift))
    glenoid = np.array((142 + out, 48, 92 + lift))
    neck = np.array((132 + out, 56, 70 + lift))
    acromion = np.array((158 + 0.6 * out, 28, 124 + lift))
    medial = 0.5 * (superior + inferior) + np.array((-6, 6, 8))
    border = smooth_curve(np.array([neck, 0.5 * (neck + inferior) + offset(3, 6, -4), inferior]), spacing_mm)
    inner = smooth_curve(np.array([superior, medial, inferior]), spacing_mm)
    ridge = smooth_curve(
        np.array([medial + offset(2, 3, 28), 0.5 * (medial + acromion) + offset(0, 14, 26), acromion]),
        spacing_mm,
    )
    coracoid = smooth_curve(
        np.array([glenoid + offset(-8, 0, 12), (128 + out, 22, 112 + lift), (134 + out, 4, 102 + lift)]),
        spacing_mm,
    )
    head = np.array((168 + 0.7 * out, 34, 98 + lift))
    shaft = smooth_curve(
        np.array([head + offset(6, 0, -14), head + offset(22, -2, -70), head + offset(48, -6, -200)]),
        spacing_mm,
    )
    return Points.join(
        plate(np.array([superior, medial, inferior, neck]), 1.6, 0.022, spacing_mm=spacing_mm),
        bone_tube(border, 4.5, 3.5, spacing_mm=spacing_mm, cortex=0.05),
        bone_tube(inner, 2.2, 2.0, spacing_mm=spacing_mm, cortex=0.03),
        bone_tube(ridge, 5.0, 3.5, spacing_mm=spacing_mm, cortex=0.045),
        bone_tube(coracoid, 5.5, 5.0, spacing_mm=spacing_mm, cortex=0.045),
        filled_ellipsoid(glenoid, (6, 13, 17), 0.010, spacing_mm=max(2.0, spacing_mm)),
        filled_ellipsoid(head, (23, 23, 25), 0.007, spacing_mm=max(2.0, spacing_mm)),
        bone_tube(shaft, 12.0, 12.0, spacing_mm=spacing_mm, cortex=0.14, marrow=0.002),
    )


def vertebra(thorax: Thorax, z: float, height: float, half_width: float, spacing_mm: float) -> Points:
    """Body with cortex and end plates, pedicles, transverse and spinous processes."""
    zs = np.array([z])
    x, y = float(spine_x(thorax, zs)[0]), float(spine_y(zs)[0])
    half = height / 2 - 2.2
    axis = smooth_curve(np.array([(x, y, z - half), (x, y, z + half)]), spacing_mm)
    waist = 1 - 0.10 * np.cos(np.linspace(-np.pi / 2, np.pi / 2, len(axis)))
    body = bone_tube(
        axis,
        14.5 * waist,
        half_width * waist,
        spacing_mm=spacing_mm,
        cortex=0.028,
        marrow=0.004,
        up=(0, 1, 0),
    )
    s = max(spacing_mm, 1.6)
    ends = [
        filled_ellipsoid(np.array((x, y, z + e * half)), (half_width, 14, 1.2), 0.03, spacing_mm=min(s, 1.2))
        for e in (-1, 1)
    ]
    parts = [body, *ends]
    for sign in (-1, 1):
        pedicle = np.array((x + sign * (half_width - 4), y + 17, z + 3))
        parts.append(filled_ellipsoid(pedicle, (3.2, 7, 5), 0.020, spacing_mm=s))
        reach = smooth_curve(
            np.array([pedicle + offset(0, 8, -1), pedicle + offset(sign * 17, 15, 2)]), spacing_mm
        )
        parts.append(bone_tube(reach, 4.5, 3.5, spacing_mm=spacing_mm, cortex=0.03))
    blade = np.array([(x, y + 26, z + 2), (x, y + 44, z - 12), (x, y + 44, z - 18), (x, y + 26, z - 8)])
    parts.append(plate(blade, 5.0, 0.015, spacing_mm=spacing_mm))
    return Points.join(*parts)


def spine(thorax: Thorax, spacing_mm: float) -> Points:
    """C5 to L3."""
    heights = [(z, 19.0 + 0.45 * i, 14.5 + 0.45 * i) for i, z in enumerate(THORACIC_Z)]
    heights += [(THORACIC_Z[0] + 16.5 * k, 15.5, 13.0) for k in (1, 2, 3, 4)]
    heights += [(THORACIC_Z[-1] - 29.0 * k, 28.0, 22.0) for k in (1, 2, 3)]
    return Points.join(*(vertebra(thorax, z, h, w, spacing_mm) for z, h, w in heights))


def breastbone(spacing_mm: float) -> Points:
    """Manubrium and body."""
    manubrium = np.array([(-26, -62, 84), (26, -62, 84), (16, -72, 52), (-16, -72, 52)])
    body = np.array([(-13, -73, 49), (13, -73, 49), (15, -84, -38), (-15, -84, -38)])
    parts = []
    for corners in (manubrium, body):
        for depth, added, thick in ((-4.5, 0.03, 1.2), (0, 0.004, 8.0), (4.5, 0.03, 1.2)):
            shifted = corners + offset(0, depth, 0)
            parts.append(plate(shifted, thick, added, spacing_mm=spacing_mm))
    return Points.join(*parts)


def skeleton(thorax: Thorax, breaks: tuple[RibBreak, ...], spacing_mm: float, *, arms_raised: bool) -> Points:
    """All bones of the film."""
    pose = (
        replace(thorax, scapula_mm=thorax.scapula_mm + 12, shoulder_mm=thorax.shoulder_mm + 16)
        if arms_raised
        else thorax
    )
    collar, arm = clavicle(thorax, spacing_mm), shoulder(pose, spacing_mm)
    faint = 0.25 if arms_raised else 1.0  # raised arms turn the blades edge-on and out of the field
    parts = [
        ribs(thorax, breaks, spacing_mm),
        collar,
        collar.mirrored(),
        arm.scaled(faint),
        arm.mirrored().scaled(faint),
        spine(thorax, spacing_mm),
        breastbone(spacing_mm),
    ]
    return Points.join(*parts).scaled(thorax.bone * thorax.bone_visibility)

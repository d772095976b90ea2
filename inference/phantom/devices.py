"""Tubes, lines, wires and a pacemaker as points of attenuation."""

from __future__ import annotations

import numpy as np

from inference.phantom.anatomy import Array, Thorax, front_skin_y
from inference.phantom.findings import Lesion
from inference.phantom.lung_trees import CARINA
from inference.phantom.points import Points, bone_tube, filled_ellipsoid, filled_tube, offset, smooth_curve

_METAL = 0.45  # added attenuation per mm, thin metal at chest energies
_BARIUM = 0.38  # the radiopaque stripe of a plastic tube
_PLASTIC = 0.045


def device_points(thorax: Thorax, lesion: Lesion, spacing_mm: float) -> Points:
    """The device that a "support devices" lesion stands for; empty for other lesions."""
    rng = np.random.default_rng([lesion.seed, 5])
    flip = np.array((-1.0, 1, 1)) if lesion.side == "right" else np.array((1.0, 1, 1))
    match lesion.kind:
        case "endotracheal tube":
            return _endotracheal(thorax, rng, spacing_mm)
        case "central line":
            return _wire(_central_line(lesion, rng), 1.15, 0.24, spacing_mm)
        case "pacemaker":
            return _pacemaker(thorax, flip, rng, spacing_mm)
        case "chest tube":
            return _chest_tube(flip, rng, spacing_mm)
        case "feeding tube":
            knots = np.array(
                [(0, 10, 190), (3, 30, 110), (6, 44, 30), (12, 38, -70), (30, 10, -100), (62, -5, -118)]
            )
            return _wire(knots + rng.normal(0, 1.5, knots.shape), 1.5, 0.20, spacing_mm)
        case "ECG leads":
            return _ecg(thorax, rng, spacing_mm)
        case _:
            return Points.join()


def tip_above_carina_mm(lesion: Lesion) -> float:
    """Height of an endotracheal tube's tip over the carina."""
    return float(np.random.default_rng([lesion.seed, 5]).uniform(12, 70))


def _wire(knots: Array, radius_mm: float, added: float, spacing_mm: float) -> Points:
    curve = smooth_curve(np.asarray(knots, float), spacing_mm)
    return filled_tube(curve, radius_mm, added, spacing_mm=max(0.8, spacing_mm / 2))


def _hose(knots: Array, radius_mm: float, spacing_mm: float) -> Points:
    """A plastic tube with a radiopaque stripe."""
    curve = smooth_curve(np.asarray(knots, float), spacing_mm)
    wall = bone_tube(curve, radius_mm, radius_mm, spacing_mm=spacing_mm, cortex=_PLASTIC * 1.5, marrow=0.0)
    stripe = filled_tube(
        curve + np.array((0.6 * radius_mm, -0.5 * radius_mm, 0), np.float32), 0.9, _BARIUM, spacing_mm=0.9
    )
    return Points.join(wall, stripe)


def _endotracheal(thorax: Thorax, rng: np.random.Generator, spacing_mm: float) -> Points:
    above = float(rng.uniform(12, 70))
    tip = CARINA + offset(thorax.shift_mm, -2, above)
    return _hose(np.array([(2.0, -4, 200), (1.0, 4, 0.5 * (200 + tip[2])), tip]), 5.0, spacing_mm)


def _central_line(lesion: Lesion, rng: np.random.Generator) -> Array:
    tip = (-27 + rng.normal(0, 2), -10, rng.uniform(-12, 45))
    if lesion.side == "right" and rng.random() < 0.6:  # internal jugular vein
        return np.array([(-62, 5, 178), (-40, 2, 150), (-31, -6, 105), (-28, -10, 72), tip])
    sign = -1.0 if lesion.side == "right" else 1.0  # subclavian or arm vein
    start = [(sign * 165, 10, 20), (sign * 150, 8, 78)] if rng.random() < 0.5 else [(sign * 112, -60, 70)]
    way = [(sign * 98, -10, 104), (sign * 55, -14, 98)]
    cross = [(8.0, -26, 84)] if sign > 0 else []
    return np.array([*start, *way, *cross, (-24, -12, 72), tip])


def _pacemaker(thorax: Thorax, flip: Array, rng: np.random.Generator, spacing_mm: float) -> Points:
    box = np.array((105.0, 0, 72)) + rng.normal(0, 5, 3)
    box[1] = front_skin_y(thorax, box[0], box[2]) + 7  # just under the skin
    step = max(1.2, spacing_mm)
    case = filled_ellipsoid(box * flip, (21, 3.5, 18), 0.16, spacing_mm=step)
    battery = filled_ellipsoid((box + offset(0, 0, -5)) * flip, (17, 3.0, 9), 0.22, spacing_mm=step)
    vein = [box + offset(-8, 2, 14), (112, -40, 98), (70, -16, 102), (30, -24, 92)]
    start = [tuple(np.asarray(p) * flip) for p in vein]
    ventricle = [*start, (-20, -12, 72), (-27, -10, 20), (-24, -18, -30), (10, -36, -66), (48, -48, -76)]
    atrium = [*start, (-19, -13, 72), (-28, -14, 15), (-26, -30, -8), (-14, -42, 4)]
    leads = [_wire(np.array(ventricle), 1.0, _METAL * 0.6, spacing_mm)]
    if rng.random() < 0.7:
        leads.append(_wire(np.array(atrium), 1.0, _METAL * 0.6, spacing_mm))
    tip = filled_tube(
        smooth_curve(np.array(ventricle[-1:]) + np.array([(-9, 2, 1), (0, 0, 0)]), 1.0),
        1.8,
        _METAL,
        spacing_mm=1.0,
    )
    return Points.join(case, battery, tip, *leads)


def _chest_tube(flip: Array, rng: np.random.Generator, spacing_mm: float) -> Points:
    low = rng.uniform(-55, 0)
    knots = np.array([(172, 10, low - 22), (136, 20, low), (116, 38, low + 40), (84, 46, 72), (66, 38, 96)])
    return _hose(knots * flip, 4.6, spacing_mm)


def _ecg(thorax: Thorax, rng: np.random.Generator, spacing_mm: float) -> Points:
    places = [(-95.0, 0, 92), (98.0, 0, 90), (104.0, 0, -62), (-100.0, 0, -70)]
    parts = []
    for place in places[: int(rng.integers(2, 5))]:
        spot = np.array(place) + rng.normal(0, 9, 3)
        spot[1] = front = front_skin_y(thorax, spot[0], spot[2]) - 1
        parts.append(filled_ellipsoid(spot, (5.5, 2.5, 5.5), 0.10, spacing_mm=max(1.0, spacing_mm)))
        end = np.array((rng.uniform(-30, 60), front - 10, -210))
        bend = 0.5 * (spot + end) + rng.normal(0, 28, 3) * (1, 0, 1)
        parts.append(
            _wire(
                np.array([spot, 0.7 * spot + 0.3 * bend + rng.normal(0, 12, 3), bend, end]),
                0.9,
                _METAL * 0.5,
                spacing_mm,
            )
        )
    return Points.join(*parts)

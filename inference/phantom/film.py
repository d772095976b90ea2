"""Films of a case: the picture and the truth about it, from the same geometry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from inference.phantom import lesion_shapes as shapes
from inference.phantom.anatomy import (
    HILUM,
    Array,
    Side,
    Thorax,
    body_distance,
    inside,
    stomach_distance,
    upper_mediastinum,
)
from inference.phantom.case import Case
from inference.phantom.detector import Picture, burn_marker, expose
from inference.phantom.devices import device_points, tip_above_carina_mm
from inference.phantom.findings import Lesion
from inference.phantom.lung_trees import airways, trachea_curve, vessels
from inference.phantom.points import Points, filled_tube, smooth_curve
from inference.phantom.rays import Field, Slice, View, slices, throw
from inference.phantom.skeleton import break_place, clavicle, rib, skeleton

_FIELD_MM: dict[View, tuple[float, float]] = {
    "PA": (362.0, 350.0),
    "AP": (362.0, 350.0),
    "LL": (362.0, 300.0),
}
_VISIBLE = 0.02  # line integral below which a lesion is not called visible
_TRIM = 0.01  # of a contribution's total, cut off at each side of its box


@dataclass(frozen=True, slots=True)
class PhantomBox:
    """A place on a film in its pixels: x right, y down, edges, origin at the top left corner."""

    label: str  # finding or organ
    side: str
    zone: str
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Fact:
    """One lesion in the words that a report needs."""

    label: str
    kind: str
    side: str
    zone: str
    grade: str
    severity: float
    is_visible: bool  # on this film
    numbers: Mapping[str, float]  # e.g. diameter_mm, above_carina_mm


@dataclass(frozen=True, slots=True, eq=False)
class PhantomFilm:
    """A computed film. `picture` is (rows, columns) float32 0..1, air dark (MONOCHROME2)."""

    picture: Picture
    view: View
    pixel_mm: float  # in the patient's middle plane
    findings: tuple[str, ...]  # labels of the lesions that show on this film
    boxes: tuple[PhantomBox, ...]  # of the findings
    organs: tuple[PhantomBox, ...]  # lungs, heart, trachea, clavicles, aortic arch
    facts: tuple[Fact, ...]
    contributions: tuple[
        tuple[PhantomBox, Picture], ...
    ] = ()  # with `keep_contributions`: what each box frames


@dataclass(slots=True, eq=False)
class _Volume:
    """Sums over the slices, at the resolution of the rays."""

    integral: Picture
    organs: dict[tuple[str, str], Picture]
    lesions: list[Picture]


def field_of(case: Case, view: View, size: tuple[int, int]) -> Field:
    """Where the film lies: it covers the chest whatever the aspect ratio, and never sits quite the same."""
    rows, columns = size
    rng = np.random.default_rng([case.exposure.seed, 9, len(view) + ord(view[0])])
    high, wide = _FIELD_MM[view]
    around = case.thorax.depth if view == "LL" else case.thorax.width
    zoom_out = rng.uniform(0.94, 1.08)
    pixel = max(high * case.thorax.height / rows, wide * around / columns) * zoom_out
    across = float(rng.normal(0, 5)) + (8 if view == "LL" else 0)
    return Field(view, rows, columns, pixel, pixel, across, -4 + float(rng.normal(0, 6)))


def project(
    case: Case, view: View, size: tuple[int, int] = (256, 256), *, keep_contributions: bool = False
) -> PhantomFilm:
    """Compute one film of a case.

    Args:
        size: (rows, columns), each at least 32.
        keep_contributions: Also return the line integral that each finding's box was made from.

    Raises:
        ValueError: The film would be too small to show anything.
    """
    if min(size) < 32:
        raise ValueError(f"A phantom film needs at least 32 rows and columns, got {size[0]} x {size[1]}")
    thorax = shapes.changed_thorax(case.thorax, case.lesions)
    is_supine = case.is_supine and view == "AP"
    if is_supine:  # less breath, shoulders up, shoulder blades over the lungs
        thorax = replace(
            thorax,
            inspiration_mm=thorax.inspiration_mm - 10,
            shoulder_mm=thorax.shoulder_mm + 8,
            scapula_mm=thorax.scapula_mm - 12,
        )
    field = field_of(case, view, size)
    rays = _coarser(field)
    volume = _integrate(thorax, case.lesions, rays, is_supine)
    fine = _fine_structure(thorax, case.lesions, field, is_supine)
    integral = np.maximum(_enlarge(volume.integral, field, order=3) + fine, 0)
    integral += _lung_texture(thorax, volume, field)
    picture = expose(integral.astype(np.float32), field.column_mm, case.exposure, view)
    if case.exposure.marker:
        picture = _with_marker(picture, view)
    framed = _framed(case, thorax, volume, field)
    visible = {id_ for id_, _, _ in framed}
    return PhantomFilm(
        picture=picture,
        view=view,
        pixel_mm=field.column_mm,
        findings=tuple(dict.fromkeys(case.lesions[i].label for i in sorted(visible))),
        boxes=tuple(box for _, box, _ in framed),
        organs=_organ_boxes(thorax, volume, field),
        facts=tuple(_fact(lesion, i in visible) for i, lesion in enumerate(case.lesions)),
        contributions=tuple((box, picture) for _, box, picture in framed) if keep_contributions else (),
    )


def _coarser(field: Field) -> Field:
    """Rays for soft parts: 3 mm apart on small films, 1.4 mm on the largest; soft edges are 3 mm wide anyway."""
    factor = max(1.0, min(max(2 * field.column_mm, 1.4), 3.0) / field.column_mm)
    return field.with_pixels(math.ceil(field.rows / factor), math.ceil(field.columns / factor))


def _enlarge(picture: Picture, field: Field, order: int = 1) -> Picture:
    if picture.shape == (field.rows, field.columns):
        return picture
    factors = (field.rows / picture.shape[0], field.columns / picture.shape[1])
    return np.asarray(zoom(picture, factors, order=order, mode="nearest", grid_mode=True), np.float32)


def _integrate(thorax: Thorax, lesions: tuple[Lesion, ...], rays: Field, is_supine: bool) -> _Volume:
    shape = (rays.rows, rays.columns)
    keys = [("right lung", "right"), ("left lung", "left"), ("heart", "middle"), ("mediastinum", "middle"),
            ("aortic arch", "left")]  # fmt: skip
    volume = _Volume(
        np.zeros(shape, np.float32),
        {key: np.zeros(shape, np.float32) for key in keys},
        [np.zeros(shape, np.float32) for _ in lesions],
    )
    for part in slices(rays, thorax, 4.5 if rays.column_mm > 1.5 else 3.0):
        _add_slice(volume, thorax, lesions, part, rays.view == "LL", is_supine)
    return volume


def _may_hold_lung(x: Array, y: Array) -> bool:
    """False for slices wholly in front of, behind or beside the cage."""
    return bool(np.any((np.abs(x) < 132) & (y > -82) & (y < 104)))


def _add_slice(
    volume: _Volume,
    thorax: Thorax,
    lesions: tuple[Lesion, ...],
    part: Slice,
    is_lateral: bool,
    is_supine: bool,
) -> None:
    x, y, z, length = part.x, part.y, part.z, part.length_mm
    mu = shapes.MU_SOFT * inside(body_distance(thorax, is_lateral, x, y, z))
    if _may_hold_lung(x, y):
        place = shapes.Place.at(thorax, x, y, z)
        lung = inside(place.lung)
        mu = mu + lung * (shapes.MU_LUNG - shapes.MU_SOFT)
        mu = mu * (1 - inside(stomach_distance(thorax, x, y, z)))
        volume.organs["right lung", "right"] += lung * (x < 0) * length
        volume.organs["left lung", "left"] += lung * (x >= 0) * length
        volume.organs["heart", "middle"] += inside(place.heart) * length
        volume.organs["mediastinum", "middle"] += (
            inside(upper_mediastinum(thorax, place.aorta, x, y, z)) * length
        )
        arch = np.minimum(place.aorta, z - 40)
        volume.organs["aortic arch", "left"] += inside(np.minimum(arch, x + 5)) * length
        for i, lesion in enumerate(lesions):
            for weight, target in shapes.layers(thorax, lesion, place, is_supine=is_supine):
                added = weight * (target - mu)
                if lesion.kind != "rim" or target == shapes.MU_AIR:  # a pneumothorax is its air, not its lung
                    volume.lesions[i] += np.abs(added) * length
                mu = mu + added
    volume.integral += mu * length


def _spacing(field: Field) -> float:
    return max(0.7, 0.95 * min(field.row_mm, field.column_mm))


def _point_blur(field: Field) -> float:
    """Width in pixels that joins neighbouring points to a surface."""
    return max(0.55, 0.45 * _spacing(field) / field.column_mm)


def _fine_structure(thorax: Thorax, lesions: tuple[Lesion, ...], field: Field, is_supine: bool) -> Picture:
    """Bones, vessels, airways, devices and air bronchograms: everything thinner than the rays' distance."""
    spacing = _spacing(field)
    contrast = shapes.MU_SOFT - shapes.MU_LUNG
    congestion = 1 + sum(0.6 * lesion.severity for lesion in lesions if lesion.kind == "perihilar")
    lung = Points.join(*(vessels(thorax, side, 1.25 * contrast * congestion, spacing) for side in HILUM))
    aerated = shapes.still_aerated(thorax, lesions, lung.xyz, is_supine=is_supine)
    parts = [
        lung.scaled(aerated.astype(np.float32)),
        skeleton(thorax, shapes.rib_breaks(lesions), spacing, arms_raised=field.view == "LL"),
        airways(thorax, -shapes.MU_SOFT, spacing),
    ]
    for lesion in lesions:
        parts.append(device_points(thorax, lesion, spacing))
        if lesion.kind == "lobar":
            parts.append(_bronchogram(thorax, lesion, spacing, is_supine))
    points = Points.join(*parts)
    sharp = throw(field, thorax, points.xyz, points.mass)
    return np.asarray(gaussian_filter(sharp, _point_blur(field)), np.float32)


def _bronchogram(thorax: Thorax, lesion: Lesion, spacing: float, is_supine: bool) -> Points:
    """Air-filled bronchi that stay dark inside a consolidated lobe."""
    side: Side = "left" if lesion.side == "left" else "right"
    rng = np.random.default_rng([lesion.seed, 10])
    goal = shapes.lobe_centre(thorax, lesion, side)
    root = np.asarray(HILUM[side])
    parts = []
    for _ in range(int(rng.integers(2, 6))):
        end = goal + rng.normal(0, 22, 3)
        bend = 0.5 * (root + end) + rng.normal(0, 7, 3)
        curve = smooth_curve(np.stack([root, bend, end]), spacing)
        parts.append(filled_tube(curve, np.linspace(2.6, 0.9, len(curve)), -shapes.MU_SOFT, spacing_mm=1.0))
    tubes = Points.join(*parts)
    place = shapes.Place.at(thorax, *(tubes.xyz[:, i] for i in range(3)))
    weight = sum(w for w, _ in shapes.layers(thorax, lesion, place, is_supine=is_supine))
    return tubes.scaled(np.asarray(weight, np.float32))


def _lung_texture(thorax: Thorax, volume: _Volume, field: Field) -> Picture:
    """The web of vessels too small to be drawn one by one."""
    rng = np.random.default_rng([thorax.seed, 11, len(field.view) + ord(field.view[0])])
    lung = _enlarge(volume.organs["right lung", "right"] + volume.organs["left lung", "left"], field)
    grain = rng.standard_normal((field.rows, field.columns), dtype=np.float32)
    web = sum(
        gaussian_filter(grain, sigma / field.column_mm) * (sigma / field.column_mm) * 3.5
        for sigma in (1.6, 3.5)
    )
    return np.asarray(web * lung * 0.00013, np.float32)


def _with_marker(picture: Picture, view: View) -> Picture:
    rows, columns = picture.shape
    dot = max(1, round(min(rows, columns) / 160))
    column = int(columns * 0.95) - 5 * dot if view != "LL" else int(columns * 0.06)
    return burn_marker(picture, "L", int(rows * 0.06), column, dot)


def _framed(
    case: Case, thorax: Thorax, volume: _Volume, field: Field
) -> list[tuple[int, PhantomBox, Picture]]:
    """Index of the lesion, box and contribution of everything that shows."""
    found = []
    for i, lesion in enumerate(case.lesions):
        for side, contribution in _contributions(lesion, i, thorax, volume, field):
            xyxy = tight_box(contribution)
            if xyxy is not None:
                found.append((i, PhantomBox(lesion.label, side, lesion.zone, xyxy), contribution))
    return found


def _contributions(
    lesion: Lesion, index: int, thorax: Thorax, volume: _Volume, field: Field
) -> list[tuple[str, Picture]]:
    if lesion.label == "cardiomegaly":
        return [("middle", _enlarge(volume.organs["heart", "middle"], field))]
    if lesion.label == "enlarged cardiomediastinum":
        return [("middle", _enlarge(volume.organs["mediastinum", "middle"], field))]
    if lesion.label == "support devices":
        points = device_points(thorax, lesion, _spacing(field))
        return [(lesion.side, np.abs(throw(field, thorax, points.xyz, points.mass)))]
    if lesion.label == "fracture":
        return [(lesion.side, _fracture_contribution(thorax, lesion, field))]
    whole = _enlarge(volume.lesions[index], field)
    if lesion.side != "both":
        return [(lesion.side, whole)]
    if field.view == "LL":  # both sides lie over each other
        return [("both", whole)]
    right = _enlarge(volume.organs["right lung", "right"], field)
    left = _enlarge(volume.organs["left lung", "left"], field)
    return [("right", whole * (right > left)), ("left", whole * (left > right))]


def _fracture_contribution(thorax: Thorax, lesion: Lesion, field: Field) -> Picture:
    """What the fracture changed of its rib's shadow, within 16 mm."""
    gap = shapes.rib_break(lesion)
    place = break_place(thorax, gap)
    spacing = _spacing(field)
    shadows = []
    for breaks in ((gap,), ()):
        points = rib(thorax, gap.side, gap.rib, breaks, spacing)
        near = ((points.xyz - place) ** 2).sum(1) < 16**2
        shadows.append(throw(field, thorax, points.xyz[near], points.mass[near]))
    return np.asarray(np.abs(gaussian_filter(shadows[0] - shadows[1], _point_blur(field))))


def tight_box(contribution: Picture) -> tuple[float, float, float, float] | None:
    """The box that leaves out at most 1 % of a contribution at each of its sides; None if it does not show."""
    if contribution.size == 0 or float(contribution.max()) < _VISIBLE:
        return None
    across, down = contribution.sum(0), contribution.sum(1)
    x1, x2 = _trimmed(across)
    y1, y2 = _trimmed(down)
    return (x1, y1, x2, y2)


def _trimmed(profile: NDArray[Any]) -> tuple[float, float]:
    total = np.cumsum(profile, dtype=np.float64) / float(profile.sum(dtype=np.float64))
    first = int(np.searchsorted(total, _TRIM, side="right"))
    last = int(np.searchsorted(total, 1 - _TRIM, side="left"))
    return float(first), float(min(last, len(profile) - 1) + 1)


def _organ_boxes(thorax: Thorax, volume: _Volume, field: Field) -> tuple[PhantomBox, ...]:
    pictures = [
        (name, side, _enlarge(np.where(path > 8, path, 0), field))
        for (name, side), path in volume.organs.items()
    ]
    spacing = _spacing(field)
    trachea = filled_tube(trachea_curve(thorax, spacing), 8.0, 0.02, spacing_mm=1.5)
    bone = clavicle(thorax, spacing)
    for name, side, points in (
        ("trachea", "middle", trachea),
        ("right clavicle", "right", bone.mirrored()),
        ("left clavicle", "left", bone),
    ):
        pictures.append((name, side, throw(field, thorax, points.xyz, points.mass)))
    found = [(name, side, tight_box(picture)) for name, side, picture in pictures]
    return tuple(PhantomBox(name, side, "whole", xyxy) for name, side, xyxy in found if xyxy is not None)


def _fact(lesion: Lesion, is_visible: bool) -> Fact:
    numbers: dict[str, float] = {}
    if lesion.kind == "nodule":
        numbers["diameter_mm"] = 2 * (4.5 + 9.5 * lesion.severity)
    elif lesion.kind == "mass":
        numbers["diameter_mm"] = 2 * (15 + 20 * lesion.severity)
    elif lesion.kind == "endotracheal tube":
        numbers["above_carina_mm"] = tip_above_carina_mm(lesion)
    elif lesion.label == "fracture":
        numbers["rib"] = float(shapes.rib_break(lesion).rib)
    return Fact(
        lesion.label,
        lesion.kind,
        lesion.side,
        lesion.zone,
        lesion.grade,
        lesion.severity,
        is_visible,
        numbers,
    )

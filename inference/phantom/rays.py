"""Cone-beam rays through the phantom, as slices at equal depth, and points thrown along the same rays.

Pictures hang as a reader hangs them: PA and AP with the patient's right at the left, the left lateral (LL) with the
front at the left. Rows run down, columns to the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.phantom.anatomy import Array, Thorax

View = Literal["PA", "AP", "LL"]
VIEWS: tuple[View, ...] = ("PA", "AP", "LL")
_SOURCE_MM: dict[View, float] = {"PA": 1750.0, "AP": 1050.0, "LL": 1750.0}  # focus to the patient's middle
_HALF_DEPTH_MM: dict[View, float] = {"PA": 175.0, "AP": 175.0, "LL": 215.0}


@dataclass(frozen=True, slots=True)
class Field:
    """Where a film lies: its view, its pixels and how large they are in the plane through the patient's middle."""

    view: View
    rows: int
    columns: int
    row_mm: float
    column_mm: float
    centre_across_mm: float = 0.0
    centre_z_mm: float = 0.0

    @property
    def source_mm(self) -> float:
        return _SOURCE_MM[self.view]

    def with_pixels(self, rows: int, columns: int) -> Field:
        """The same field sampled with `rows` x `columns` pixels."""
        return replace(
            self,
            rows=rows,
            columns=columns,
            row_mm=self.row_mm * self.rows / rows,
            column_mm=self.column_mm * self.columns / columns,
        )

    def across(self) -> Array:
        """Horizontal position of each column in the middle plane, in mm."""
        offset = np.arange(self.columns) + 0.5 - self.columns / 2
        return (offset * self.column_mm + self.centre_across_mm).astype(np.float32)

    def up(self) -> Array:
        """Height of each row in the middle plane, in mm."""
        offset = np.arange(self.rows) + 0.5 - self.rows / 2
        return (self.centre_z_mm - offset * self.row_mm).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Sample points of all rays at one depth, in reference coordinates, and the length of ray they stand for."""

    x: Array  # (1, columns)
    y: Array  # (1, columns)
    z: Array  # (rows, 1)
    length_mm: float


def slices(field: Field, thorax: Thorax, step_mm: float) -> Iterator[Slice]:
    """Walk from the X-ray tube's side to the film's. Obliquity of the outer rays (< 2 %) is left out."""
    half = _HALF_DEPTH_MM[field.view]
    across, up = field.across()[None, :], field.up()[:, None]
    for depth in np.arange(-half + step_mm / 2, half, step_mm):
        spread = np.float32((field.source_mm + depth) / field.source_mm)
        along = np.full_like(across, depth)
        x, y = _world(field.view, across * spread, along)
        x, y, z = to_reference(thorax, x, y, up * spread)
        yield Slice(x, y, z, float(step_mm))


def _world(view: View, across: Array, along: Array) -> tuple[Array, Array]:
    """Patient x and y from the picture's horizontal axis and the direction of the rays."""
    if view == "LL":  # the left side touches the film
        return along, across
    return across, (-along if view == "PA" else along)


def to_reference(thorax: Thorax, x: Array, y: Array, z: Array) -> tuple[Array, Array, Array]:
    """From the room to the reference adult: undo rotation, then size."""
    angle = np.deg2rad(thorax.rotation_deg)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return (
        (x * cos + y * sin) / np.float32(thorax.width),
        (y * cos - x * sin) / np.float32(thorax.depth),
        z / np.float32(thorax.height),
    )


def throw(field: Field, thorax: Thorax, points: Array, mass: Array) -> NDArray[np.float32]:
    """Deposit points of attenuation (mm² = 1/mm · mm³) on the film: their share of each pixel's line integral.

    Args:
        points: (n, 3), reference coordinates.
        mass: (n,), attenuation times volume.

    Returns:
        (rows, columns), to be added to the integral of the attenuation coefficient.
    """
    x, y, z = (
        points[:, i] * np.float32(s) for i, s in enumerate((thorax.width, thorax.depth, thorax.height))
    )
    angle = np.deg2rad(thorax.rotation_deg)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    x, y = x * cos - y * sin, y * cos + x * sin
    across, along = {"PA": (x, -y), "AP": (x, y), "LL": (y, x)}[field.view]
    spread = (field.source_mm + along) / field.source_mm
    column = (across / spread - field.centre_across_mm) / field.column_mm + field.columns / 2 - 0.5
    row = (field.centre_z_mm - z / spread) / field.row_mm + field.rows / 2 - 0.5
    density = (
        mass * (thorax.width * thorax.depth * thorax.height) / (field.row_mm * field.column_mm * spread**2)
    )
    return _bilinear(row, column, density, field.rows, field.columns)


def _bilinear(row: Array, column: Array, value: Array, rows: int, columns: int) -> NDArray[np.float32]:
    keep = (row > -1) & (row < rows) & (column > -1) & (column < columns)
    row, column, value = row[keep] + 1, column[keep] + 1, value[keep]  # one pixel of margin all round
    r, c = row.astype(np.intp), column.astype(np.intp)
    fr, fc = row - r, column - c
    wide = columns + 2
    picture = np.zeros((rows + 2) * wide)
    for dr, dc, weight in (
        (0, 0, (1 - fr) * (1 - fc)),
        (0, 1, (1 - fr) * fc),
        (1, 0, fr * (1 - fc)),
        (1, 1, fr * fc),
    ):
        picture += np.bincount((r + dr) * wide + c + dc, weights=value * weight, minlength=picture.size)
    return picture.reshape(rows + 2, wide)[1:-1, 1:-1].astype(np.float32)

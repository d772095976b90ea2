"""The Display Shutter: which part of a film its maker wanted covered (PS3.3 C.7.6.11, C.7.6.15).

A shutter only covers. Nothing is taken out of the pixels, and the reader can open it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core import tags
from viewer.core.header_fields import HeaderFields
from viewer.core.study import PixelDescription, Shutter

MOST_VERTICES = 1024
LEAST_OPEN = 0.01
"""A shutter that leaves less than this share of a film open is a wrong header and is not followed."""

_PROBE = 101  # so many rows and columns are looked at to find out how much stays open


def read_shutter(fields: HeaderFields, rows: int, columns: int) -> Shutter | None:
    """Return the shutter of a file, None where it has none or none that can be followed; then a notice says why."""
    shapes = {shape.upper() for shape in fields.codes(tags.SHUTTER_SHAPE) if shape}
    rectangle = _rectangle(fields) if "RECTANGULAR" in shapes else None
    circle = _circle(fields) if "CIRCULAR" in shapes else None
    polygon = _polygon(fields) if "POLYGONAL" in shapes else ()
    group = fields.whole(tags.SHUTTER_OVERLAY_GROUP, "Shutter Overlay Group")
    value = fields.whole(tags.SHUTTER_PRESENTATION_VALUE, "Shutter Presentation Value")
    shutter = Shutter(
        rectangle=rectangle,
        circle=circle,
        polygon=polygon,
        overlay_group=group if group in tags.OVERLAY_GROUPS else None,
        presentation_value=(value or 0) & 0xFFFF,
    )
    if shutter == Shutter(presentation_value=shutter.presentation_value):
        return None
    if _open_share(shutter, rows, columns) < LEAST_OPEN:
        fields.notice("The shutter of the file would cover the whole film; it is not used.")
        return None
    return shutter


def open_pixels(
    shutter: Shutter, rows: NDArray[Any], columns: NDArray[Any], height_to_width: float = 1.0
) -> NDArray[np.bool_]:
    """Return which pixels lie inside all outlines of the shutter. Its bitmap is not looked at.

    Args:
        shutter: Outlines as the file has them; rows and columns there count from 1.
        rows, columns: Indices from 0; the answer has shape (len(rows), len(columns)).
        height_to_width: Of one pixel. The radius of a circle counts pixels along a row.

    References:
        DICOM PS3.3 C.7.6.11.1: several outlines together leave open what lies inside all of them.
    """
    y, x = np.asarray(rows) + 1, np.asarray(columns) + 1
    is_open = np.ones((len(y), len(x)), dtype=bool)
    if shutter.rectangle is not None:
        left, right, upper, lower = shutter.rectangle
        is_open &= ((y >= upper) & (y <= lower))[:, None] & ((x >= left) & (x <= right))[None]
    if shutter.circle is not None:
        row, column, radius = shutter.circle
        down, across = (y - float(row)) * height_to_width, x - float(column)
        is_open &= down[:, None] ** 2 + across[None] ** 2 <= float(radius) ** 2
    if shutter.polygon:
        is_open &= _inside_polygon(shutter.polygon, y, x)
    return is_open


def has_outline(shutter: Shutter) -> bool:
    """True where there is more to it than a bitmap."""
    return shutter.rectangle is not None or shutter.circle is not None or bool(shutter.polygon)


def shutter_grey(shutter: Shutter) -> int:
    """Return the grey, 0 to 255, that covers: the Shutter Presentation Value is a P-Value of 16 bits."""
    return round(shutter.presentation_value * 255 / 0xFFFF)


def pixel_height_to_width(description: PixelDescription) -> float:
    """Height of one pixel over its width, where the header states it; 1 otherwise."""
    ratio = (
        description.pixel_spacing_mm or description.imager_pixel_spacing_mm or description.pixel_aspect_ratio
    )
    return float(ratio[0]) / float(ratio[1]) if ratio and min(ratio) > 0 else 1.0


def _rectangle(fields: HeaderFields) -> tuple[int, int, int, int] | None:
    edges = [
        fields.number_in_text(tag, name)
        for tag, name in (
            (tags.SHUTTER_LEFT_VERTICAL_EDGE, "Shutter Left Vertical Edge"),
            (tags.SHUTTER_RIGHT_VERTICAL_EDGE, "Shutter Right Vertical Edge"),
            (tags.SHUTTER_UPPER_HORIZONTAL_EDGE, "Shutter Upper Horizontal Edge"),
            (tags.SHUTTER_LOWER_HORIZONTAL_EDGE, "Shutter Lower Horizontal Edge"),
        )
    ]
    known = [edge for edge in edges if edge is not None]
    if len(known) < 4:
        fields.notice("The rectangular shutter lacks an edge and is not used.")
        return None
    left, right, upper, lower = known
    return left, right, upper, lower


def _circle(fields: HeaderFields) -> tuple[int, int, int] | None:
    center = fields.whole_numbers(tags.CENTER_OF_CIRCULAR_SHUTTER)
    radius = fields.number_in_text(tags.RADIUS_OF_CIRCULAR_SHUTTER, "Radius of Circular Shutter")
    if len(center) != 2 or radius is None or radius < 1:
        fields.notice("The circular shutter lacks its center or a radius and is not used.")
        return None
    return center[0], center[1], radius


def _polygon(fields: HeaderFields) -> tuple[tuple[int, int], ...]:
    numbers = fields.whole_numbers(tags.VERTICES_OF_POLYGONAL_SHUTTER)
    vertices = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    if len(numbers) % 2 or not 3 <= len(vertices) <= MOST_VERTICES:
        fields.notice("The polygonal shutter has no usable outline and is not used.")
        return ()
    return vertices


def _open_share(shutter: Shutter, rows: int, columns: int) -> float:
    y = np.unique(np.linspace(0, rows - 1, _PROBE).astype(int))
    x = np.unique(np.linspace(0, columns - 1, _PROBE).astype(int))
    return float(open_pixels(shutter, y, x).mean())


def _inside_polygon(
    vertices: tuple[tuple[int, int], ...], y: NDArray[Any], x: NDArray[Any]
) -> NDArray[np.bool_]:
    """Even-odd rule, its edges belonging to the inside where the outline passes left of a pixel or through it."""
    crossings = np.zeros((len(y), len(x)), dtype=bool)
    following = (*vertices[1:], vertices[0])
    for (row1, column1), (row2, column2) in zip(vertices, following, strict=True):
        if row1 == row2:
            continue
        rows = np.flatnonzero((np.minimum(row1, row2) <= y) & (y < np.maximum(row1, row2)))
        at = column1 + (y[rows] - float(row1)) * (float(column2) - column1) / (float(row2) - row1)
        crossings[rows] ^= x[None] >= at[:, None]
    return crossings

"""Lengths, angles and ratios from points of the stored picture.

All of it is computed in the plane of the film with the true shape of the pixels, so that a film with pixels that are
not square gives the angle that one would measure on it with a protractor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from viewer.core.measure.spacing import Point, Size


def length(start: Point, end: Point, pixel_size: Size) -> float:
    """Distance in the unit of `pixel_size` (height, width)."""
    return math.hypot(*_vector(start, end, pixel_size))


def angle(points: Sequence[Point], pixel_size: Size) -> float | None:
    """Angle at the second of three points, 0 to 180 degrees; None where a leg has no length."""
    first, vertex, last = points
    return _between(_vector(vertex, first, pixel_size), _vector(vertex, last, pixel_size))


def cobb_angle(points: Sequence[Point], pixel_size: Size) -> float | None:
    """Acute angle of two lines (first to second point, third to fourth), 0 to 90 degrees.

    Which end of a line was drawn first does not matter. None where a line has no length.
    """
    found = _between(_vector(points[0], points[1], pixel_size), _vector(points[2], points[3], pixel_size))
    return None if found is None else min(found, 180 - found)


def cardiothoracic_widths(points: Sequence[Point], pixel_size: Size) -> tuple[float, float]:
    """Greatest transverse width of the heart and of the thorax, in the unit of `pixel_size`.

    Args:
        points: Right and left border of the heart, then right and left inner border of the thorax. The heart's
            borders lie at different heights, so only the part of their distance along the thorax line counts: that
            is the sum of the greatest distances from the midline to the right and to the left.
        pixel_size: Height and width of a pixel.
    """
    heart = _vector(points[0], points[1], pixel_size)
    thorax = _vector(points[2], points[3], pixel_size)
    thorax_width = math.hypot(*thorax)
    if thorax_width == 0:
        return math.hypot(*heart), 0.0
    return abs(heart[0] * thorax[0] + heart[1] * thorax[1]) / thorax_width, thorax_width


def cardiothoracic_ratio(points: Sequence[Point], pixel_size: Size) -> float | None:
    """Heart width over thorax width; None where the thorax has no width. Needs no millimetres."""
    heart, thorax = cardiothoracic_widths(points, pixel_size)
    return heart / thorax if thorax > 0 else None


def rectangle_area(corner: Point, opposite: Point, pixel_size: Size) -> float:
    """Area in the square of the unit of `pixel_size`."""
    across, down = _vector(corner, opposite, pixel_size)
    return abs(across * down)


def ellipse_area(corner: Point, opposite: Point, pixel_size: Size) -> float:
    """Area of the ellipse that fits into the rectangle between two corners."""
    return rectangle_area(corner, opposite, pixel_size) * math.pi / 4


def _vector(start: Point, end: Point, pixel_size: Size) -> tuple[float, float]:
    height, width = pixel_size
    return (end[0] - start[0]) * width, (end[1] - start[1]) * height


def _between(one: tuple[float, float], other: tuple[float, float]) -> float | None:
    if math.hypot(*one) == 0 or math.hypot(*other) == 0:
        return None
    cross = one[0] * other[1] - one[1] * other[0]
    dot = one[0] * other[0] + one[1] * other[1]
    return math.degrees(math.atan2(abs(cross), dot))

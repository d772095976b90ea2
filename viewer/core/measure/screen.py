"""How large a film is in truth on a monitor: the zoom at which one millimetre of it is one millimetre of glass."""

from __future__ import annotations

import math

from viewer.core.measure.spacing import Spacing

FEWEST, MOST = 1.0, 40.0
"""Pixels per mm that a monitor can have (25 to 1,016 dpi); anything else was said wrong."""


def real_size_zoom(spacing: Spacing, pixels_per_mm: float) -> float | None:
    """Screen pixels per film pixel (of its shorter side) at real size; None where there are no millimetres."""
    if not spacing.is_mm or not is_possible(pixels_per_mm):
        return None
    return min(spacing.pixel_size) * pixels_per_mm


def is_possible(pixels_per_mm: float) -> bool:
    """False for a density that no monitor has."""
    return math.isfinite(pixels_per_mm) and FEWEST <= pixels_per_mm <= MOST

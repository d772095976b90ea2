"""Shutter and overlay planes of a film, drawn between the film and the text. numpy only, no Qt.

One code for each screen pixel, so that a layer is a small picture with a palette, whatever the film's size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.overlay_bits import GRAPHICS, NOTHING, halved, overlay_codes, shutter_bitmap
from viewer.core.shutter import has_outline, open_pixels, pixel_height_to_width
from viewer.core.study import FilmPixels
from viewer.ui.film_view import FilmView
from viewer.ui.placement import Box, Placement
from viewer.ui.raster import screen_grid

RIM, COVERED = 3, 4
"""Further codes of a layer, beside those of `overlay_bits`: the dark edge of a line, and what the shutter covers."""

Layer = tuple[NDArray[np.uint8], Box]
"""Codes, the way up that the film is shown, and where they lie (left, top, right, bottom; screen)."""


class FilmLayers:
    """What lies over one film's pixels. Made in a worker thread: unpacking large overlays takes time."""

    def __init__(self, pixels: FilmPixels) -> None:
        self._description = pixels.description
        self._mask = _covered(pixels)
        self._levels: list[NDArray[np.uint8]] = []
        codes = overlay_codes(pixels)
        while codes is not None and len(self._levels) < 6:
            self._levels.append(_rimmed(codes))
            codes = halved(codes) if min(codes.shape) > 1 else None
        self._kept: tuple[tuple[object, ...], Layer | None] | None = None

    @property
    def has_shutter(self) -> bool:
        return self._mask is not None

    @property
    def has_overlays(self) -> bool:
        return bool(self._levels)

    def layer(self, view: FilmView, placement: Placement, size: tuple[int, int]) -> Layer | None:
        """What is drawn over the part of the film that is in view; None where that is nothing."""
        wanted = (placement, size, view.is_shutter_open, view.are_overlays_hidden)
        if self._kept is None or self._kept[0] != wanted:
            self._kept = (wanted, self._made(view, placement, size))
        return self._kept[1]

    def _made(self, view: FilmView, placement: Placement, size: tuple[int, int]) -> Layer | None:
        is_covered = self.has_shutter and not view.is_shutter_open
        is_drawn = self.has_overlays and not view.are_overlays_hidden
        if not is_covered and not is_drawn:
            return None
        shape = (self._description.rows, self._description.columns)
        grid = screen_grid(shape, placement, size)
        if grid is None:
            return None
        codes = np.zeros((len(grid.row), len(grid.column)), np.uint8)
        if is_drawn:
            codes = self._sampled(grid.row, grid.column, placement)
        if is_covered and self._mask is not None:
            mask = self._mask.take(grid.row, axis=0).take(grid.column, axis=1)
            codes = np.where(codes == NOTHING, mask, codes) if is_drawn else mask
        if placement.posture.is_sideways:
            codes = codes.swapaxes(0, 1)
        return np.ascontiguousarray(codes), grid.target

    def _sampled(
        self, row: NDArray[np.intp], column: NDArray[np.intp], placement: Placement
    ) -> NDArray[np.uint8]:
        """From the level whose cells are about as large as a screen pixel: thin lines stay one pixel thick."""
        step = min(abs(placement.step_x), abs(placement.step_y))
        level = min(max(0, int(np.ceil(np.log2(1 / max(step, 1e-6))))), len(self._levels) - 1)
        codes = self._levels[level]
        return codes.take(row >> level, axis=0, mode="clip").take(column >> level, axis=1, mode="clip")


def _covered(pixels: FilmPixels) -> NDArray[np.uint8] | None:
    """COVERED where the shutter covers, shape (rows, columns); None where there is no shutter to be seen."""
    described = pixels.description
    bitmap = shutter_bitmap(pixels)
    if described.shutter is None or not (has_outline(described.shutter) or bitmap is not None):
        return None
    rows, columns = np.arange(described.rows), np.arange(described.columns)
    covered = ~open_pixels(described.shutter, rows, columns, pixel_height_to_width(described))
    if bitmap is not None:
        covered |= bitmap
    return covered * np.uint8(COVERED)


def _rimmed(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give lines a dark edge of one cell, so that they are seen on black and on white."""
    lines = codes == GRAPHICS
    grown = lines.copy()
    grown[1:] |= lines[:-1]
    grown[:-1] |= lines[1:]
    grown[:, 1:] |= lines[:, :-1]
    grown[:, :-1] |= lines[:, 1:]
    return np.where(grown & ~lines, np.uint8(RIM), codes)

"""One film's stored values as something that a QPainter can draw, quick while dragging and smooth at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.core.overlay_bits import GRAPHICS, NOTHING, REGION
from viewer.core.presentation import has_display_table
from viewer.core.shutter import shutter_grey
from viewer.core.study import FilmPixels
from viewer.ui import theme
from viewer.ui.display.film_layers import COVERED, RIM, FilmLayers
from viewer.ui.display.film_looks import FilmLooks
from viewer.ui.film_view import FilmView, placement_of
from viewer.ui.placement import Box, Placement
from viewer.ui.raster import Patch, area_in_view, fine_patch, quick_grey, quick_patch

CHEAP_VALUES = 1_500_000
"""So many stored values are looked up and scaled in less than 20 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawable:
    """An image and where it lies, in device pixels. Holds the bytes that the image points to."""

    image: QImage
    target: Box
    levels: NDArray[np.uint8] | None = None
    over: Drawable | None = None  # shutter and overlay planes

    def draw(self, painter: QPainter) -> None:
        """Draw with a painter whose units are device pixels."""
        left, top, right, bottom = self.target
        painter.drawImage(QRectF(left, top, right - left, bottom - top), self.image)
        if self.over is not None:
            self.over.draw(painter)


class FilmPicture:
    """Keeps what it computed last, so that a change of window never samples the film again."""

    def __init__(self, pixels: FilmPixels, layers: FilmLayers | None = None) -> None:
        self.pixels = pixels
        self._layers = FilmLayers(pixels) if layers is None else layers
        self._looks = FilmLooks(pixels)
        self._sampled: tuple[Placement, tuple[int, int], Patch | None] | None = None
        self.settled: tuple[tuple[FilmView, tuple[int, int]], Drawable | None] | None = None
        """The last smooth drawing and what it is of: a picture that comes back is smooth at once."""

    def quick(self, view: FilmView, size: tuple[int, int]) -> Drawable | None:
        """Nearest stored value for each device pixel. A change of window alone costs one look-up per pixel.

        Without the view's look, which would hold up the hand; it is there again when the film rests.
        """
        if view.voi is None:
            return None
        placement = placement_of(view, self.pixels.description, size)
        patch = self._patch(placement, size)
        if patch is None:
            return None
        grey = quick_grey(self.pixels, patch, view.voi, view.is_inverted)
        return _drawable(grey, patch.target, self._over(view, placement, size))

    def fine(self, view: FilmView, size: tuple[int, int]) -> Drawable | None:
        """Every stored value in view, averaged where the film is larger than the screen."""
        if view.voi is None:
            return None
        placement = placement_of(view, self.pixels.description, size)
        finish = self._looks.finish(view)
        patch = fine_patch(self.pixels, placement, size, view.voi, view.is_inverted, finish)
        if patch is None:
            return None
        drawable = _drawable(patch.values, patch.target, self._over(view, placement, size))
        left, top, right, bottom = patch.target
        shown = QSize(max(1, round(right - left)), max(1, round(bottom - top)))
        if shown.width() >= drawable.image.width() and shown.height() >= drawable.image.height():
            return drawable  # magnified: the painter interpolates
        mode = Qt.TransformationMode.SmoothTransformation
        scaled = drawable.image.scaled(shown, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        return Drawable(scaled, patch.target, over=drawable.over)

    def is_fine_cheap(self, view: FilmView, size: tuple[int, int]) -> bool:
        """True where `fine` takes some milliseconds only."""
        if view.look:
            return False
        area = area_in_view(self.pixels, placement_of(view, self.pixels.description, size), size)
        if area is None:
            return True
        rows, columns = area
        values = (rows.stop - rows.start) * (columns.stop - columns.start)
        return values <= CHEAP_VALUES and has_display_table(self.pixels)

    def _over(self, view: FilmView, placement: Placement, size: tuple[int, int]) -> Drawable | None:
        layer = self._layers.layer(view, placement, size)
        shutter = self.pixels.description.shutter
        return None if layer is None else _layer_drawable(*layer, shutter_grey(shutter) if shutter else 0)

    def _patch(self, placement: Placement, size: tuple[int, int]) -> Patch | None:
        if self._sampled is None or self._sampled[:2] != (placement, size):
            self._sampled = (placement, size, quick_patch(self.pixels, placement, size))
        return self._sampled[2]


def picture_of(levels: NDArray[np.uint8]) -> QImage:
    """A QImage of its own for levels of shape (rows, columns) or (rows, columns, 3)."""
    return _drawable(np.ascontiguousarray(levels), (0, 0, 0, 0)).image.copy()


def _drawable(levels: NDArray[np.uint8], target: Box, over: Drawable | None = None) -> Drawable:
    rows, columns = levels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if levels.ndim == 2 else QImage.Format.Format_RGB888
    buffer: Any = levels.data
    return Drawable(QImage(buffer, columns, rows, levels.strides[0], kind), target, levels, over)


def _layer_drawable(codes: NDArray[np.uint8], target: Box, grey: int) -> Drawable:
    rows, columns = codes.shape
    buffer: Any = codes.data
    image = QImage(buffer, columns, rows, codes.strides[0], QImage.Format.Format_Indexed8)
    palette = {
        NOTHING: QColor(0, 0, 0, 0),
        REGION: QColor(95, 215, 255, 70),
        GRAPHICS: QColor(theme.OVERLAY),
        RIM: QColor(0, 0, 0, 150),
        COVERED: QColor(grey, grey, grey),
    }
    image.setColorTable([palette[code].rgba() for code in sorted(palette)])
    return Drawable(image, target, codes)

"""A viewport's view as a picture of its own: what the reader sees, and what must be said with it. Any thread.

Badges, the draft mark and the research-use line are on every picture; text and marks can be left out. The lines stand
in a band below the film, so that they cover nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from viewer.core.study import FilmPixels
from viewer.ui import theme, wording
from viewer.ui.captions import badges
from viewer.ui.film_painting import paint_over
from viewer.ui.film_picture import FilmPicture
from viewer.ui.film_view import placement_of, zoom_of
from viewer.ui.marking.touch import MarkTouch
from viewer.ui.output.masking import masked_state
from viewer.ui.overlay_text import paint_badges
from viewer.ui.viewport import Viewport, ViewportState

LARGEST_PICTURE = 36_000_000
"""Pixels; a film of more is exported smaller."""
STRIP_ROWS = 256
"""Rows drawn at once: between two strips the window gets its turn."""
BAND_LINES = 1.7


@dataclass(frozen=True, slots=True)
class PictureWish:
    """How a view is turned into a picture."""

    is_full_resolution: bool = False  # a film pixel for a picture pixel, where the screen shows fewer
    has_text_and_marks: bool = True
    is_masked: bool = False  # no name, no ID, no dates
    has_corners: bool = True  # False where the words and badges stand elsewhere, as on paper


@dataclass(frozen=True, slots=True, eq=False)
class ViewCopy:
    """What a viewport shows at one moment: later changes do not reach it."""

    state: ViewportState
    picture: FilmPicture
    size: tuple[int, int]  # width, height of the viewport, in its own units
    ratio: float  # device pixels per unit
    font: QFont

    @property
    def pixels(self) -> FilmPixels:
        return self.picture.pixels


def copy_of(viewport: Viewport) -> ViewCopy | None:
    """What is on screen now; None where there is no film. GUI thread only."""
    if viewport.picture is None or viewport.state.slot is None or viewport.state.message:
        return None
    size = (viewport.width(), viewport.height())
    ratio = viewport.devicePixelRatioF()
    return ViewCopy(viewport.state, viewport.picture, size, ratio, QFont(viewport.font()))


def scale_of(copy: ViewCopy, wish: PictureWish) -> float:
    """Picture pixels per device pixel of the screen, 1 or more."""
    if not wish.is_full_resolution:
        return 1.0
    size = _device_size(copy, 1.0)
    zoom = zoom_of(copy.state.view, copy.pixels.description, size)
    largest = math.sqrt(LARGEST_PICTURE / (size[0] * size[1]))
    return max(1.0, min(1 / zoom, largest))


def is_draft(copy: ViewCopy, wish: PictureWish) -> bool:
    """True where the picture shows what a plugin found and nobody has reviewed."""
    return wish.has_text_and_marks and any(mark.is_draft for mark in copy.state.marks)


def paint_view(copy: ViewCopy, wish: PictureWish) -> QImage:
    """The picture, with the band below it."""
    scale = scale_of(copy, wish)
    width, height = _device_size(copy, scale)
    ratio = copy.ratio * scale
    band = round(QFontMetricsF(copy.font).height() * BAND_LINES * ratio)
    image = QImage(width, height + band, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.BLACK))
    state = _scaled(masked_state(copy.state) if wish.is_masked else copy.state, scale)
    painter = QPainter(image)
    _paint_film(painter, copy, state, (width, height))
    painter.setFont(copy.font)
    painter.scale(ratio, ratio)
    bounds = QRectF(0, 0, width / ratio, height / ratio)
    painter.setClipRect(bounds)
    assert state.slot is not None
    header = state.slot.film.header
    if header.is_synthetic:
        _tile(painter, bounds)
    if wish.has_text_and_marks:
        description, size = copy.pixels.description, (width, height)
        paint_over(painter, bounds, state, description, size, ratio, has_corners=wish.has_corners)
    else:
        paint_badges(painter, bounds, (*state.badges, *badges(header, state.view)), 10)
    painter.setClipping(False)
    below = QRectF(0, bounds.bottom(), bounds.width(), band / ratio)
    _paint_band(painter, below, is_draft=is_draft(copy, wish))
    painter.end()
    return image


def rgb_of(image: QImage) -> NDArray[np.uint8]:
    """Levels of shape (rows, columns, 3) of an RGB32 image."""
    raw = np.frombuffer(image.constBits(), np.uint8)  # type: ignore[arg-type,unused-ignore]  # a memoryview
    rows = raw.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 4]
    blue_first = rows.reshape(image.height(), image.width(), 4)
    return np.ascontiguousarray(blue_first[..., 2::-1])


def stored_per_pixel(copy: ViewCopy, wish: PictureWish) -> tuple[float, float]:
    """How many stored pixels one step down and one step right in the picture are, along the film's own axes."""
    scale = scale_of(copy, wish)
    placement = placement_of(
        _scaled(copy.state, scale).view, copy.pixels.description, _device_size(copy, scale)
    )
    down, right = placement.step_y, placement.step_x
    if placement.posture.is_sideways:
        down, right = right, down
    return 1 / down, 1 / right


def _device_size(copy: ViewCopy, scale: float) -> tuple[int, int]:
    factor = copy.ratio * scale
    return max(1, round(copy.size[0] * factor)), max(1, round(copy.size[1] * factor))


def _scaled(state: ViewportState, scale: float) -> ViewportState:
    zoom = state.view.zoom
    view = state.view if zoom is None else replace(state.view, zoom=zoom * scale)
    human = replace(state.human, selected="")  # handles are for the hand
    return replace(state, view=view, human=human, touch=MarkTouch(), are_marks_hidden=False, is_active=False)


def _paint_film(painter: QPainter, copy: ViewCopy, state: ViewportState, size: tuple[int, int]) -> None:
    drawn = copy.picture.fine(state.view, size)
    if drawn is None:
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for top in range(0, size[1], STRIP_ROWS):
        painter.setClipRect(QRectF(0, top, size[0], STRIP_ROWS))
        drawn.draw(painter)
    painter.setClipping(False)


def _paint_band(painter: QPainter, band: QRectF, *, is_draft: bool) -> None:
    painter.fillRect(band, QColor(theme.GROUND))
    metrics = QFontMetricsF(painter.font())
    inside = band.adjusted(10, 0, -10, 0)
    if is_draft:
        width = metrics.horizontalAdvance(wording.DRAFT_MARK) + 16
        plate = QRectF(
            inside.left(), inside.center().y() - metrics.height() / 2 - 2, width, metrics.height() + 4
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.WARNING))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor("#14100a"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, wording.DRAFT_MARK)
        inside.setLeft(plate.right() + 10)
    painter.setPen(QColor(theme.TEXT))
    _paint_fitting(painter, inside, wording.RESEARCH_USE_LONG)


def _paint_fitting(painter: QPainter, area: QRectF, text: str) -> None:
    """The whole line, in smaller letters where there is little room: it must never be cut."""
    font = QFont(painter.font())
    needed = QFontMetricsF(font).horizontalAdvance(text)
    if needed > area.width():
        font.setPointSizeF(max(3.0, font.pointSizeF() * area.width() / needed * 0.98))
        painter.setFont(font)
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _tile(painter: QPainter, bounds: QRectF) -> None:
    """The word SYNTHETIC all over, legible after half of the picture was cut away."""
    painter.save()
    painter.setPen(QColor(255, 255, 255, 70))
    metrics = QFontMetricsF(painter.font())
    across, down = metrics.horizontalAdvance("SYNTHETIC") * 1.6, metrics.height() * 4
    for row in range(int(bounds.height() / down) + 1):
        for column in range(int(bounds.width() / across) + 1):
            shift = across / 2 if row % 2 else 0.0
            painter.drawText(QPointF(column * across + shift, (row + 0.7) * down), "SYNTHETIC")
    painter.restore()

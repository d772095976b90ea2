"""The magnifier: every pixel of the film under the mouse, however small the film is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.core.language import tr
from viewer.ui import theme
from viewer.ui.film_view import FilmView, placement_of, zoom_of
from viewer.ui.tools.painting import paint_human_marks
from viewer.ui.viewport import Viewport

SIDE = 280
LEAST_ZOOM = 0.5
"""A film that is shown smaller than this is magnified as if it were shown at it: at 2× no pixel is averaged away."""


def glass_view(view: FilmView, zoom: float, strength: int, center: tuple[float, float]) -> FilmView:
    """How the film is looked at inside the lens: `strength` times larger, and never with pixels left out."""
    return replace(view, zoom=strength * max(zoom, LEAST_ZOOM), center=center)


class Lens(QWidget):
    """Lies over one viewport and shows what is under its middle. The mouse goes through it."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.strength = 2
        self._at = QPointF()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(QSize(SIDE, SIDE))
        self.hide()

    def show_at(self, position: QPointF) -> None:
        """Magnify what lies at a point of the viewport."""
        self._at = position
        self.move((position - QPointF(SIDE / 2, SIDE / 2)).toPoint())
        self.show()
        self.update()

    @property
    def view(self) -> FilmView | None:
        """How the film is looked at in the lens; None where there is none."""
        viewport, ratio = self._viewport, self.devicePixelRatioF()
        placement = viewport.placement()
        if placement is None or viewport.picture is None or viewport.state.slot is None:
            return None
        state_view, description = viewport.state.view, viewport.picture.pixels.description
        zoom = zoom_of(state_view, description, viewport.device_size)
        center = placement.to_stored(self._at.x() * ratio, self._at.y() * ratio)
        return glass_view(state_view, zoom, self.strength, center)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rim = QPainterPath()
        rim.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.setClipPath(rim)
        painter.fillRect(self.rect(), QColor(theme.BLACK))
        view = self.view
        if view is not None:
            self._paint_film(painter, view)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(theme.LINE), 2))
        painter.drawPath(rim)
        painter.end()

    def _paint_film(self, painter: QPainter, view: FilmView) -> None:
        picture, ratio = self._viewport.picture, self.devicePixelRatioF()
        if picture is None:
            return
        size = (round(SIDE * ratio), round(SIDE * ratio))
        drawn = picture.fine(view, size)
        if drawn is not None:
            painter.save()
            painter.scale(1 / ratio, 1 / ratio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            drawn.draw(painter)
            painter.restore()
        placement = placement_of(view, picture.pixels.description, size)
        state = self._viewport.state
        if not state.are_marks_hidden:
            silent = replace(state.human, marks=tuple(replace(one, lines=()) for one in state.human.marks))
            paint_human_marks(painter, silent, placement, ratio, QRectF(self.rect()))
        _paint_cross(painter, QPointF(SIDE / 2, SIDE / 2))
        shown = zoom_of(state.view, picture.pixels.description, self._viewport.device_size)
        _paint_strength(painter, QRectF(self.rect()), (view.zoom or 1.0) / shown)


class Glass:
    """When the lens is there, and over which viewport."""

    def __init__(self) -> None:
        self._lenses: dict[Viewport, Lens] = {}
        self._is_held = self._is_pinned = False
        self.strength = 2
        self._where: tuple[Viewport, QPointF] | None = None

    @property
    def is_on(self) -> bool:
        return self._is_held or self._is_pinned

    def hold(self, is_down: bool) -> None:
        """The magnifier's key is down."""
        self._is_held = is_down
        self._show()

    def pin(self, is_pinned: bool) -> None:
        """The lens stays without a key."""
        self._is_pinned = is_pinned
        self._show()

    def set_strength(self, strength: int) -> None:
        self.strength = strength
        self._show()

    def follow(self, viewport: Viewport, position: QPointF) -> None:
        """The mouse is here."""
        self._where = viewport, position
        self._show()

    def leave(self, viewport: Viewport) -> None:
        """The mouse has left; a pinned lens stays where it was."""
        if self._where is not None and self._where[0] is viewport and not self._is_pinned:
            self._where = None
            self._show()

    def refresh(self) -> None:
        """What lies under the lens has changed."""
        if self.is_on:
            self._show()

    def _show(self) -> None:
        for viewport, lens in self._lenses.items():
            if not self.is_on or self._where is None or viewport is not self._where[0]:
                lens.hide()
        if not self.is_on or self._where is None:
            return
        viewport, position = self._where
        if viewport not in self._lenses:
            self._lenses[viewport] = Lens(viewport)
        lens = self._lenses[viewport]
        lens.strength = self.strength
        lens.show_at(position)


def _paint_cross(painter: QPainter, middle: QPointF) -> None:
    """Four short lines around the point that the mouse is on; the point itself stays free."""
    for color, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255, 150), 1.0)):
        painter.setPen(QPen(color, width))
        for step in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
            painter.drawLine(middle + step * 5, middle + step * 13)


def _paint_strength(painter: QPainter, bounds: QRectF, strength: float) -> None:
    """How much larger than beside the lens."""
    text = tr("{times}×", times=f"{strength:.3g}")
    area = bounds.adjusted(12, 8, -12, -8)
    flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
    for shift, color in ((QPoint(1, 1), "#000000"), (QPoint(0, 0), theme.TEXT)):
        painter.setPen(QColor(color))
        painter.drawText(area.translated(shift), flags, text)

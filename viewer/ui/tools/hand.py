"""What the hand does with marks over one film. Knows where things lie; what they mean is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent

from viewer.core.measure.annotation import Annotation, Kind, handles, moved, touched, with_handle
from viewer.core.measure.spacing import Point
from viewer.ui.film_painting import text_areas
from viewer.ui.pointer import Drag
from viewer.ui.tools.labels import Label, labels_of
from viewer.ui.tools.pencil import Pencil, hovered, pressed, released
from viewer.ui.tools.shown import Hit, Part, hit_at
from viewer.ui.viewport import CLICK_PIXELS, Viewport

if TYPE_CHECKING:
    from viewer.ui.tools.controller import Tools


@dataclass(frozen=True, slots=True)
class Grip:
    """A mark while it is dragged: how it was, and where the hand took hold of it."""

    before: Annotation
    at: Point  # stored coordinates
    hit: Hit | None  # None: the label
    label_middle: Point = (0.0, 0.0)  # stored coordinates


class Hand:
    """Turns the mouse over one viewport into pencil strokes and dragged handles."""

    def __init__(self, viewport: Viewport, tools: Tools) -> None:
        self._viewport, self._tools = viewport, tools
        self.pencil: Pencil | None = None
        self._grip: Grip | None = None
        self._pressed_at = QPointF()
        self._begun_on = ""  # the film on which something is drawn or dragged
        viewport.hand = self
        viewport.setMouseTracking(True)

    # ── called by the viewport ──────────────────────────────────────────────────────────────────────────────

    def press(self, event: QMouseEvent, drag: Drag | None) -> bool:
        """True where the press belongs to a mark, so that it is no drag of the view."""
        self._follow_film()
        at = self._stored(event.position())
        if drag is not Drag.TOOL or at is None or self._viewport.state.are_marks_hidden:
            return False
        self._pressed_at = event.position()
        self._begun_on = self.film_key
        self._tools.only(self)
        if self.pencil is None:
            self._grip = self._gripped(event.position(), at)
            if self._grip is not None:
                self._tools.select(self.film_key, self._grip.before.id)
                return True
            kind = self._tools.drawing_kind
            if kind is None:
                self._tools.select(self.film_key, "")
                return False
            if kind is not Kind.ARROW and self._tools.refuses_to_measure(self.film_key):
                return True
            self.pencil = Pencil(kind)
            self._tools.select(self.film_key, "")
        self.pencil = pressed(self.pencil, at)
        self._tools.show(self.film_key)
        return True

    def move(self, event: QMouseEvent) -> bool:
        """True while a mark follows the mouse."""
        self._follow_film()
        at = self._stored(event.position())
        self._tools.glass.follow(self._viewport, event.position())
        if at is None:
            return False
        if self.pencil is not None:
            self.pencil = hovered(self.pencil, at)
            self._tools.show(self.film_key)
            return bool(event.buttons() & Qt.MouseButton.LeftButton)
        if self._grip is not None:
            if self._is_far(event.position()):
                self._tools.preview(self.film_key, self._dragged(at))
            return True
        if not event.buttons():
            self._show_cursor(event.position(), at)
        return False

    def release(self, event: QMouseEvent) -> bool:
        """True where the release ends something of a mark."""
        self._follow_film()
        at = self._stored(event.position())
        if self._grip is not None:
            grip, self._grip = self._grip, None
            self._tools.preview(self.film_key, None)
            if at is not None and self._is_far(event.position()):
                self._grip = grip
                changed = self._dragged(at)
                self._grip = None
                self._tools.change(self.film_key, changed)
            return True
        if self.pencil is None or at is None:
            return False
        near = CLICK_PIXELS * self._viewport.devicePixelRatioF() / self._zoom()
        self.pencil = released(self.pencil, at, near)
        if self.pencil.is_done:
            done, self.pencil = self.pencil, None
            self._tools.finish(self.film_key, done)
        self._tools.show(self.film_key)
        return True

    def double_click(self, event: QMouseEvent) -> bool:
        """True where it is a press of the pencil, or opens the words at an arrow."""
        if self._tools.drawing_kind is not None or self.pencil is not None:
            return self.press(event, Drag.TOOL)
        at = self._stored(event.position())
        grip = None if at is None else self._gripped(event.position(), at)
        if grip is not None:
            self._tools.open_words(self.film_key, grip.before.id)
        return grip is not None

    def leave(self) -> None:
        """The mouse is gone."""
        self._tools.glass.leave(self._viewport)

    # ── for the controller ──────────────────────────────────────────────────────────────────────────────────

    @property
    def film_key(self) -> str:
        """The film under this hand; empty where there is none, or another picture in its place."""
        state = self._viewport.state
        return state.slot.film.key if state.slot and not state.is_stand_in else ""

    def has_grip(self, position: QPointF) -> bool:
        """True where a mark of the reader would be taken hold of."""
        at = None if self._viewport.state.are_marks_hidden else self._stored(position)
        return at is not None and self._gripped(position, at) is not None

    def place_of(self, point: Point) -> tuple[Viewport, QPointF]:
        """The viewport, and where a stored point lies in it."""
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        return self._viewport, QPointF(*placement.to_screen(*point)) / ratio if placement else QPointF()

    def drop(self) -> bool:
        """Give up what is being drawn or dragged; False where there is nothing."""
        had = self.pencil is not None or self._grip is not None
        self.pencil = self._grip = None
        if had:
            self._tools.preview(self.film_key, None)
        return had

    def _follow_film(self) -> None:
        """Another film hangs here now: what was begun on the last one is given up."""
        if self._begun_on and self._begun_on != self.film_key:
            begun, self._begun_on = self._begun_on, ""
            self.pencil = self._grip = None
            self._tools.preview(begun, None)

    # ── where things lie ────────────────────────────────────────────────────────────────────────────────────

    def _stored(self, position: QPointF) -> Point | None:
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        if placement is None or not self.film_key:
            return None
        return placement.to_stored(position.x() * ratio, position.y() * ratio)

    def _zoom(self) -> float:
        placement = self._viewport.placement()
        return min(placement.step_x, placement.step_y) if placement else 1.0

    def _is_far(self, position: QPointF) -> bool:
        return (position - self._pressed_at).manhattanLength() >= CLICK_PIXELS / 2

    def _gripped(self, position: QPointF, at: Point) -> Grip | None:
        """What of a mark lies under the mouse. While a tool draws, its lines do not stop the pencil."""
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        human = self._viewport.state.human
        if placement is None:
            return None
        marks = {shown.mark.id: shown.mark for shown in human.marks}
        hit = hit_at(human, placement, (position.x() * ratio, position.y() * ratio), ratio)
        if hit is not None and hit.part is Part.HANDLE:
            return Grip(marks[hit.mark_id], at, hit)
        label = next((one for one in self._labels() if one.plate.contains(position)), None)
        if label is not None:
            middle = label.plate.center() * ratio
            return Grip(label.shown.mark, at, None, placement.to_stored(middle.x(), middle.y()))
        if hit is not None and self._tools.drawing_kind is None:
            return Grip(marks[hit.mark_id], at, hit)
        return None

    def _labels(self) -> tuple[Label, ...]:
        viewport = self._viewport
        placement = viewport.placement()
        if placement is None or viewport.picture is None:
            return ()
        metrics = QFontMetricsF(viewport.font())
        bounds = viewport.rect().toRectF()
        taken = text_areas(
            bounds, viewport.state, viewport.picture.pixels.description, viewport.device_size, metrics
        )
        return labels_of(
            viewport.state.human, placement, viewport.devicePixelRatioF(), bounds, metrics, taken
        )

    def _dragged(self, at: Point) -> Annotation:
        """The gripped mark as it is with the hand here. The handle keeps its distance from the mouse: no jump."""
        assert self._grip is not None
        grip = self._grip
        right, down = at[0] - grip.at[0], at[1] - grip.at[1]
        if grip.hit is None:
            middle = grip.label_middle
            return replace(grip.before, label_at=(middle[0] + right, middle[1] + down))
        if grip.hit.part is Part.BODY:
            return moved(grip.before, right, down)
        x, y = handles(grip.before)[grip.hit.handle]
        return touched(with_handle(grip.before, grip.hit.handle, (x + right, y + down)))

    def _show_cursor(self, position: QPointF, at: Point) -> None:
        grip = None if self._viewport.state.are_marks_hidden else self._gripped(position, at)
        if grip is None:
            self._viewport.setCursor(self._tools.cursor)
        elif grip.hit is not None and grip.hit.part is Part.HANDLE:
            self._viewport.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self._viewport.setCursor(Qt.CursorShape.SizeAllCursor)

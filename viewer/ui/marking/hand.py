"""The hand over one film, where plugins' marks are concerned. The reader's own marks come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from viewer.api import Mark, Xyxy
from viewer.ui import theme
from viewer.ui.marking.boxes import WHOLE, Grip, Point, drawn, grip_under, on_screen
from viewer.ui.pointer import Drag
from viewer.ui.viewport import CLICK_PIXELS

if TYPE_CHECKING:
    from viewer.ui.marking.feature import MarkEditing
    from viewer.ui.tools.hand import Hand
    from viewer.ui.viewport import Viewport

LEAST_ON_SCREEN = 3.0
"""A smaller drag (in the screen's units) draws no box."""
_CURSORS = {
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    WHOLE: Qt.CursorShape.SizeAllCursor,
}


class BoxHand:
    """Drags and draws boxes; whatever is none of that goes to the hand of the tools."""

    def __init__(self, viewport: Viewport, tools_hand: Hand, editing: MarkEditing) -> None:
        self._viewport, self._inner, self._editing = viewport, tools_hand, editing
        self._grip: Grip | None = None
        self._begun: Point | None = None  # where the corner of a new box lies, in stored pixels
        self._button = Qt.MouseButton.NoButton
        self._pressed_at = QPointF()
        self._film_key = ""  # where the drag began
        viewport.hand = self

    # ── called by the viewport ──────────────────────────────────────────────────────────────────────────────

    def press(self, event: QMouseEvent, drag: Drag | None) -> bool:
        """True where the press belongs to a mark, so that it is no drag of the view."""
        self._follow_film()
        if self.is_busy:
            return True  # another button during a drag
        at = event.position()
        if drag is Drag.TOOL and self._can_touch() and self._take(at):
            self._button, self._pressed_at, self._film_key = event.button(), at, self._inner.film_key
            return True
        is_taken = self._inner.press(event, drag)
        if is_taken or (drag is Drag.TOOL and self._viewport.mark_under(at) != self._editing.selected):
            self._editing.select("")
        return is_taken

    def _take(self, at: QPointF) -> bool:
        if self._editing.is_drawing:
            self._begun = self._stored(at)
        elif not self._editing.is_tool_drawing and not self._inner.has_grip(at):
            self._grip = self._grip_under(at)
            if self._grip is not None:
                self._editing.select(self._grip.mark.id)
        return self.is_busy

    def move(self, event: QMouseEvent) -> bool:
        """True while a mark follows the mouse."""
        self._follow_film()
        is_taken = self._inner.move(event)  # the magnifier follows in any case
        at = event.position()
        if self.is_busy:
            if self._is_far(at):
                self._editing.show_outline(self._film_key, self._outline(at), self._color())
            return True
        if self._editing.is_drawing:
            self._editing.say_hint()
            self._viewport.setCursor(Qt.CursorShape.CrossCursor)
        elif not event.buttons():
            self._hover(at)
        return is_taken

    def release(self, event: QMouseEvent) -> bool:
        """True where the release ends something of a mark."""
        self._follow_film()
        if not self.is_busy:
            return self._inner.release(event)
        if event.button() == self._button:
            self._end(event.position())
        return True

    def double_click(self, event: QMouseEvent) -> bool:
        """True where it is one more press on a mark, and not the wish for one film alone."""
        if self._editing.is_drawing or (self._can_touch() and self._grip_under(event.position())):
            return self.press(event, Drag.TOOL)
        return self._inner.double_click(event)

    def leave(self) -> None:
        """The mouse is gone."""
        self._editing.hover(None)
        self._inner.leave()

    # ── for the feature ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_busy(self) -> bool:
        """True while a box is dragged or drawn."""
        return self._grip is not None or self._begun is not None

    def drop(self) -> bool:
        """Give up what is dragged or drawn; False where there is nothing."""
        was_busy = self.is_busy
        self._grip = self._begun = None
        if was_busy:
            self._editing.show_outline(self._film_key, None)
        return was_busy

    def _follow_film(self) -> None:
        """Another film hangs here now, or the mark is gone: what was begun is given up."""
        if self.is_busy and (
            self._inner.film_key != self._film_key
            or self._viewport.state.are_marks_hidden
            or (self._grip is not None and self._mark_now() is None)
        ):
            self.drop()

    def _mark_now(self) -> Mark | None:
        """The gripped mark as its owner has it now."""
        held = self._grip.mark if self._grip else None
        return next((mark for mark in self._viewport.state.marks if held and mark.id == held.id), None)

    # ── dragging ────────────────────────────────────────────────────────────────────────────────────────────

    def _end(self, at: QPointF) -> None:
        grip, begun, outline = self._grip, self._begun, self._outline(at)
        is_far = self._is_far(at)
        self.drop()
        if begun is not None:
            if outline is not None and self._is_large(outline):
                self._editing.drawn(self._film_key, outline)
        elif grip is not None and not is_far:
            self._viewport.mark_clicked.emit(grip.mark.id)
        elif grip is not None and outline is not None and outline != grip.mark.xyxy:
            self._editing.moved(grip.mark, outline)

    def _outline(self, at: QPointF) -> Xyxy | None:
        """The box as it is with the hand here."""
        stored, picture = self._stored(at), self._viewport.picture
        if stored is None or picture is None:
            return None
        film = picture.pixels.description.columns, picture.pixels.description.rows
        if self._grip is not None:
            return self._grip.dragged(stored, film)
        return drawn(self._begun, stored, film) if self._begun is not None else None

    def _color(self) -> str:
        return self._grip.mark.color if self._grip is not None else theme.HUMAN

    def _is_far(self, at: QPointF) -> bool:
        return (at - self._pressed_at).manhattanLength() >= CLICK_PIXELS / 2

    def _is_large(self, box: Xyxy) -> bool:
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        if placement is None:
            return False
        left, top, right, bottom = placement.box_to_screen(box)
        return min(right - left, bottom - top) >= LEAST_ON_SCREEN * ratio

    # ── where things lie ────────────────────────────────────────────────────────────────────────────────────

    def _can_touch(self) -> bool:
        """False where no film, or another picture in its place, is on screen."""
        state = self._viewport.state
        return bool(self._inner.film_key) and not state.message and not state.are_marks_hidden

    def _stored(self, at: QPointF) -> Point | None:
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        return placement.to_stored(at.x() * ratio, at.y() * ratio) if placement else None

    def _grip_under(self, at: QPointF) -> Grip | None:
        """What of an editable mark lies under a point: handles and lines, and the caption, which moves the box."""
        placement, ratio = self._viewport.placement(), self._viewport.devicePixelRatioF()
        if placement is None:
            return None
        marks, device = self._viewport.state.marks, (at.x() * ratio, at.y() * ratio)
        grip = grip_under(marks, self._editing.selected, placement, device, ratio)
        if grip is not None:
            return grip
        named = self._viewport.mark_under(at, is_caption=True)
        mark = next((mark for mark in marks if mark.is_editable and mark.id == named), None)
        return Grip(mark, WHOLE, placement.to_stored(*device)) if mark else None

    def _hover(self, at: QPointF) -> None:
        is_open = self._can_touch() and not self._editing.is_tool_drawing
        self._editing.hover(self._viewport.mark_under(at) if is_open else None)
        placement = self._viewport.placement()
        if not is_open or placement is None or self._inner.has_grip(at):
            return
        grip = self._grip_under(at)
        if grip is not None:
            across, down = on_screen(grip.handle, placement)
            way = (across, down) if (across, down) in _CURSORS else (-across, -down)
            self._viewport.setCursor(_CURSORS[way])

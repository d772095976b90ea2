"""One film on screen. Draws a state and passes on what the hand does; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.api import Mark
from viewer.core.language import tr
from viewer.ui import theme, wording
from viewer.ui.background import Background
from viewer.ui.film_painting import paint_over
from viewer.ui.film_picture import Drawable, FilmPicture
from viewer.ui.film_view import FilmView, placement_of
from viewer.ui.fine_drawing import FineDrawing, Wanted
from viewer.ui.hanging_choice import Slot
from viewer.ui.marking.touch import MarkTouch
from viewer.ui.marks import NEAR_PIXELS, caption_under, mark_at
from viewer.ui.overlay_text import paint_message
from viewer.ui.placement import Placement
from viewer.ui.pointer import Drag, PointerMap
from viewer.ui.synthetic.stripes import paint_stripes
from viewer.ui.tools.shown import HumanMarks

REST_MS = 70
"""So long after the last change the film is drawn smooth, from every stored value."""
CLICK_PIXELS = 4.0


SCROLL_PIXELS = 24.0
"""So far the mouse is dragged for the next film, where a drag scrolls."""


@dataclass(frozen=True, slots=True)
class ViewportState:
    """Everything that a viewport shows besides the film itself."""

    slot: Slot | None = None
    view: FilmView = field(default_factory=FilmView)
    notices: tuple[str, ...] = ()
    message: str = ""  # in place of a film: why there is none
    marks: tuple[Mark, ...] = ()
    touch: MarkTouch = field(default_factory=MarkTouch)  # what the hand does with them
    badges: tuple[str, ...] = ()  # besides those that the film itself and its view have
    human: HumanMarks = field(default_factory=HumanMarks)  # what the reader drew
    is_stand_in: bool = False  # not the film but what stands in its place: never exported, never measured
    is_masked: bool = False  # the privacy screen is on: the slot is true, its identity is not painted
    is_active: bool = False
    are_marks_hidden: bool = False


class MarkHand(Protocol):
    """Is asked first about the mouse; True where the event belongs to a mark and is no drag of the view."""

    def press(self, event: QMouseEvent, drag: Drag | None) -> bool: ...
    def move(self, event: QMouseEvent) -> bool: ...
    def release(self, event: QMouseEvent) -> bool: ...
    def double_click(self, event: QMouseEvent) -> bool: ...
    def leave(self) -> None: ...


class Viewport(QWidget):
    """Shows a `FilmPicture` the way a `ViewportState` says. Distances in its signals are device pixels."""

    activated = Signal()
    window_dragged = Signal(float, float)  # right, down
    pan_dragged = Signal(float, float)  # right, down
    zoom_wished = Signal(float, float, float)  # factor, at x, at y
    scrolled = Signal(int)  # films onwards, negative: back
    maximise_wished = Signal()
    held_wished = Signal(str, bool)  # the id of an action that lasts while a mouse button is down
    action_wished = Signal(str)  # the id of an action that a mouse button or a double click stands for
    mark_clicked = Signal(str)
    drag_ended = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None, background: Background | None = None) -> None:
        """`background` draws large films smooth; without it this is done at once."""
        super().__init__(parent)
        self.state = ViewportState()
        self.picture: FilmPicture | None = None
        self._drawn: Drawable | None = None
        self._drawn_for: tuple[object, ...] = ()
        self._is_fine = False
        self.pointer = PointerMap()
        self.tool_drag = Drag.WINDOW
        """What a drag of the button for tools does."""
        self.hand: MarkHand | None = None
        self._fine_drawing = FineDrawing(background, self._take_fine) if background else None
        self._drag: Drag | None = None
        self._pressed_at = self._last_at = QPointF()
        self._has_moved = False
        self._wheel_rest = 0
        self._scroll_drag_rest = 0.0
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._come_to_rest)
        self.setMinimumSize(QSize(160, 160))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────

    def show_state(self, state: ViewportState) -> None:
        """Make the widget match `state`; safe to call as often as you like, and free where nothing is new."""
        if state != self.state:
            self.state = state
            self.update()

    def set_picture(self, picture: FilmPicture | None) -> None:
        """Exchange the film. What was drawn of another one is forgotten at once."""
        if picture is not self.picture:
            self.picture, self._drawn, self._drawn_for, self._is_fine = picture, None, (), False
            self.update()

    def stop(self) -> None:
        """No timer runs after this until something new is shown."""
        self._rest.stop()
        if self._fine_drawing is not None:
            self._fine_drawing.forget()

    @property
    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels."""
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    @property
    def is_dragging(self) -> bool:
        """True while the view follows the mouse."""
        return self._drag is not None

    @property
    def is_resting(self) -> bool:
        """True once the film stands still and is drawn smooth."""
        return self._is_fine and not self._rest.isActive()

    def placement(self) -> Placement | None:
        """Where the film lies now, in device pixels; None where there is none."""
        if self.picture is None:
            return None
        return placement_of(self.state.view, self.picture.pixels.description, self.device_size)

    # ── painting ────────────────────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.BLACK))
        bounds = QRectF(self.rect())
        if self.picture is not None and self.state.slot is not None and not self.state.message:
            self._paint_film(painter)
            if self.state.slot.film.header.is_synthetic:
                paint_stripes(painter, bounds)
            self._paint_over(painter, bounds)
        elif self.state.message:
            title, _, details = self.state.message.partition("\n\n")
            details = "" if self.state.is_masked else details  # a path may be a name
            paint_message(painter, bounds, title, details)
        elif self.state.slot is None:
            paint_message(painter, bounds, tr(wording.EMPTY_VIEWPORT), tr(wording.EMPTY_VIEWPORT_HINT))
        if self.state.is_active:
            painter.setPen(QPen(QColor(theme.ACCENT).darker(140), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bounds.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()  # at once: who holds this frame (a traceback, a profiler) must not keep it painting

    def _paint_film(self, painter: QPainter) -> None:
        assert self.picture is not None
        wanted = (self.state.view, self.device_size)
        if wanted != self._drawn_for and self.picture.settled and self.picture.settled[0] == wanted:
            self._drawn, self._drawn_for, self._is_fine = self.picture.settled[1], wanted, True
        elif wanted != self._drawn_for:
            self._drawn = self.picture.quick(*wanted)
            self._drawn_for, self._is_fine = wanted, False
            if self._drag is None:
                self._rest.start()
        if self._drawn is None:
            return
        painter.save()
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_fine)
        self._drawn.draw(painter)
        painter.restore()

    def _paint_over(self, painter: QPainter, bounds: QRectF) -> None:
        if not self.state.are_marks_hidden and self.picture is not None:
            description = self.picture.pixels.description
            paint_over(painter, bounds, self.state, description, self.device_size, self.devicePixelRatioF())

    def _come_to_rest(self) -> None:
        if self.picture is None or self._drag is not None:
            return
        wanted = (self.state.view, self.device_size)
        if self._fine_drawing is None or self.picture.is_fine_cheap(*wanted):
            self._drawn_for = wanted
            self._take_fine(self.picture, wanted, self.picture.fine(*wanted))
        else:
            self._fine_drawing.ask(self.picture, wanted)

    def _take_fine(self, picture: FilmPicture, drawn_for: Wanted, drawn: Drawable | None) -> None:
        """A smooth drawing is there; it is only shown where it is still what is wanted."""
        picture.settled = (drawn_for, drawn)
        if picture is self.picture and drawn_for == self._drawn_for:
            self._drawn, self._is_fine = drawn, True
            self.update()

    # ── the hand ────────────────────────────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.activated.emit()
        self._pressed_at = self._last_at = event.position()
        self._has_moved = False
        drag = self.pointer.drag(event.button(), event.modifiers())
        if self.hand is not None and self.hand.press(event, drag):
            return
        self._drag = self.tool_drag if drag is Drag.TOOL else drag
        if self._drag is Drag.MAGNIFIER:
            self.held_wished.emit(Drag.MAGNIFIER.value, True)
        if wished := self.pointer.click(event.button()):
            self.action_wished.emit(wished)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        here = event.position()
        if (self.hand is not None and self.hand.move(event)) or self._drag is None:
            return
        if not self._has_moved and (here - self._pressed_at).manhattanLength() < CLICK_PIXELS:
            return
        self._has_moved = True
        step = (here - self._last_at) * self.devicePixelRatioF()
        self._last_at = here
        if self._drag is Drag.WINDOW:
            self.window_dragged.emit(step.x(), step.y())
        elif self._drag is Drag.PAN:
            self.pan_dragged.emit(step.x(), step.y())
        elif self._drag is Drag.SCROLL:
            self._scroll_drag_rest += step.y() / self.devicePixelRatioF()
            films = int(self._scroll_drag_rest / SCROLL_PIXELS)
            self._scroll_drag_rest -= films * SCROLL_PIXELS
            if films:
                self.scrolled.emit(films)
        elif self._drag is Drag.ZOOM:
            at = self._pressed_at * self.devicePixelRatioF()
            self.zoom_wished.emit(1.005 ** -step.y(), at.x(), at.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.hand is not None and self._drag is None and self.hand.release(event):
            return
        was_click = not self._has_moved and event.button() == Qt.MouseButton.LeftButton
        if self._drag is Drag.MAGNIFIER:
            self.held_wished.emit(Drag.MAGNIFIER.value, False)
        self._drag = None
        self.drag_ended.emit()
        if self._has_moved:
            self._rest.start(0)
        if was_click:
            self._click(event.position())

    def mark_under(self, at: QPointF, *, is_caption: bool = False) -> str | None:
        """Id of the plugin's mark at a point of this widget, or of that whose caption stands there; None for none."""
        placement, marks = self.placement(), self.state.marks
        if placement is None or self.state.are_marks_hidden:
            return None
        ratio, bounds, metrics = self.devicePixelRatioF(), QRectF(self.rect()), QFontMetricsF(self.font())
        named = caption_under(marks, placement, ratio, bounds, metrics, at)
        if named is not None or is_caption:
            return named
        return mark_at(marks, placement, at.x() * ratio, at.y() * ratio, NEAR_PIXELS * ratio)

    def _click(self, at: QPointF) -> None:
        mark = self.mark_under(at)
        if mark is not None:
            self.mark_clicked.emit(mark)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self.hand is not None:
            self.hand.leave()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and self.hand is not None and self.hand.double_click(event):
            return
        wished = self.pointer.click(event.button(), is_double=True)
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = None
        if wished == "maximise":
            self.maximise_wished.emit()
        elif wished:
            self.action_wished.emit(wished)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.activated.emit()
        turned = event.angleDelta().y() or event.angleDelta().x()  # with Alt, Qt turns the wheel sideways
        use = self.pointer.wheel(event.modifiers())
        if use == "zoom":
            at = event.position() * self.devicePixelRatioF()
            self.zoom_wished.emit(1.2 ** (turned / 120), at.x(), at.y())
            return
        self._wheel_rest += turned  # touchpads send parts of a notch
        notches = int(self._wheel_rest / 120)
        self._wheel_rest -= notches * 120
        if notches and use == "scroll":
            self.scrolled.emit(-notches)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self.stop()
        super().hideEvent(event)

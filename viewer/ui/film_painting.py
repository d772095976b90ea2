"""What lies over a film: side letters, marks, corner text, badges. The same for the screen, for prints and exports.

Nothing here needs a widget, so a picture for a file can be painted in a worker thread.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from viewer.core.language import tr
from viewer.core.study import PixelDescription
from viewer.ui import theme
from viewer.ui.captions import Corners, corners, plain, shown_letters
from viewer.ui.film_view import placement_of, zoom_of
from viewer.ui.hanging_choice import Slot
from viewer.ui.marking.touch import paint_touch
from viewer.ui.marks import paint_marks
from viewer.ui.output.masking import masked_slot
from viewer.ui.overlay_text import badges_top, corner_areas, paint_badges, paint_corners, paint_letters
from viewer.ui.tools.painting import paint_human_marks

if TYPE_CHECKING:
    from viewer.ui.viewport import ViewportState


def paint_over(
    painter: QPainter,
    bounds: QRectF,
    state: ViewportState,
    description: PixelDescription,
    device_size: tuple[int, int],
    ratio: float,
    *,
    has_corners: bool = True,
) -> None:
    """Everything that the reader sees over the film.

    Args:
        painter: Its units are `ratio` device pixels each; its font is that of the text.
        bounds: The viewport in the painter's units.
        state: What is shown. Nothing is painted where it hangs no film.
        description: Of the film's pixels.
        device_size: Width and height of the viewport in device pixels.
        ratio: Device pixels per unit of the painter.
        has_corners: False where the corner text and the badges stand elsewhere, as on paper.
    """
    slot = state.slot
    if slot is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placement = placement_of(state.view, description, device_size)
    text = _words(slot, state, description, device_size)
    metrics = QFontMetricsF(painter.font())
    taken = corner_areas(bounds, text, metrics) if has_corners else ()
    paint_letters(painter, bounds, shown_letters(description, state.view), taken)
    paint_marks(painter, state.marks, placement, ratio, bounds)
    if has_corners:
        paint_corners(painter, bounds, text, theme.PRIOR if slot.role == "prior" else theme.ACCENT)
        paint_badges(painter, bounds, text.badges, badges_top(bounds, text, metrics))
    paint_human_marks(painter, state.human, placement, ratio, bounds, taken)
    paint_touch(painter, state.marks, state.touch, placement, ratio)


def text_areas(
    bounds: QRectF,
    state: ViewportState,
    description: PixelDescription,
    device_size: tuple[int, int],
    metrics: QFontMetricsF,
) -> tuple[QRectF, ...]:
    """Where `paint_over` puts the text of the corners and the badges."""
    if state.slot is None:
        return ()
    text = _words(state.slot, state, description, device_size)
    return corner_areas(bounds, text, metrics)


def _words(
    slot: Slot, state: ViewportState, description: PixelDescription, device_size: tuple[int, int]
) -> Corners:
    """All words in the corners, the scale with its origin among them."""
    if state.is_masked:
        slot = masked_slot(slot)
    text = corners(slot, state.view, zoom_of(state.view, description, device_size), state.notices)
    text = replace(text, badges=(*state.badges, *text.badges))
    if not state.human.scale:
        return text
    notes = (state.human.scale_note,) if state.human.scale_note else ()
    scale = tr("Scale: {label}", label=plain(state.human.scale))
    return replace(text, bottom_left=(*text.bottom_left, *notes), bottom_right=(*text.bottom_right, scale))

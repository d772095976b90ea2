"""What lies over a film: side letters, marks, corner text, badges. The same for the screen, for prints and exports.

Nothing here needs a widget, so a picture for a file can be painted in a worker thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainter

from viewer.core.study import PixelDescription
from viewer.ui import theme
from viewer.ui.captions import corners, edge_letters
from viewer.ui.film_view import placement_of, zoom_of
from viewer.ui.marks import paint_marks
from viewer.ui.overlay_text import paint_badges, paint_corners, paint_letters

if TYPE_CHECKING:
    from viewer.ui.viewport import ViewportState


def paint_over(
    painter: QPainter,
    bounds: QRectF,
    state: ViewportState,
    description: PixelDescription,
    device_size: tuple[int, int],
    ratio: float,
) -> None:
    """Everything that the reader sees over the film.

    Args:
        painter: Its units are `ratio` device pixels each; its font is that of the text.
        bounds: The viewport in the painter's units.
        state: What is shown. Nothing is painted where it hangs no film.
        description: Of the film's pixels.
        device_size: Width and height of the viewport in device pixels.
        ratio: Device pixels per unit of the painter.
    """
    slot = state.slot
    if slot is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placement = placement_of(state.view, description, device_size)
    text = corners(slot, state.view, zoom_of(state.view, description, device_size), state.notices)
    line = QFontMetricsF(painter.font()).height()
    paint_letters(painter, bounds, edge_letters(description.patient_orientation, state.view.posture))
    paint_marks(painter, state.marks, placement, ratio, bounds)
    paint_corners(painter, bounds, text, theme.PRIOR if slot.role == "prior" else theme.ACCENT)
    paint_badges(painter, bounds, (*state.badges, *text.badges), 16 + line * len(text.top_left))

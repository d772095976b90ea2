"""The tools that the hand can hold: what the button for tools does with each, and what each one draws."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt

from viewer.core.language import later
from viewer.core.measure.annotation import Kind
from viewer.ui.pointer import Drag


class Tool(StrEnum):
    """What the button for tools does. The values are the ids of the actions that choose it."""

    WINDOW = "tool_window"
    ZOOM = "tool_zoom"
    PAN = "tool_pan"
    LENGTH = "tool_length"
    ANGLE = "tool_angle"
    COBB = "tool_cobb"
    CTR = "tool_ctr"
    ELLIPSE = "tool_ellipse"
    RECTANGLE = "tool_rectangle"
    ARROW = "tool_arrow"
    CALIBRATE = "tool_calibrate"


DRAGS = {Tool.WINDOW: Drag.WINDOW, Tool.ZOOM: Drag.ZOOM, Tool.PAN: Drag.PAN}
CURSORS = {
    Tool.WINDOW: Qt.CursorShape.ArrowCursor,
    Tool.ZOOM: Qt.CursorShape.SizeVerCursor,
    Tool.PAN: Qt.CursorShape.OpenHandCursor,
}
KINDS = {
    Tool.LENGTH: Kind.LENGTH,
    Tool.ANGLE: Kind.ANGLE,
    Tool.COBB: Kind.COBB,
    Tool.CTR: Kind.CTR,
    Tool.ELLIPSE: Kind.ELLIPSE,
    Tool.RECTANGLE: Kind.RECTANGLE,
    Tool.ARROW: Kind.ARROW,
    Tool.CALIBRATE: Kind.LENGTH,
}
HINTS = {
    Tool.LENGTH: later("Length: drag from end to end, or click both ends. Esc: back to window and level."),
    Tool.ANGLE: later("Angle: drag the first leg, then click the end of the second."),
    Tool.COBB: later("Cobb: draw a line along one end plate, then along the other."),
    Tool.CTR: later(
        "CTR: draw from border to border of the heart, then between the inner borders of the thorax."
    ),
    Tool.ELLIPSE: later("Region: drag from corner to corner of the ellipse's box."),
    Tool.RECTANGLE: later("Region: drag from corner to corner."),
    Tool.ARROW: later("Arrow: drag from its tip to where the words stand."),
    Tool.CALIBRATE: later("Calibrate: draw along an object of known length."),
}

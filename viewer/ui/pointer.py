"""What the mouse does over a film: gestures of a key map, looked up by Qt's buttons and modifiers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from PySide6.QtCore import Qt

from viewer.core.keymap import DEFAULT_MAP, SAME, Mouse, map_named


class Drag(StrEnum):
    """What a drag does; the words are those of the key map files."""

    TOOL = "tool"
    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    SCROLL = "scroll"
    MAGNIFIER = "magnifier"
    NONE = "none"


_BUTTONS = {
    Qt.MouseButton.LeftButton: "left",
    Qt.MouseButton.MiddleButton: "middle",
    Qt.MouseButton.RightButton: "right",
}
_CLICKS = {Qt.MouseButton.BackButton: "back", Qt.MouseButton.ForwardButton: "forward"}
_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "ctrl+"),
    (Qt.KeyboardModifier.ShiftModifier, "shift+"),
    (Qt.KeyboardModifier.AltModifier, "alt+"),
)


class PointerMap:
    """The mouse part of the key maps that hold."""

    def __init__(self, mouse: Mouse | None = None) -> None:
        self._mouse: Mapping[str, str] = map_named(DEFAULT_MAP).mouse if mouse is None else mouse

    def drag(self, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> Drag | None:
        """What dragging with this button does; a modifier that has no use of its own changes nothing."""
        name = _BUTTONS.get(button)
        if name is None:
            return None
        use = Drag(self._look_up(name, modifiers) or Drag.NONE)
        return None if use is Drag.NONE else use

    def wheel(self, modifiers: Qt.KeyboardModifier) -> str:
        """scroll, zoom or none."""
        return self._look_up("wheel", modifiers) or "none"

    def click(self, button: Qt.MouseButton, *, is_double: bool = False) -> str:
        """The id of the action that a double click, or the back or forward button, stands for; empty for none."""
        is_left_double = is_double and button == Qt.MouseButton.LeftButton
        name = "double-click" if is_left_double else _CLICKS.get(button, "")
        use = self._mouse.get(name, "")
        return "" if use == "none" else use

    def _look_up(self, name: str, modifiers: Qt.KeyboardModifier) -> str:
        for modifier, prefix in _MODIFIERS:
            use = self._mouse.get(prefix + name, SAME)
            if modifiers & modifier and use != SAME:
                return use
        return self._mouse.get(name, "")

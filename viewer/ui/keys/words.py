"""Keys, gestures and what they do, in words: for the `?` page, the keys dialog and the printed page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtGui import QKeySequence

from viewer.core.keymap import CLICKS, DRAGS, SAME, WHEELS
from viewer.core.language import later, tr
from viewer.ui.actions import BY_HAND, ActionEntry

Row = tuple[str, str]  # keys, what they do
Group = tuple[str, list[Row]]

GESTURES = (*DRAGS, *WHEELS, *CLICKS)

_GESTURES = {
    "left": later("Left drag"),
    "middle": later("Middle drag"),
    "right": later("Right drag"),
    "wheel": later("Wheel"),
    "double-click": later("Double-click"),
    "back": later("Back button"),
    "forward": later("Forward button"),
}
_MODIFIERS = {"": "", "ctrl+": "Ctrl+", "shift+": "Shift+", "alt+": "Alt+"}
_USES = {
    "tool": later("The chosen tool; window and level until another is chosen"),
    "window": later("Window and level: right widens, down darkens"),
    "pan": later("Pan"),
    "zoom": later("Zoom"),
    "scroll": later("Next and previous film of the study"),
    "magnifier": later("Magnifier, while the button is down"),
    "none": later("Nothing"),
    "same": later("The same as without the key"),
}


def gesture_words(gesture: str) -> str:
    """ "ctrl+left" is "Ctrl+Left drag"."""
    modifier, plus, name = gesture.rpartition("+")
    return _MODIFIERS[modifier + plus] + tr(_GESTURES[name])


def use_words(use: str, entries: Mapping[str, ActionEntry]) -> str:
    """What a gesture does; a click names an action by its id."""
    if use in _USES:
        return tr(_USES[use])
    return tr(entries[use].title) if use in entries else use


def key_words(key: str) -> str:
    """A key as this computer's keyboard names it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key


def keys_words(keys: Iterable[str], *, is_held: bool = False) -> str:
    said = ", ".join(key_words(key) for key in keys)
    return tr("{keys}, held", keys=said) if is_held and said else said


def menu_words(menu: str) -> str:
    """ "View/Window" is "View ▸ Window"."""
    return " ▸ ".join(tr(part) for part in menu.split("/"))


def key_groups(
    entries: Mapping[str, ActionEntry], keys: Mapping[str, tuple[str, ...]], mouse: Mapping[str, str]
) -> list[Group]:
    """Every key and gesture that does something now: the mouse first, then menu by menu."""
    groups: dict[str, list[Row]] = {}
    for name, entry in entries.items():
        if said := keys_words(keys.get(name, ()), is_held=entry.is_held):
            groups.setdefault(entry.menu, []).append((said, tr(entry.title)))
    hand = [*mouse_rows(entries, mouse), *((key, tr(what)) for key, what in BY_HAND)]
    return [(tr("Mouse"), hand), *((tr(menu.rpartition("/")[2]), rows) for menu, rows in groups.items())]


def mouse_rows(entries: Mapping[str, ActionEntry], mouse: Mapping[str, str]) -> list[Row]:
    """The gestures that do something, in the order of the hand."""
    return [
        (gesture_words(gesture), use_words(mouse[gesture], entries))
        for gesture in GESTURES
        if mouse.get(gesture, "none") not in ("none", SAME)
    ]

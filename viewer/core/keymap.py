"""Key maps: which keys and mouse gestures stand for which wishes. Plain data, read from JSON beside this file.

A map names only what it changes: every other wish keeps the key that the table of actions gives it. What the reader
changed lies over the chosen map. A key that a later layer takes is taken from whoever had it before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

FORMAT = 1
DEFAULT_MAP = "sidelight"

DRAG_USES = ("tool", "window", "pan", "zoom", "scroll", "magnifier", "none")
"""What a drag may do. `tool` is the tool that was chosen last; the window is set until another one is."""
WHEEL_USES = ("scroll", "zoom", "none")
SAME = "same"
"""With a modifier: the same as without it."""
BUTTONS = ("left", "middle", "right")
MODIFIERS = ("", "ctrl+", "shift+", "alt+")
CLICKS = ("double-click", "back", "forward")
"""Gestures that stand for an action, by its id, or "none"."""
DRAGS = tuple(modifier + button for button in BUTTONS for modifier in MODIFIERS)
WHEELS = tuple(modifier + "wheel" for modifier in MODIFIERS)

Keys = Mapping[str, tuple[str, ...]]  # action id to its keys, in Qt's portable words ("Ctrl+Shift+O")
Mouse = Mapping[str, str]  # gesture to its use


class KeyMapError(Exception):
    """A file is no key map; `str(error)` says what is wrong with it, for the reader."""


@dataclass(frozen=True, slots=True)
class KeyMap:
    """One set of habits. `note` says where the facts come from, and what could not be checked."""

    id: str
    title: str
    keys: Keys = field(default_factory=dict)
    mouse: Mouse = field(default_factory=dict)
    note: str = ""
    is_verified: bool = True


@cache
def bundled_maps() -> tuple[KeyMap, ...]:
    """The maps that come with the program, ours first."""
    folder = resources.files("viewer.core").joinpath("keymaps")
    files = [file for file in folder.iterdir() if file.name.endswith(".json")]
    maps = [parse(file.read_text("utf-8")) for file in files]
    return tuple(sorted(maps, key=lambda one: (one.id != DEFAULT_MAP, one.title)))


def map_named(map_id: str) -> KeyMap:
    """The bundled map of this id; ours where there is none."""
    maps = bundled_maps()
    return next((one for one in maps if one.id == map_id), maps[0])


def parse(text: str) -> KeyMap:
    """Read a key map file.

    Raises:
        KeyMapError: It is no JSON, of a later format, or says something that no map can say.
    """
    try:
        read = json.loads(text)
    except ValueError as error:
        raise KeyMapError(f"it is not JSON: {error}") from error
    if not isinstance(read, dict) or "format" not in read:
        raise KeyMapError("it does not say that it is a key map (there is no “format”)")
    if read["format"] != FORMAT:
        raise KeyMapError(f"it is of format {read['format']}, this program reads format {FORMAT}")
    return KeyMap(
        _text(read, "id"),
        _text(read, "title"),
        read_keys(read.get("keys", {})),
        read_mouse(read.get("mouse", {})),
        _text(read, "note"),
        read.get("verified", True) is True,
    )


def written(key_map: KeyMap) -> str:
    """The file that `parse` reads back as the same map."""
    return json.dumps(
        {
            "format": FORMAT,
            "id": key_map.id,
            "title": key_map.title,
            "note": key_map.note,
            "verified": key_map.is_verified,
            "keys": {action: list(keys) for action, keys in sorted(key_map.keys.items())},
            "mouse": dict(sorted(key_map.mouse.items())),
        },
        indent=2,
        ensure_ascii=False,
    )


def read_keys(value: object) -> dict[str, tuple[str, ...]]:
    """Action ids and their keys, as JSON has them.

    Raises:
        KeyMapError: It is something else.
    """
    if not isinstance(value, dict):
        raise KeyMapError("“keys” is not an object of action ids")
    for action, keys in value.items():
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise KeyMapError(f"the keys of “{action}” are not a list of texts")
    return {str(action): tuple(key for key in keys if key) for action, keys in value.items()}


def read_mouse(value: object) -> dict[str, str]:
    """Gestures and their uses, as JSON has them.

    Raises:
        KeyMapError: An unknown gesture, or a use that this gesture can't have.
    """
    if not isinstance(value, dict):
        raise KeyMapError("“mouse” is not an object of gestures")
    for gesture, use in value.items():
        if not isinstance(use, str) or not _is_use(gesture, use):
            raise KeyMapError(f"the mouse gesture “{gesture}” can't be “{use}”")
    return {str(gesture): str(use) for gesture, use in value.items()}


def layered(layers: Sequence[Keys]) -> dict[str, tuple[str, ...]]:
    """The keys that hold, later layers over earlier ones. A key that a layer gives is taken from its old owner."""
    held: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        taken = {key for keys in layer.values() for key in keys}
        held = {action: tuple(key for key in keys if key not in taken) for action, keys in held.items()}
        held.update(layer)
    return held


def conflicts(keys: Keys) -> dict[str, tuple[str, ...]]:
    """Keys that stand for more than one wish, with the ids of all of them; empty where all is well."""
    owners: dict[str, list[str]] = {}
    for action, own in keys.items():
        for key in dict.fromkeys(own):
            owners.setdefault(key, []).append(action)
    return {key: tuple(ids) for key, ids in owners.items() if len(ids) > 1}


def owners_of(keys: Keys, key: str, but: str = "") -> tuple[str, ...]:
    """The wishes that this key stands for, `but` left out."""
    return tuple(action for action, own in keys.items() if key in own and action != but)


def swapped(keys: Keys, action: str, key: str) -> dict[str, tuple[str, ...]]:
    """Give `key` to `action`; its former owner gets what `action` had, if that is one key. Says what changes."""
    before = keys.get(action, ())
    changed: dict[str, tuple[str, ...]] = {action: (key,)}
    for other in owners_of(keys, key, but=action):
        kept = tuple(one for one in keys[other] if one != key)
        changed[other] = kept or before[:1]
    return changed


def mouse_of(layers: Iterable[Mouse]) -> dict[str, str]:
    """The gestures that hold, later layers over earlier ones."""
    held: dict[str, str] = {}
    for layer in layers:
        held.update(layer)
    return held


def _is_use(gesture: object, use: str) -> bool:
    if use == SAME:
        return "+" in str(gesture) and gesture in DRAGS + WHEELS
    if gesture in DRAGS:
        return use in DRAG_USES
    return use in WHEEL_USES if gesture in WHEELS else gesture in CLICKS


def _text(read: Mapping[str, object], key: str) -> str:
    value = read.get(key, "")
    if not isinstance(value, str):
        raise KeyMapError(f"“{key}” is not a text")
    return value

"""The keys and mouse gestures that hold in this window: the chosen map, and over it what the reader changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from viewer.core import keymap
from viewer.core.keymap import DEFAULT_MAP, KeyMap, KeyMapError, map_named
from viewer.core.settings import Settings
from viewer.ui.actions import ActionEntry
from viewer.ui.keys.lone_keys import LONE
from viewer.ui.pointer import PointerMap

MAP_SETTING = "keys.map"
OWN_KEYS_SETTING = "keys.own_keys"
OWN_MOUSE_SETTING = "keys.own_mouse"


class KeyBindings(QObject):
    """Knows which key stands for which wish, and keeps the reader's changes in the settings."""

    changed = Signal()

    def __init__(
        self, settings: Settings, entries: Mapping[str, ActionEntry], actions: Mapping[str, QAction]
    ) -> None:
        """`entries` and `actions` are the window's own tables, which grow as panels add to them."""
        super().__init__()
        self._settings, self._entries, self._actions = settings, entries, actions
        self.map = map_named(settings.text(MAP_SETTING, DEFAULT_MAP))
        self.own_keys = self._stored_keys()
        self.own_mouse = self._stored_mouse()
        self._keys: dict[str, tuple[str, ...]] = {}
        self._held: dict[int, str] = {}

    # ── what holds ──────────────────────────────────────────────────────────────────────────────────────────

    def keys(self) -> dict[str, tuple[str, ...]]:
        """Action id to keys, for every entry of the window's table."""
        return self._keys

    def keys_of(self, action: str) -> tuple[str, ...]:
        return self._keys.get(action, ())

    def mouse(self) -> dict[str, str]:
        return keymap.mouse_of([map_named(DEFAULT_MAP).mouse, self.map.mouse, self.own_mouse])

    def pointer(self) -> PointerMap:
        return PointerMap(self.mouse())

    def held_action(self, event: QKeyEvent) -> str:
        """The wish that lasts while this key is down; empty for any other key."""
        return self._held.get(event.key(), "")

    def is_free_to_bind(self, action: str, key: str) -> bool:
        """False where a lone key would be too easily hit for what the action does."""
        return not self._entries[action].needs_modifier or _has_modifier(key)

    def apply(self) -> None:
        """Give every action of the window the keys that hold now."""
        known = self._entries
        layers = [self._defaults(), self.map.keys, self.own_keys]
        held = keymap.layered([{a: keys for a, keys in layer.items() if a in known} for layer in layers])
        self._keys = {
            a: tuple(key for key in keys if self.is_free_to_bind(a, key)) for a, keys in held.items()
        }
        self._held = {_key(key): a for a, keys in self._keys.items() if known[a].is_held for key in keys}
        for name, action in self._actions.items():
            if not known[name].is_held:
                keys = self._keys.get(name, ())
                action.setShortcuts([QKeySequence(each) for key in keys for each in pressed_as(key)])
                action.setAutoRepeat(not LONE & set(keys))  # one press of Enter answers one question
        self.changed.emit()

    def _defaults(self) -> dict[str, tuple[str, ...]]:
        """The table's own keys; of two entries with one key the first keeps it."""
        taken: set[str] = set()
        held: dict[str, tuple[str, ...]] = {}
        for name, entry in self._entries.items():
            key = portable(entry.shortcut)
            held[name] = (key,) if key and key not in taken else ()
            taken.add(key)
        return held

    # ── changing ────────────────────────────────────────────────────────────────────────────────────────────

    def choose_map(self, map_id: str) -> None:
        """Start from another map. What the reader changed by hand goes, or it would be a mixture of both."""
        self.map = map_named(map_id)
        self._settings.set(MAP_SETTING, self.map.id)
        self._keep({}, {})

    def set_keys(self, changed: Mapping[str, tuple[str, ...]]) -> None:
        self._keep({**self.own_keys, **changed}, self.own_mouse)

    def set_mouse(self, gesture: str, use: str) -> None:
        self._keep(self.own_keys, {**self.own_mouse, gesture: use})

    def reset(self, action: str) -> None:
        """The key that the chosen map gives the action, and nothing else."""
        self._keep({name: keys for name, keys in self.own_keys.items() if name != action}, self.own_mouse)

    def reset_all(self) -> None:
        self._keep({}, {})

    def restore(self, own_keys: Mapping[str, tuple[str, ...]], own_mouse: Mapping[str, str]) -> None:
        """Bring back changes by hand that were taken away."""
        self._keep(own_keys, own_mouse)

    def take(self, read: KeyMap) -> None:
        """Hold to a map from a file: its base is the bundled map of its id, what differs counts as changed by hand."""
        self.map = map_named(read.id)
        self._settings.set(MAP_SETTING, self.map.id)
        keys = {action: tuple(portable(key) for key in keys) for action, keys in read.keys.items()}
        self._keep(keys, dict(read.mouse))

    def whole(self) -> KeyMap:
        """Everything that holds, as one map to write into a file."""
        return replace(self.map, keys=self.keys(), mouse=self.mouse())

    def _keep(self, keys: Mapping[str, tuple[str, ...]], mouse: Mapping[str, str]) -> None:
        self.own_keys, self.own_mouse = dict(keys), dict(mouse)
        self._settings.set(OWN_KEYS_SETTING, {name: list(own) for name, own in keys.items()} or None)
        self._settings.set(OWN_MOUSE_SETTING, dict(mouse) or None)
        self.apply()

    def _stored_keys(self) -> dict[str, tuple[str, ...]]:
        try:
            kept = keymap.read_keys(self._settings.value(OWN_KEYS_SETTING) or {})
            return {action: tuple(portable(key) for key in keys) for action, keys in kept.items()}
        except KeyMapError:  # a settings file changed by hand; the map's keys hold
            return {}

    def _stored_mouse(self) -> dict[str, str]:
        try:
            return keymap.read_mouse(self._settings.value(OWN_MOUSE_SETTING) or {})
        except KeyMapError:
            return {}


def portable(key: str) -> str:
    """A key in Qt's portable words, however it was written. The numeric pad's Enter is called Return, as the other."""
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    return _with_last(text, "Enter", "Return")


def pressed_as(key: str) -> tuple[str, ...]:
    """What Qt calls the keys that this one stands for: Return is on most keyboards twice."""
    return tuple(dict.fromkeys((key, _with_last(key, "Return", "Enter"))))


def _with_last(key: str, old: str, new: str) -> str:
    rest, plus, last = key.rpartition("+")
    return rest + plus + new if last == old else key


def _key(key: str) -> int:
    """The key without its modifiers: what is held can't ask for two."""
    return int(QKeySequence(key)[0].key())  # type: ignore[index]  # the stubs forget operator[]


def _has_modifier(key: str) -> bool:
    return any(key.startswith(f"{modifier}+") for modifier in ("Ctrl", "Alt", "Meta"))

"""Wishes that last while a key is down: marks hidden, a magnifier, the prior in the current film's place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QKeyEvent

from viewer.ui.keys.bindings import KeyBindings


class HeldKeys:
    """Turns key down and key up into one call each. Every wish that began ends, whatever happens to the key."""

    def __init__(self, bindings: KeyBindings, wish: Callable[[str], Callable[..., None]]) -> None:
        self._bindings, self._wish = bindings, wish
        self._down: dict[int, str] = {}  # key to the wish that lasts

    def press(self, event: QKeyEvent) -> bool:
        """Begin what the key stands for; False where it stands for nothing that is held."""
        name = self._bindings.held_action(event)
        if not name:
            return False
        if not event.isAutoRepeat() and event.key() not in self._down:
            self._down[event.key()] = name
            self._wish(name)(True)
        return True

    def release(self, event: QKeyEvent) -> bool:
        """End what the key began; False where it began nothing."""
        if event.key() not in self._down:
            return False
        if not event.isAutoRepeat():
            self._wish(self._down.pop(event.key()))(False)
        return True

    def let_go(self) -> None:
        """End everything: the keys may come up in another window."""
        while self._down:
            _, name = self._down.popitem()
            self._wish(name)(False)

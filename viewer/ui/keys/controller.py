"""Carries out what the table says about keys: the `?` page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer.ui.keys.words import key_groups

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class Keys:
    """The part of the window for keys."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def show_keys(self) -> None:
        window = self._window
        if window.keys_page.isVisible():
            window.keys_page.hide()
            return
        bindings = window.bindings
        window.keys_page.show_groups(key_groups(window.entries, bindings.keys(), bindings.mouse()))

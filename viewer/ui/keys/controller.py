"""Carries out what the table says about keys, the tool bar, the palette and the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from viewer.core.language import tr
from viewer.ui.keys.bindings import MAP_SETTING
from viewer.ui.keys.dialog import KeysDialog
from viewer.ui.keys.lone_keys import LoneKeyGuard
from viewer.ui.keys.offer import OfferButton
from viewer.ui.keys.palette import CommandPalette, commands
from viewer.ui.keys.toolbar import ToolBar
from viewer.ui.keys.words import key_groups, keys_words

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

RECENT_SETTING, MOST_RECENT = "palette.recent", 12
TOOLBAR_SETTING = "window.toolbar"
ASKED_SETTING = "keys.was_offered"


class Keys:
    """The part of the window for keys: the `?` page, the dialog, the palette and the tool bar."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.palette = CommandPalette(window, self._run)
        self.toolbar: ToolBar | None = None
        self._dialog: KeysDialog | None = None
        self.offer = OfferButton()

    def window_is_built(self) -> None:
        """Put the tool bar and the first start's line into the window; the table is complete."""
        window = self._window
        self.toolbar = ToolBar(window, window.entries, window.actions_by_id)
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.toolbar)
        is_shown = window.settings.flag(TOOLBAR_SETTING, True)
        self.toolbar.setVisible(is_shown)
        window.actions_by_id["toggle_toolbar"].setChecked(is_shown)
        self.offer.clicked.connect(self.edit_keys)
        window.statusBar().insertPermanentWidget(2, self.offer)  # after the progress and the message
        self.offer.setVisible(
            not window.settings.text(MAP_SETTING) and not window.settings.flag(ASKED_SETTING)
        )
        window.bindings.changed.connect(self.refresh)
        LoneKeyGuard(window, window.keys_page.isVisible)
        self.refresh()

    def refresh(self) -> None:
        """All words and keys again: the keys or the language changed."""
        window = self._window
        if self.toolbar is not None:
            said = {name: keys_words(keys) for name, keys in window.bindings.keys().items()}
            self.toolbar.show_words(window.entries, window.actions_by_id, said)
        self.offer.setText(tr("Used to the keys of another viewer? Choose them here."))
        if window.keys_page.isVisible():
            self._fill_page()

    def say_again(self) -> None:
        self.refresh()
        if self._dialog is not None:
            self._dialog.retranslate()

    def show_keys(self) -> None:
        """The page of all keys that work here; the same key takes it away."""
        if self._window.keys_page.isVisible():
            self._window.keys_page.hide()
        else:
            self._fill_page()

    def _fill_page(self) -> None:
        window = self._window
        groups = key_groups(window.entries, window.bindings.keys(), window.bindings.mouse())
        window.keys_page.show_groups(groups, window.bindings.map.title)

    def edit_keys(self) -> None:
        """Open the dialog for keys and mouse."""
        window = self._window
        if self._dialog is None:
            self._dialog = KeysDialog(window, window.bindings, window.entries)
        window.settings.set(ASKED_SETTING, True)
        self.offer.hide()
        self._dialog.retranslate()
        self._dialog.show()
        self._dialog.raise_()

    def command_palette(self) -> None:
        window = self._window
        if self.palette.isVisible():
            self.palette.close_palette()
            return
        all_commands = commands(
            window.entries, window.actions_by_id, lambda name: keys_words(window.bindings.keys_of(name))
        )
        self.palette.open(all_commands, self._recent())

    def toggle_toolbar(self) -> None:
        is_shown = self._window.actions_by_id["toggle_toolbar"].isChecked()
        if self.toolbar is not None:
            self.toolbar.setVisible(is_shown)
        self._window.settings.set(TOOLBAR_SETTING, is_shown)

    def _run(self, name: str) -> None:
        recent = [name, *(other for other in self._recent() if other != name)]
        self._window.settings.set(RECENT_SETTING, list(recent[:MOST_RECENT]))
        self._window.trigger(name)

    def _recent(self) -> list[str]:
        value = self._window.settings.value(RECENT_SETTING)
        return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []

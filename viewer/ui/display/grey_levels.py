"""The keys 0 to 9 and the Window menu: presets, stored LUTs and windows by name, the reader's own windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from viewer.core.language import tr
from viewer.ui.display.kept_windows import keep, kept
from viewer.ui.windowing import kept_window, with_kept, with_stored

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class GreyLevels:
    """Carries out what the reader wishes about window and level, on the films that move together."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._stored_actions: list[QAction] = []

    def window_is_built(self) -> None:
        """Stored LUTs and windows are listed each time the menu opens."""
        menu = self._window.menus["View/Window"]
        menu.aboutToShow.connect(lambda: self.offer_stored(menu))

    def preset_0(self) -> None:
        self._window.films.preset(0)

    def preset_1(self) -> None:
        self._window.films.preset(1)

    def preset_2(self) -> None:
        self._window.films.preset(2)

    def preset_3(self) -> None:
        self._window.films.preset(3)

    def preset_4(self) -> None:
        self._window.films.preset(4)

    def preset_5(self) -> None:
        self._window.films.preset(5)

    def preset_6(self) -> None:
        self._window.films.preset(6)

    def preset_7(self) -> None:
        self._own(7)

    def preset_8(self) -> None:
        self._own(8)

    def preset_9(self) -> None:
        self._own(9)

    def keep_window_7(self) -> None:
        self._keep(7)

    def keep_window_8(self) -> None:
        self._keep(8)

    def keep_window_9(self) -> None:
        self._keep(9)

    def _own(self, key: int) -> None:
        active = self._window.films.active_loaded()
        if active is not None and any(own == key for own, _, _ in active.grey.presets):
            self._window.films.preset(key)  # a CT has a fifth preset of its own
            return
        found = kept(self._window.settings, key)
        if found is None:
            self._window.show_message(
                tr("No window is kept as {key} yet. Set one, then choose Window ▸ Keep this window.", key=key)
            )
            return
        self._window.films.change_window(lambda view, grey: with_kept(view, grey, f"own {key}", found))

    def _keep(self, key: int) -> None:
        films = self._window.films
        loaded = films.active_loaded()
        relative = kept_window(films.views[loaded.film.key], loaded.grey) if loaded else None
        if relative is None or loaded is None or loaded.pixels.stored.ndim == 3:
            self._window.show_message(tr("There is no window to keep: no grey film is on screen."))
            return
        keep(self._window.settings, key, relative)
        problem = self._window.settings.problem
        said = tr("Kept as {key}, relative to the range of each film. Key {key} shows it.", key=key)
        self._window.show_message(problem or said)

    # ── stored LUTs and windows by name ─────────────────────────────────────────────────────────────────────

    def offer_stored(self, menu: QMenu) -> None:
        """List what the active film brings along, by LUT Explanation and Window Explanation; made at each opening."""
        for action in self._stored_actions:
            menu.removeAction(action)
            action.deleteLater()
        self._stored_actions.clear()
        loaded = self._window.films.active_loaded()
        if loaded is None or not loaded.grey.stored:
            return
        chosen = self._window.films.views[loaded.film.key].voi
        self._stored_actions.append(menu.addSeparator())
        for name, voi in loaded.grey.stored:
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(voi == chosen)
            action.triggered.connect(lambda _checked=False, name=name: self.choose_stored(name))
            self._stored_actions.append(action)

    def choose_stored(self, name: str) -> None:
        """Show the films through the stored LUT or window of this name; one that has none stays as it is."""
        self._window.films.change_window(lambda view, grey: with_stored(view, grey, name))

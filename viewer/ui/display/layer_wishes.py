"""Shutter and overlay planes of the active film on and off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.ui.film_view import FilmView

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class LayerWishes:
    """Opens and closes the shutter, shows and hides the overlays. Pixels are never touched."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def window_is_built(self) -> None:
        """The menu says how things are with the film that is active when it opens."""
        self._window.menus["View"].aboutToShow.connect(self.show_state)
        self.show_state()

    def toggle_overlays(self) -> None:
        self._window.films.change_active(
            lambda view: replace(view, are_overlays_hidden=not view.are_overlays_hidden)
        )
        self.show_state()

    def toggle_shutter(self) -> None:
        self._window.films.change_active(lambda view: replace(view, is_shutter_open=not view.is_shutter_open))
        self.show_state()

    def show_state(self) -> None:
        """Tick what is drawn. What the film has not got is not ticked; its key then does nothing that is seen."""
        films, actions = self._window.films, self._window.actions_by_id
        loaded = films.active_loaded()
        view = films.views[loaded.film.key] if loaded else FilmView()
        layers = loaded.layers if loaded else None
        actions["toggle_overlays"].setChecked(
            layers is not None and layers.has_overlays and not view.are_overlays_hidden
        )
        actions["toggle_shutter"].setChecked(
            layers is not None and layers.has_shutter and not view.is_shutter_open
        )

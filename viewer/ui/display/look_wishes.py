"""Edge enhancement and local contrast on and off, for the films that move together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.core.looks import Look

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class LookWishes:
    """One look at a time. In sync the prior gets it too: two processings side by side would look like a change."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def window_is_built(self) -> None:
        """The menu ticks the look of the film that is active, also after undo and reset."""
        self._window.films.refreshed.connect(self.show_state)
        self.show_state()

    def look_edges(self) -> None:
        self._toggle("edges")

    def look_clahe(self) -> None:
        self._toggle("clahe")

    def show_state(self) -> None:
        look = self._look()
        self._window.actions_by_id["look_edges"].setChecked(look == "edges")
        self._window.actions_by_id["look_clahe"].setChecked(look == "clahe")

    def _toggle(self, look: Look) -> None:
        wanted: Look = "" if self._look() == look else look
        self._window.films.change_together(lambda _film, view: replace(view, look=wanted))
        self.show_state()  # also where no film is there to have it

    def _look(self) -> Look:
        films = self._window.films
        loaded = films.active_loaded()
        return films.views[loaded.film.key].look if loaded else ""

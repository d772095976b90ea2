"""What the reader can say about the way a film lies: that the header is wrong about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.ui.film_view import FilmView
from viewer.ui.placement import Posture

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class PostureWishes:
    """Sides come from the header or from nobody: a film whose header is wrong has no letters, and says so."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def window_is_built(self) -> None:
        self._window.films.active_changed.connect(lambda _key: self.show_active())
        self._window.films.film_shown.connect(lambda _key: self.show_active())

    def ignore_orientation(self) -> None:
        """The active film as it is stored, without letters; asked again: as its header says."""
        films = self._window.films
        loaded = films.loaded.get(self._window.active_film_key())
        if loaded is not None:
            upright = loaded.first_view.upright
            films.change_active(
                lambda view: trusted(view, upright) if view.is_orientation_ignored else ignored(view)
            )
        self.show_active()

    def show_active(self) -> None:
        view = self._window.films.views.get(self._window.active_film_key(), FilmView())
        self._window.actions_by_id["ignore_orientation"].setChecked(view.is_orientation_ignored)


def ignored(view: FilmView) -> FilmView:
    return replace(
        view, is_orientation_ignored=True, posture=Posture(), upright=Posture(), zoom=None, center=None
    )


def trusted(view: FilmView, upright: Posture) -> FilmView:
    return replace(
        view, is_orientation_ignored=False, posture=upright, upright=upright, zoom=None, center=None
    )

"""Small pictures of large films that are still being decoded: for the eye only, and marked as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from viewer.core.language import tr
from viewer.core.study import Film, FilmPixels
from viewer.ui.film_loader import LoadedFilm, load_film
from viewer.ui.film_picture import FilmPicture
from viewer.ui.film_view import FilmView
from viewer.ui.tools.shown import HumanMarks
from viewer.ui.viewport import ViewportState


class Previews:
    """What is shown of films that hang and are not there yet. Never kept beside the film itself."""

    def __init__(self, read_preview: Callable[[Film], FilmPixels | None]) -> None:
        self._read = read_preview
        self._shown: dict[str, tuple[FilmPicture, FilmView]] = {}

    def load(self, film: Film) -> LoadedFilm | None:
        """Decode a preview and choose its window; called from a worker thread. None where there is none."""
        pixels = self._read(film)
        return None if pixels is None else replace(load_film(film, lambda _film: pixels), is_preview=True)

    def take(self, loaded: LoadedFilm) -> None:
        """A preview has arrived."""
        self._shown[loaded.film.key] = (FilmPicture(loaded.pixels, loaded.layers), loaded.first_view)

    def drop(self, film_key: str) -> None:
        """The film itself has arrived, or is not waited for any more."""
        self._shown.pop(film_key, None)

    def picture(self, film_key: str) -> FilmPicture | None:
        shown = self._shown.get(film_key)
        return None if shown is None else shown[0]

    def over(self, state: ViewportState) -> ViewportState:
        """The state of a viewport that waits for its film, with the preview where there is one.

        It says that more is to come, and carries no marks: nobody measures on it.
        """
        shown = self._shown.get(state.slot.film.key) if state.slot else None
        if shown is None:
            return state
        return replace(
            state,
            view=shown[1] if state.view.voi is None else state.view,
            message="",
            marks=(),
            human=HumanMarks(),
            badges=(*state.badges, tr("PREVIEW – the whole film is being decoded")),
            is_stand_in=True,
        )

"""Draws a large film smooth in a worker thread, so that the window never waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from viewer.ui.background import Background
from viewer.ui.film_picture import Drawable, FilmPicture
from viewer.ui.film_view import FilmView

log = logging.getLogger(__name__)

Wanted = tuple[FilmView, tuple[int, int]]
"""How the film is looked at, and the size of the viewport in device pixels."""


class FineDrawing:
    """One drawing at a time; of several wishes only the newest is carried out after it."""

    def __init__(
        self, background: Background, take: Callable[[FilmPicture, Wanted, Drawable | None], None]
    ) -> None:
        self._background, self._take = background, take
        self._is_drawing = False
        self._next: tuple[FilmPicture, Wanted] | None = None

    def ask(self, picture: FilmPicture, wanted: Wanted) -> None:
        """Draw this as soon as the last drawing is done; `take` is called with it in the GUI thread."""
        self._next = picture, wanted
        if not self._is_drawing:
            self._begin()

    def forget(self) -> None:
        """What has not begun is not drawn any more."""
        self._next = None

    def _begin(self) -> None:
        if self._next is None:
            return
        (picture, wanted), self._next = self._next, None

        def work(is_stopped: Callable[[], bool]) -> Iterator[Drawable | None]:
            if not is_stopped():
                yield picture.fine(*wanted)

        self._is_drawing = True
        self._background.start(work, lambda drawn: self._take(picture, wanted, drawn), self._end)

    def _end(self, error: BaseException | None) -> None:
        self._is_drawing = False
        if error is not None:  # the quick drawing stays on screen
            log.error("a film could not be drawn smooth", exc_info=error)
        if not self._background.is_closed:
            self._begin()

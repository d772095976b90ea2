"""Small pictures for the films that the study list shows, made while nothing else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QPixmap

from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels
from viewer.ui.background import Task
from viewer.ui.film_loader import load_film
from viewer.ui.film_picture import picture_of
from viewer.ui.raster import thumbnail
from viewer.ui.studies.row_painter import THUMBNAIL

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

REST_MS = 400
"""The list has stood still for so long before its films are looked at."""

Small = tuple[str, NDArray[np.uint8] | None]
"""A film's key and its grey levels; None where it can't be decoded."""


class Thumbnails:
    """Decodes the films of the rows in view, one after the other, and keeps only their small pictures.

    A scan, and films that the reader waits for, go first.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._refused: set[str] = set()  # can't be decoded: not tried again
        self._task: Task | None = None
        self._is_closed = False
        self._rest = QTimer(window, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._look)

    def window_is_built(self) -> None:
        window, model = self._window, self._window.studies.model
        for moment in (
            model.rowsInserted,
            model.rowsRemoved,
            window.studies.view.verticalScrollBar().valueChanged,
            window.light_box.session_changed,
            window.films.film_shown,
        ):
            moment.connect(self._wait)
        window.light_box.hung_changed.connect(self._make_way)
        window.closing.connect(self._close)

    def _wait(self, *_: object) -> None:
        if not self._is_closed:
            self._rest.start()

    def _make_way(self) -> None:
        """The reader wants to see a film; the list can wait."""
        if self._task is not None:
            self._task.stop()
        self._wait()

    def _close(self) -> None:
        self._is_closed = True
        self._rest.stop()
        self._make_way()

    def _look(self) -> None:
        if self._task is not None:
            return
        if self._window.light_box.session.is_scanning or self._window.films.is_loading:
            self._wait()
            return
        wanted = self._films_in_view()
        if not wanted:
            return
        read = self._window.pixel_store.glance
        side = round(THUMBNAIL * max(2.0, self._window.devicePixelRatioF()))

        def work(is_stopped: Callable[[], bool]) -> Iterator[Small]:
            for film in wanted:
                if is_stopped():
                    return
                yield film.key, small_picture(film, read, side)

        self._task = self._window.background.start(work, self._take, self._end)

    def _take(self, small: Small) -> None:
        key, levels = small
        if levels is None:
            self._refused.add(key)
        elif key not in self._window.studies.model.thumbnails:
            self._window.studies.set_thumbnail(key, QPixmap.fromImage(picture_of(levels)))

    def _end(self, error: BaseException | None) -> None:
        self._task = None
        if error is None:
            self._wait()  # the list may have been scrolled meanwhile

    def _films_in_view(self) -> list[Film]:
        """Films of the rows that can be seen and have no picture yet, from top to bottom."""
        studies = self._window.studies
        bottom = studies.view.viewport().height() - 1
        first = studies.view.indexAt(QPoint(4, 0)).row()
        last = studies.view.indexAt(QPoint(4, bottom)).row()
        rows = studies.model.rows[max(first, 0) : last + 1 if last >= 0 else None]
        known = self._refused | studies.model.thumbnails.keys()
        keys = [row.key for row in rows if row.kind == "film" and row.key not in known]
        if not keys:
            return []
        films = {film.key: film for film in self._window.light_box.session.films if film.key in keys}
        return [films[key] for key in keys if key in films]


def small_picture(film: Film, read: Callable[[Film], FilmPixels], side: int) -> NDArray[np.uint8] | None:
    """The film as it is first shown, about `side` pixels on its longer side; None where it can't be decoded."""
    try:
        loaded = load_film(film, read)
    except FilmError:
        return None
    return thumbnail(loaded.pixels, loaded.grey.as_acquired, loaded.first_view.posture, side)

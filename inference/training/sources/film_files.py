"""Opens the films of a source through the viewer's own reader, so that the model learns from what the reader sees.

Files are parsed and decoded in the reader's sandboxed worker (docs/decoders.md), DICOM, PNG and JPEG alike.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from inference.backend import FilmInput
from inference.client import film_input
from inference.errors import InvalidFilm
from inference.training.rows import KnownFilm, UnreadableFilm
from viewer.core.errors import FilmError
from viewer.core.reader import FilmReader
from viewer.core.study import Source

PlaceOf = Callable[[KnownFilm], tuple[Source, int]]
"""The file of a film, and which of its frames. Raises UnreadableFilm where there is none."""


class FilmFiles:
    """The `open_film` of a data set whose films are files. Safe to call from several threads.

    The decode worker starts with the first film and ends with the data set.
    """

    def __init__(self, place_of: PlaceOf, workers: int = 1) -> None:
        self._place_of, self._workers = place_of, workers
        self._reader: FilmReader | None = None
        self._starting = threading.Lock()

    def __call__(self, film: KnownFilm) -> FilmInput:
        """The film, decoded.

        Raises:
            UnreadableFilm: Its file is not there, is damaged, or holds no film.
        """
        source, frame = self._place_of(film)
        try:
            reader = self._started()
            opened = reader.open(source)
            return film_input(opened, reader.pixels(opened, frame))
        except FilmError as error:
            raise UnreadableFilm(error.reason) from error
        except (InvalidFilm, OSError) as error:
            raise UnreadableFilm(str(error)) from error

    def _started(self) -> FilmReader:
        with self._starting:
            if self._reader is None:
                self._reader = FilmReader(self._workers)
                weakref.finalize(self, self._reader.close)
            return self._reader


def films_below(root: Path) -> FilmFiles:
    """For sources whose film keys are paths below `root`, with / between the folders."""

    def place_of(film: KnownFilm) -> tuple[Source, int]:
        path = PurePosixPath(film.key)
        if path.is_absolute() or ".." in path.parts:
            raise UnreadableFilm("The film's path leads out of the data set's folder.")
        return Source(root / path), 0

    return FilmFiles(place_of)

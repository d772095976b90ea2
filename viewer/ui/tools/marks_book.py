"""The marks of all films of this session, read when a film is shown and kept at every change, off the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Signal

from viewer.core.measure.annotation import FilmMarks, merged
from viewer.core.measure.marks_file import FilmId, MarksFile
from viewer.core.study import Film
from viewer.ui.background import Background


class MarksBook(QObject):
    """Film key to marks. What is drawn counts at once; the file follows, newest state first."""

    changed = Signal(str)  # film key
    said = Signal(str)

    def __init__(self, background: Background, file: MarksFile | None = None) -> None:
        super().__init__()
        self._background, self._file = background, file or MarksFile()
        self._marks: dict[str, FilmMarks] = {}
        self._films: dict[str, Film] = {}
        self._unread: set[str] = set()  # not here yet: nothing is written over what was kept before
        self._reading: set[str] = set()
        self._unwritten: dict[FilmId, FilmMarks] = {}
        self._is_writing = False
        self._order = threading.Lock()  # of two writings the one with the newer marks is the later one

    def marks_of(self, film_key: str) -> FilmMarks:
        return self._marks.get(film_key, FilmMarks())

    def film(self, film_key: str) -> Film | None:
        """A film that was shown in this session."""
        return self._films.get(film_key)

    def open(self, film: Film) -> None:
        """Read what was kept of a film; once per session."""
        if film.key in self._films or self._background.is_closed:
            return
        self._films[film.key] = film
        self._unread.add(film.key)
        self._read(film)

    def _read(self, film: Film) -> None:
        if film.key in self._reading or self._background.is_closed:
            return

        def work(is_stopped: Callable[[], bool]) -> Iterator[FilmMarks]:
            if not is_stopped():
                yield self._file.read(_id(film))

        def end(error: BaseException | None) -> None:
            self._reading.discard(film.key)
            if error is not None:  # it is tried again with the next mark
                self.said.emit(str(error))

        self._reading.add(film.key)
        self._background.start(work, lambda marks: self._take(film, marks), end)

    def put(self, film_key: str, marks: FilmMarks) -> None:
        """Exchange a film's marks and keep them."""
        if marks == self.marks_of(film_key):
            return
        self._marks[film_key] = marks
        if film_key in self._unread:
            self._read(self._films[film_key])
        else:
            self._keep(film_key)
        self.changed.emit(film_key)

    def close(self) -> None:
        """Write what is not written yet; the window is closing.

        Raises:
            MarksFileError: It could not be kept.
        """
        for film_key in tuple(self._unread):
            film = self._films[film_key]
            if self.marks_of(film_key) != FilmMarks():  # drawn before the old ones had arrived
                self._take(film, self._file.read(_id(film)))
        with self._order:
            waiting, self._unwritten = self._unwritten, {}
            if waiting:
                self._file.write(waiting)

    def _take(self, film: Film, kept: FilmMarks) -> None:
        """What was kept has arrived; what the reader drew in the meantime stays."""
        drawn = self.marks_of(film.key)
        self._unread.discard(film.key)
        self._marks[film.key] = merged(kept, drawn)
        if drawn != FilmMarks():
            self._keep(film.key)
        self.changed.emit(film.key)

    def _keep(self, film_key: str) -> None:
        self._unwritten[_id(self._films[film_key])] = self._marks[film_key]
        self._write()

    def _write(self) -> None:
        if self._is_writing or not self._unwritten or self._background.is_closed:
            return
        self._is_writing = True

        def work(is_stopped: Callable[[], bool]) -> Iterator[None]:  # noqa: ARG001 - it is written even when closing
            while self._unwritten:
                with self._order:
                    films = dict(self._unwritten)
                    self._file.write(films)
                for film, marks in films.items():
                    if self._unwritten.get(film) is marks:
                        self._unwritten.pop(film, None)
            yield from ()

        self._background.start(work, lambda _: None, self._end_writing)

    def _end_writing(self, error: BaseException | None) -> None:
        self._is_writing = False
        if error is not None:
            self.said.emit(str(error))
        else:
            self._write()


def _id(film: Film) -> FilmId:
    frame = f"@{film.frame}" if film.frame else ""
    return film.header.sop_instance_uid, film.file_sha256 + frame

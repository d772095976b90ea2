"""Reads slices in a worker thread, the most urgent first; what is wanted may change at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels
from viewer.ui.background import Background, Task
from viewer.ui.pixel_store import PixelStore


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One slice that was read, or why it could not be."""

    film: Film
    pixels: FilmPixels | None
    error: FilmError | None = None


class SliceFetch:
    """Fills the pixel store with what is wanted. Lives in the GUI thread; only `_work` runs beside it."""

    def __init__(self, background: Background, store: PixelStore, on_slice: Callable[[Slice], None]) -> None:
        self._background, self._store, self._on_slice = background, store, on_slice
        self._lock = threading.Lock()
        self._wanted: list[Film] = []  # the most urgent last
        self._task: Task | None = None
        self._is_closed = False

    def want(self, films: Iterable[Film]) -> None:
        """Read these, the first one first. What was wanted before and is not among them is not read any more."""
        wanted = list(films)
        if all(self._store.holds(film) for film in wanted):
            wanted = []  # no thread for nothing
        with self._lock:
            self._wanted = wanted[::-1]
        self._start()

    def close(self) -> None:
        """Read nothing more."""
        self._is_closed = True
        self.want(())
        if self._task is not None:
            self._task.stop()

    def _start(self) -> None:
        if self._task is None and self._wanted and not self._is_closed:
            self._task = self._background.start(self._work, self._on_slice, self._end)

    def _work(self, is_stopped: Callable[[], bool]) -> Iterator[Slice]:
        while not is_stopped() and (film := self._next()) is not None:
            try:
                yield Slice(film, self._store.read(film))
            except FilmError as error:
                yield Slice(film, None, error)

    def _next(self) -> Film | None:
        with self._lock:
            while self._wanted:
                film = self._wanted.pop()
                if not self._store.holds(film):
                    return film
        return None

    def _end(self, error: BaseException | None) -> None:
        self._task = None
        if error is not None:
            raise error
        self._start()  # something was wanted just as the thread had run out of work

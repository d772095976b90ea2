"""What the window keys of a stack refer to: measured on its middle slice, and again when more of it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from viewer.core.stacks import Stack
from viewer.core.study import Film, FilmPixels
from viewer.ui.background import Background
from viewer.ui.film_loader import LoadedFilm, load_film
from viewer.ui.films_area import FilmsArea
from viewer.ui.hanging_choice import Slot


class StackMeasure:
    """One measured slice for each stack on screen; the first slice often shows too little to be measured."""

    def __init__(
        self, films: FilmsArea, background: Background, read_pixels: Callable[[Film], FilmPixels]
    ) -> None:
        self._films, self._background, self._read_pixels = films, background, read_pixels
        self._measured: dict[str, LoadedFilm] = {}  # by stack
        self._at_work: set[str] = set()
        self._failed: set[str] = set()
        self._is_closed = False

    def of(self, stack: Stack) -> LoadedFilm | None:
        """What slices of the stack share; None until one of them was loaded."""
        return self._measured.get(stack.key)

    def close(self) -> None:
        self._is_closed = True

    def look(self) -> None:
        """See what hangs now; measure where the middle of a stack is another slice than the measured one."""
        hung = {slot.stack.key for slot in self._films.slots if slot.stack is not None}
        self._measured = {key: loaded for key, loaded in self._measured.items() if key in hung}
        for slot in self._films.slots:
            loaded = self._films.loaded.get(slot.film.key)
            if slot.stack is None or loaded is None:
                continue
            measured = self._measured.setdefault(slot.stack.key, loaded)
            if measured.measured_key != slot.stack.middle.key:
                self._measure(slot, slot.stack)

    def _measure(self, slot: Slot, stack: Stack) -> None:
        film, middle = slot.film, stack.middle
        if stack.key in self._at_work or middle.key in self._failed or self._is_closed:
            return
        self._at_work.add(stack.key)

        def work(is_stopped: Callable[[], bool]) -> Iterator[LoadedFilm]:
            if not is_stopped():
                yield load_film(film, self._read_pixels, middle)

        def end(error: BaseException | None) -> None:
            self._at_work.discard(stack.key)
            if error is not None:
                self._failed.add(middle.key)
            self.look()

        self._background.start(work, lambda loaded: self._take(stack.key, middle.key, loaded), end)

    def _take(self, stack_key: str, middle_key: str, loaded: LoadedFilm) -> None:
        """Use it from now on; the window on screen follows where the reader has not set another."""
        before = self._measured.get(stack_key)
        if before is None:
            return
        if loaded.measured_key != middle_key:
            self._failed.add(middle_key)  # it can't be decoded; what was measured before stays
            return
        self._measured[stack_key] = loaded
        films = self._films
        for slot in films.slots:
            shown = films.loaded.get(slot.film.key)
            if slot.stack is None or slot.stack.key != stack_key or shown is None:
                continue
            view, first = films.views[slot.film.key], loaded.first_view
            if view.voi == before.first_view.voi:
                view = replace(view, voi=first.voi, voi_name=first.voi_name)
            films.remeasure(replace(shown, grey=loaded.grey, first_view=first), view)

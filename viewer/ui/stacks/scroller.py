"""Which slice each viewport shows and which it should show; the two differ while a slice is read.

A slice is only ever shown together with its own number: `FilmsArea.show_slice` exchanges both at once, and what
arrives late merely lies in the pixel store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from viewer.core.stacks import Stack, nearest, position_in, share_positions
from viewer.core.study import Film, FilmPixels, recognised
from viewer.ui.background import Background
from viewer.ui.film_loader import LoadedFilm
from viewer.ui.films_area import FilmsArea
from viewer.ui.pixel_store import PixelStore
from viewer.ui.stacks.ahead import read_order
from viewer.ui.stacks.fetch import Slice, SliceFetch
from viewer.ui.stacks.measure import StackMeasure

SHARE_OF_STORE = 0.5
"""Slices read ahead take at most this part of the pixel store: what is on screen and was seen last stays."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The slice that a viewport should show."""

    stack_key: str
    film: Film
    direction: int


class Scroller(QObject):
    """Scrolls the stacks of a films area. Never waits: what is not there yet is read in the background."""

    wish_changed = Signal()
    scrolled_by_hand = Signal()

    def __init__(self, films: FilmsArea, background: Background, store: PixelStore) -> None:
        super().__init__(films)
        self._films, self._store = films, store
        self._fetch = SliceFetch(background, store, self._take)
        self._wishes: dict[int, Wish] = {}
        self._measure = StackMeasure(films, background, store.read)
        self._read_for: dict[int, Stack] = {}  # what was read ahead for last, by viewport
        films.slices_wished.connect(self.scroll)
        films.refreshed.connect(self._look)

    def close(self) -> None:
        """Read nothing more; the window is closing."""
        self._fetch.close()
        self._measure.close()

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────

    def scroll(self, index: int, by: int) -> None:
        """So many slices on; stops at the ends."""
        stack = self.stack(index)
        if stack is not None:
            self.go_to(index, self.wanted(index) + by)

    def go_to(self, index: int, at: int, *, direction: int = 0) -> None:
        """Show slice `at` (from 0, cut to the stack's ends), and in other viewports what lies at the same place.

        `direction` is the way a running stack goes, 1 or -1; 0: the reader scrolls.
        """
        if not direction:
            self.scrolled_by_hand.emit()
        stack = self.stack(index)
        if stack is None:
            return
        at = min(max(at, 0), len(stack.slices) - 1)
        if at == self.wanted(index):
            return
        self._wish(index, at, direction)
        if self._films.is_in_sync:
            for other in range(len(self._films.slots)):
                self._follow(other, index, at)
        self._read_on(index)
        self.wish_changed.emit()

    def stack(self, index: int) -> Stack | None:
        return self._films.slots[index].stack if 0 <= index < len(self._films.slots) else None

    def wanted(self, index: int) -> int:
        """The place that the viewport should show, from 0; the shown one where no other is wished."""
        slot, wish = self._films.slots[index], self._wish_of(index)
        place = slot.stack.at(wish.film.key) if wish and slot.stack else None
        return slot.at if place is None else place

    def is_late(self, index: int) -> bool:
        """True while another slice than the wanted one is on screen."""
        return self.wanted(index) != self._films.slots[index].at

    def _follow(self, other: int, index: int, at: int) -> None:
        leader, stack = self.stack(index), self.stack(other)
        if other == index or leader is None or stack is None or not share_positions(leader, stack):
            return
        position = position_in(stack, leader, at)
        place = None if position is None else nearest(stack, position)
        if place is not None and place != self.wanted(other):
            self._wish(other, place, 0)

    def _wish(self, index: int, at: int, direction: int) -> None:
        stack = self.stack(index)
        assert stack is not None
        film = stack.slices[at]
        direction = direction or (1 if at > self.wanted(index) else -1)
        self._wishes[index] = Wish(stack.key, film, direction)
        if film.key in self._films.failures:
            self._show(index, at, None)
        elif (pixels := self._store.kept(film)) is not None:
            self._show(index, at, pixels)

    def _wish_of(self, index: int) -> Wish | None:
        """The wish for what hangs there now; one for another stack is out of date."""
        wish, stack = self._wishes.get(index), self.stack(index)
        return wish if wish is not None and stack is not None and wish.stack_key == stack.key else None

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def _read_on(self, leading: int) -> None:
        """What is wanted comes first, of every viewport, then what lies ahead of the one that is scrolled."""
        indices = [index for index in range(len(self._films.slots)) if self.stack(index) is not None]
        indices.sort(key=lambda index: index != leading)
        orders = [self._order(index, len(indices)) for index in indices]
        self._fetch.want(
            [film for order in orders for film in order[:1]] + [f for o in orders for f in o[1:]]
        )

    def _order(self, index: int, stacks: int) -> list[Film]:
        stack, wish = self.stack(index), self._wish_of(index)
        assert stack is not None
        size = max(1, _bytes_of(stack.first))
        most = int(self._store.cap_bytes * SHARE_OF_STORE / stacks / size)
        order = read_order(self.wanted(index), len(stack.slices), wish.direction if wish else 1, most)
        films = [stack.slices[at] for at in order]
        return [film for film in films if film.key not in self._films.failures]

    def _look(self) -> None:
        """Read ahead where another stack hangs, or more of it was found."""
        self._measure.look()
        for index, slot in enumerate(self._films.slots):
            is_new = slot.stack is not None and self._read_for.get(index) is not slot.stack
            if is_new and slot.stack is not None and slot.film.key in self._films.loaded:
                self._read_for[index] = slot.stack
                self._read_on(index)

    def _take(self, arrived: Slice) -> None:
        """A slice was read: show it where it is wanted, or where it lies on the way to the wanted one."""
        if arrived.error is not None:
            self._films.fail(arrived.film, arrived.error)
        for index in tuple(self._wishes):
            wish, stack = self._wish_of(index), self.stack(index)
            place = stack.at(arrived.film.key) if wish and stack else None
            if wish is None or place is None or not self.is_late(index):
                continue
            shown, wanted = self._films.slots[index].at, self.wanted(index)
            is_on_the_way = (place - shown) * wish.direction > 0 and (wanted - place) * wish.direction > 0
            if place == wanted or (is_on_the_way and arrived.pixels is not None):
                self._show(index, place, arrived.pixels)
                self.wish_changed.emit()

    def _show(self, index: int, at: int, pixels: FilmPixels | None) -> None:
        stack = self.stack(index)
        assert stack is not None
        first = self._measure.of(stack)
        film = stack.slices[at]
        loaded = _like(first, film, pixels) if first is not None and pixels is not None else None
        self._films.show_slice(index, at, loaded)


def _like(first: LoadedFilm, film: Film, pixels: FilmPixels) -> LoadedFilm:
    """A slice that shares window keys and first view with its stack."""
    shared = tuple(notice for notice in first.notices if notice not in first.pixels.notices)
    return replace(first, film=recognised(film, pixels), pixels=pixels, notices=(*pixels.notices, *shared))


def _bytes_of(film: Film) -> int:
    pixels = film.header.pixels
    return pixels.rows * pixels.columns * pixels.samples_per_pixel * max(1, pixels.bits_allocated // 8)

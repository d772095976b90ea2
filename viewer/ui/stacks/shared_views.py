"""How films are looked at, by film key; all slices of a stack share one view. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from viewer.ui.film_view import FilmView
from viewer.ui.hanging_choice import Slot


class SharedViews(MutableMapping[str, FilmView]):
    """A dict by film key, where the window, zoom and posture set for one slice hold for its whole stack."""

    def __init__(self) -> None:
        self._views: dict[str, FilmView] = {}
        self._stack_of: dict[str, str] = {}

    def share(self, slot: Slot) -> None:
        """Let the slot's film have the view of its stack from now on."""
        if slot.stack is None:
            return
        own, shared = slot.film.key, slot.stack.key
        if own in self._views and own != shared:  # it hung alone before more slices were found
            self._views.setdefault(shared, self._views.pop(own))
        self._stack_of[own] = shared

    def __getitem__(self, film_key: str) -> FilmView:
        return self._views[self._stack_of.get(film_key, film_key)]

    def __setitem__(self, film_key: str, view: FilmView) -> None:
        self._views[self._stack_of.get(film_key, film_key)] = view

    def __delitem__(self, film_key: str) -> None:
        del self._views[self._stack_of.get(film_key, film_key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

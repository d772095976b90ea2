"""Brings films side by side into sight, and the regions in them that something is said about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.api import Xyxy
from viewer.core.study import Film, PixelDescription, Study
from viewer.ui.film_view import FilmView, placement_of, zoom_of
from viewer.ui.placement import fitting_zoom

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

ROOM = 0.8
"""A region that is brought into sight takes at most this part of its viewport."""
BESIDE = "chest-2"
"""The bundled protocol that hangs the prior beside the current film."""


class Sight:
    """Carries out `viewer.api.Host.show_films` on a window."""

    def __init__(self, window: MainWindow, end_step: Callable[[], None]) -> None:
        """`end_step`: what has changed so far is one step to undo."""
        self._window, self._end_step = window, end_step
        self._waiting: dict[str, Xyxy] = {}  # regions by the key of their film, until it is loaded

    def show(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None) -> None:
        """See `viewer.api.Host.show_films`.

        Raises:
            ValueError: There are not as many regions as films.
        """
        if regions is not None and len(regions) != len(film_keys):
            raise ValueError(f"{len(regions)} regions of {len(film_keys)} films")
        self._end_step()
        for film_key in film_keys:
            self._hang(film_key)
        there = [key for key in film_keys if self._hangs(key)]
        if not there:
            return
        films = self._window.films
        if films.maximised is not None and len(there) > 1:
            films.toggle_maximised()
        films.show_film(there[0])
        self._waiting = dict(zip(film_keys, regions or (), strict=False))
        for key in there:
            self._bring_into_sight(key)
        self._end_step()

    def film_shown(self, film_key: str) -> None:
        """A film is on screen: its region may have been waited for."""
        if film_key in self._waiting:
            self._end_step()
            self._bring_into_sight(film_key)
            self._end_step()

    def _bring_into_sight(self, film_key: str) -> None:
        films = self._window.films
        loaded = films.loaded.get(film_key)
        if loaded is None or film_key not in self._waiting:
            return
        region = self._waiting.pop(film_key)
        layout = films.layout()
        if layout is not None:
            layout.activate()  # viewports that have just come have their size now
        index = next(at for at, slot in enumerate(films.slots) if slot.film.key == film_key)
        before, size = films.shown_view(index), films.viewports[index].device_size
        after = in_sight(before, loaded.pixels.description, size, region)
        if after != before:
            films.put_view(film_key, after)
            films.view_changed.emit(film_key, before, after)

    # ── hanging ─────────────────────────────────────────────────────────────────────────────────────────────

    def _hangs(self, film_key: str) -> bool:
        return any(slot.film.key == film_key for slot in self._window.films.slots)

    def _hang(self, film_key: str) -> None:
        """Hang a film of this patient, the prior's beside the current one, with as little change as will do."""
        found = None if self._hangs(film_key) else self._study_of(film_key)
        if found is None:
            return
        box, (study, film) = self._window.light_box, found
        current = box.hung.hanging.current
        if current is not None and study.instance_uid == current.instance_uid:
            box.choose_film(film_key)
            return
        box.pin()
        shown = replace(box.choice, is_prior_shown=True)
        chosen = replace(shown, prior_uid=study.instance_uid, prior_of=film.key, prior_film_key=film.key)
        for choice in (shown, chosen, replace(chosen, protocol=BESIDE, viewports=None)):
            if not self._hangs(film_key):
                box.choose(choice)

    def _study_of(self, film_key: str) -> tuple[Study, Film] | None:
        """The film and its study, where it is of the patient on screen."""
        patient = self._window.light_box.hung.hanging.patient
        studies = patient.studies if patient else ()
        found = ((study, film) for study in studies for film in study.films if film.key == film_key)
        return next(found, None)


def in_sight(
    view: FilmView, description: PixelDescription, size: tuple[float, float], region: Xyxy
) -> FilmView:
    """The view with a region inside the viewport: as it is where it is inside, else with the region in the middle.

    The zoom is only changed for a region that is larger than the viewport.

    Args:
        view: How the film is looked at.
        description: Of its pixels.
        size: Width and height of the viewport in device pixels.
        region: In stored pixels.
    """
    left, top, right, bottom = placement_of(view, description, size).box_to_screen(region)
    if left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]:
        return view
    zoom = zoom_of(view, description, size)
    too_large = max((right - left) / size[0], (bottom - top) / size[1])
    if too_large > 1:
        zoom = max(zoom * ROOM / too_large, fitting_zoom(description, view.posture, size))
    x1, y1, x2, y2 = region
    middle = (
        min(max((x1 + x2) / 2, 0.0), float(description.columns)),
        min(max((y1 + y2) / 2, 0.0), float(description.rows)),
    )
    return replace(view, zoom=zoom, center=middle)

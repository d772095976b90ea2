"""Fetches the pictures that the model was given, once somebody wants to see them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from inference.errors import InferenceError
from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.seen.facts import seen_films
from plugin.seen.pictures import SeenPicture, seen_picture
from viewer.api import BackgroundTask, Hanging, Undo
from viewer.core.errors import FilmError
from viewer.core.study import Film

log = logging.getLogger(__name__)

MOST_KEPT = 24
"""Pictures; the largest known has 518 x 518 pixels, a quarter of a megabyte."""


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Connect the section to the desk. The returned function takes it away again."""
    part = SeenPart(desk, panel)
    panel.seen.opened.connect(part.fetch)
    return part.end


class SeenPart:
    """Keeps the pictures that were fetched; those on screen are prepared in one worker, one after the other."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        self._desk, self._panel = desk, panel
        self._kept: dict[str, SeenPicture] = {}  # by image and side, oldest first
        self._asked: set[str] = set()  # failed ones as well
        self._task: BackgroundTask | None = None

    def end(self) -> None:
        if self._task is not None:
            self._task.stop()

    def fetch(self) -> None:
        """Prepare what is missing of the films of the study on screen."""
        reading = self._desk.shown()
        side = reading.made_by.picture_side
        if self._task is not None or not side:
            self._show()
            return
        films = films_by_key(self._desk.hanging())
        wanted = {
            _name(seen.image, side): films[seen.film_key]
            for seen in seen_films(reading)
            if seen.was_seen and seen.film_key in films
        }
        missing = [film for name, film in wanted.items() if name not in self._asked]
        self._asked |= wanted.keys()
        if missing:
            self._task = self._desk.host.run_in_background(
                self._work(missing, side), lambda seen: self._keep(seen, side), self._ended
            )
        self._show()

    def _work(self, films: list[Film], side: int) -> Callable[[Callable[[], bool]], Iterator[SeenPicture]]:
        read_pixels = self._desk.host.read_pixels

        def work(is_stopped: Callable[[], bool]) -> Iterator[SeenPicture]:
            for film in films:
                if is_stopped():
                    return
                try:
                    yield seen_picture(film, read_pixels(film), side)
                except (FilmError, InferenceError) as error:  # the reading has told it already
                    log.info("no picture of a film: %s", type(error).__name__)

        return work

    def _keep(self, seen: SeenPicture, side: int) -> None:
        self._kept[_name(seen.image, side)] = seen
        while len(self._kept) > MOST_KEPT:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._asked.discard(oldest)
        self._show()

    def _ended(self, error: BaseException | None) -> None:
        self._task = None
        if error is not None:
            log.warning("the model's pictures could not be shown: %s", type(error).__name__)
        if self._panel.seen.is_open:
            self.fetch()  # another study may have come on screen meanwhile

    def _show(self) -> None:
        side = self._desk.shown().made_by.picture_side
        own = {seen.image: seen for name, seen in self._kept.items() if name == _name(seen.image, side)}
        self._panel.seen.show_pictures(own, is_waiting=self._task is not None)


def films_by_key(hanging: Hanging) -> dict[str, Film]:
    """The films whose pixels the window can give: those of the study and the prior on screen."""
    studies = (study for study in (hanging.current, hanging.prior) if study is not None)
    return {film.key: film for study in studies for film in study.films}


def _name(image: str, side: int) -> str:
    return f"{side} {image}"

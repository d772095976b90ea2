"""Statistics of the regions on screen: small ones at once, large ones in a worker thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from viewer.core.measure.annotation import Annotation, Kind
from viewer.core.measure.region import RegionStatistics, box_pixels, region_statistics
from viewer.core.measure.spacing import Point
from viewer.core.study import FilmPixels
from viewer.ui.background import Background

log = logging.getLogger(__name__)

QUICK_PIXELS = 200_000
"""So many pixels are measured in some milliseconds, while the mouse moves."""
MOST_KEPT = 256
Asked = tuple[str, Kind, tuple[Point, ...]]


class RegionValues:
    """Remembers what it measured. `on_ready` is called when a large region's values have arrived."""

    def __init__(self, background: Background, on_ready: Callable[[str], None]) -> None:
        self._background, self._on_ready = background, on_ready
        self._known: dict[Asked, RegionStatistics | None] = {}
        self._waiting: set[Asked] = set()

    def of(
        self, film_key: str, mark: Annotation, pixels: FilmPixels | None, *, is_moving: bool = False
    ) -> tuple[RegionStatistics | None, bool]:
        """Return the statistics, and whether they are still on their way.

        Args:
            film_key: The film.
            mark: An ellipse or a rectangle.
            pixels: The film's; None while it is not loaded.
            is_moving: It is being dragged: large ones wait until it is let go.
        """
        asked: Asked = (film_key, mark.kind, mark.points)
        if asked in self._known:
            return self._known[asked], False
        if pixels is None:
            return None, True
        corner, opposite = mark.points
        is_ellipse = mark.kind is Kind.ELLIPSE
        if box_pixels(corner, opposite) <= QUICK_PIXELS:
            self._keep(asked, region_statistics(pixels, corner, opposite, is_ellipse=is_ellipse))
            return self._known[asked], False
        if not is_moving and asked not in self._waiting and not self._background.is_closed:
            self._measure(asked, pixels)
        return None, True

    def _measure(self, asked: Asked, pixels: FilmPixels) -> None:
        film_key, kind, (corner, opposite) = asked

        def work(is_stopped: Callable[[], bool]) -> Iterator[RegionStatistics | None]:
            if not is_stopped():
                yield region_statistics(pixels, corner, opposite, is_ellipse=kind is Kind.ELLIPSE)

        def take(found: RegionStatistics | None) -> None:
            self._keep(asked, found)
            self._on_ready(film_key)

        def end(error: BaseException | None) -> None:
            self._waiting.discard(asked)
            if error is not None:
                log.error("a region could not be measured", exc_info=error)

        self._waiting.add(asked)
        self._background.start(work, take, end)

    def _keep(self, asked: Asked, found: RegionStatistics | None) -> None:
        self._known[asked] = found
        while len(self._known) > MOST_KEPT:
            self._known.pop(next(iter(self._known)))

"""Boxes of a film on the grid of the square that the model sees (m4cxr.md §5), mapped the way the engine does it."""

from __future__ import annotations

from collections.abc import Iterable

from inference.backend import Xyxy
from inference.boxes import GridBox, crop_square, to_grid, usable
from inference.film_picture import FilmFrame, film_frame
from inference.training.rows import DataSet, KnownBox, KnownFilm, UnreadableFilm

LEAST_INSIDE = 0.5
"""Of a box's area that must lie in the square: a model can't be asked for what it does not see."""


class Places:
    """The grid of a data set's films. A film is opened once for it: its header says how its picture stands."""

    def __init__(self, dataset: DataSet) -> None:
        self._dataset = dataset
        self._frames: dict[str, FilmFrame | None] = {}

    def on_grid(self, film: KnownFilm, boxes: Iterable[KnownBox]) -> tuple[GridBox, ...]:
        """The boxes that can be asked about, in their order; () where the film can't be read either."""
        frame = self._frame(film)
        if frame is None:
            return ()
        found = (_grid_box(frame, box.xyxy) for box in boxes)
        return tuple(dict.fromkeys(box for box in found if box is not None))

    def _frame(self, film: KnownFilm) -> FilmFrame | None:
        if film.key not in self._frames:
            try:
                self._frames[film.key] = film_frame(self._dataset.open_film(film).description)
            except UnreadableFilm:
                self._frames[film.key] = None  # the doctor names it; here it is only not asked about
        return self._frames[film.key]


def largest(boxes: Iterable[KnownBox]) -> list[KnownBox]:
    """The largest of the boxes, as a list of one."""
    return [max(boxes, key=lambda box: _area(box.xyxy))]


def _grid_box(frame: FilmFrame, xyxy: Xyxy) -> GridBox | None:
    width, height = frame.picture_size
    placed = frame.from_film(xyxy)
    left, top, right, bottom = crop_square(width, height)
    x1, y1, x2, y2 = placed
    inside = _area((max(x1, left), max(y1, top), min(x2, right), min(y2, bottom)))
    if not inside > 0 or inside < LEAST_INSIDE * _area(placed):  # NaN is refused as well
        return None
    return usable(to_grid(placed, width, height))


def _area(xyxy: Xyxy) -> float:
    x1, y1, x2, y2 = xyxy
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)

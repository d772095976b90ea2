"""The processed looks of one film, for what is drawn at rest. numpy only, no Qt; any thread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer.core.looks import (
    LocalContrast,
    edge_radius,
    enhance_edges,
    local_contrast,
    with_local_contrast,
)
from viewer.core.presentation import render
from viewer.core.study import FilmPixels
from viewer.core.voi import Voi
from viewer.ui.film_view import FilmView
from viewer.ui.raster import Finish

SAMPLED_SIDE = 1024
"""Of larger films every n-th stored value is enough to know the greys of a tile."""


class FilmLooks:
    """Keeps the tables of the local contrast until the window of the film changes."""

    def __init__(self, pixels: FilmPixels) -> None:
        self._pixels = pixels
        self._kept: tuple[tuple[Voi, bool], LocalContrast] | None = None

    def finish(self, view: FilmView) -> Finish | None:
        """What makes the view's look from its plain grey levels; None where it has none."""
        if view.look == "edges":
            return self._with_edges
        if view.look == "clahe" and view.voi is not None:
            contrast = self._contrast(view.voi, view.is_inverted)
            return lambda levels, first, block: with_local_contrast(levels, contrast, first, block)
        return None

    def _with_edges(
        self,
        levels: NDArray[np.uint8],
        first: tuple[int, int],  # noqa: ARG002
        block: int,
    ) -> NDArray[np.uint8]:
        return enhance_edges(levels, edge_radius(self._shape, block))

    def _contrast(self, voi: Voi, invert: bool) -> LocalContrast:
        kept = self._kept
        if kept is None or kept[0] != (voi, invert):
            stored = self._pixels.stored
            step = max(1, max(self._shape) // SAMPLED_SIDE)
            sampled = replace(self._pixels, stored=np.ascontiguousarray(stored[::step, ::step]))
            levels = render(sampled, voi, invert=invert)
            kept = self._kept = ((voi, invert), local_contrast(levels, self._shape))
        return kept[1]

    @property
    def _shape(self) -> tuple[int, int]:
        rows, columns = self._pixels.stored.shape[:2]
        return rows, columns

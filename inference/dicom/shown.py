"""How a film is shown first, as a presentation state says it. numpy and viewer.core only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from inference.dicom.requests import ShownImage
from viewer.core.errors import FilmError
from viewer.core.presentation import is_inverse
from viewer.core.study import Film, FilmPixels, LookupTable
from viewer.core.voi import LutVoi, Voi, WindowVoi, initial_voi, lut_bits

ReadPixels = Callable[[Film], FilmPixels]


def shown_image(film: Film, read_pixels: ReadPixels) -> ShownImage:
    """The film with the window that a reader sees first; one that can't be decoded goes without."""
    description = film.header.pixels
    voi: Voi | None = None
    if description.samples_per_pixel == 1:
        with contextlib.suppress(FilmError):
            voi = initial_voi(read_pixels(film))
    return ShownImage(
        film.header.sop_instance_uid,
        frame_number(film),
        (voi.center, voi.width, voi.function) if isinstance(voi, WindowVoi) else None,
        _curve(voi.table) if isinstance(voi, LutVoi) else None,
        None if description.modality_lut is not None else _rescale(film),
        is_inverse(description),
        description.pixel_aspect_ratio or (1, 1),
    )


def _curve(table: LookupTable) -> tuple[int, tuple[int, ...]]:
    """Its entries spread over 16 bits, as we draw them: headers name more bits than the entries have."""
    scale = 65535 / (2 ** lut_bits(table) - 1)
    return table.first, tuple(min(65535, round(value * scale)) for value in table.values)


def frame_number(film: Film) -> int | None:
    """Counted from 1; None for the only frame."""
    return film.frame + 1 if film.header.pixels.frames > 1 else None


def _rescale(film: Film) -> tuple[float, float]:
    return (film.header.pixels.rescale_slope, film.header.pixels.rescale_intercept)

"""A film made ready for a viewport: its pixels, what its window keys refer to, how it first lies. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from viewer.core.errors import FilmError
from viewer.core.orientation import upright
from viewer.core.study import Film, FilmPixels, recognised
from viewer.ui.display.film_layers import FilmLayers
from viewer.ui.film_view import FilmView
from viewer.ui.placement import Posture
from viewer.ui.windowing import GreyRange, grey_range


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFilm:
    """All that a viewport needs beside the reader's own settings."""

    film: Film
    pixels: FilmPixels
    grey: GreyRange
    first_view: FilmView
    notices: tuple[str, ...] = ()
    measured_key: str = ""  # of the film whose values `grey` was measured on
    layers: FilmLayers | None = None
    is_preview: bool = False  # its pixels are not the film's: for the eye, until the film itself is there


def load_film(
    film: Film, read_pixels: Callable[[Film], FilmPixels], measured: Film | None = None
) -> LoadedFilm:
    """Decode and measure; called from a worker thread.

    Args:
        film: What is shown.
        read_pixels: Decodes a film.
        measured: Another slice of the same stack whose values stand for all of them: the first may show nothing.

    Raises:
        viewer.core.errors.FilmError: The film can't be decoded.
    """
    pixels = read_pixels(film)
    measured_pixels = _measured_pixels(pixels, read_pixels, measured)
    grey, notices = grey_range(measured_pixels, film.header.modality)
    measured_key = film.key if measured is None or measured_pixels is pixels else measured.key
    posture = first_posture(pixels)
    view = FilmView(voi=grey.as_acquired, voi_name=grey.as_acquired_name, posture=posture, upright=posture)
    return LoadedFilm(
        recognised(film, pixels),
        pixels,
        grey,
        view,
        (*pixels.notices, *notices),
        measured_key,
        FilmLayers(pixels),
    )


def first_posture(pixels: FilmPixels) -> Posture:
    """The posture that brings the patient's right to the left of the screen and the head up, as the header says."""
    said = upright(pixels.description)
    return Posture(said.quarter_turns, said.is_mirrored)


def _measured_pixels(
    pixels: FilmPixels, read_pixels: Callable[[Film], FilmPixels], measured: Film | None
) -> FilmPixels:
    if measured is None:
        return pixels
    try:
        return read_pixels(measured)
    except FilmError:  # the stack is still shown, measured by the slice that is there
        return pixels

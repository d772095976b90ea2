"""A film made ready for a viewport: its pixels, what its window keys refer to, how it first lies. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from viewer.core.orientation import upright
from viewer.core.study import Film, FilmPixels
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


def load_film(film: Film, read_pixels: Callable[[Film], FilmPixels]) -> LoadedFilm:
    """Decode and measure; called from a worker thread.

    Raises:
        viewer.core.errors.FilmError: The film can't be decoded.
    """
    pixels = read_pixels(film)
    grey, notices = grey_range(pixels)
    posture = first_posture(pixels)
    view = FilmView(voi=grey.as_acquired, voi_name=grey.as_acquired_name, posture=posture)
    if posture != Posture():
        notices = (*notices, "Turned upright as Patient Orientation says.")
    return LoadedFilm(film, pixels, grey, view, (*pixels.notices, *notices))


def first_posture(pixels: FilmPixels) -> Posture:
    """The posture that brings the patient's right to the left of the screen and the head up, as the header says."""
    said = upright(pixels.description)
    return Posture(said.quarter_turns, said.is_mirrored)

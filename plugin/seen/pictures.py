"""The very picture of a film that the model is given, by the functions that give it. For a worker thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.client import film_input
from inference.film_picture import model_picture
from inference.preprocess import PictureProcessor
from viewer.core.study import Film, FilmPixels


@dataclass(frozen=True, slots=True, eq=False)
class SeenPicture:
    """What the encoder sees of one film, before grey levels become numbers around zero."""

    image: str  # image_sha256
    grey: NDArray[np.uint8]  # (side, side), upright
    left_out: float  # share of the film's area outside of the square, 0..1


def seen_picture(film: Film, pixels: FilmPixels, side: int) -> SeenPicture:
    """Prepare a film as the engine does: window, upright, square pixels, short edge to `side`, central square.

    Raises:
        InvalidFilm: The film can't be shown to the model.
    """
    told = film_input(film, pixels)
    picture = model_picture(told)
    short, long = sorted((picture.width, picture.height))
    return SeenPicture(told.image_sha256, PictureProcessor(side).crop(picture.grey), 1 - short / long)

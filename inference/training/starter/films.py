"""The pictures of real films as the starter's stages take them: rendered, cropped, cached. What the manifest says of
them is read by `inference.training.sources.manifest`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import FilmInput
from inference.film_picture import PICTURE_VERSION, model_picture
from inference.preprocess import PictureProcessor
from inference.training.sources.manifest import (
    LABELS,
    NO_FINDING,
    XYXY,
    FilmBox,
    LabelledFilm,
    Split,
    data_folder,
    read_films,
    split_of,
)
from viewer.core.study import PixelDescription

__all__ = [
    "LABELS",
    "NO_FINDING",
    "XYXY",
    "FilmBox",
    "LabelledFilm",
    "Split",
    "cached_squares",
    "data_folder",
    "film_picture",
    "label_matrix",
    "read_films",
    "shown_picture",
    "split_of",
    "square_picture",
    "to_square",
]


def shown_picture(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An 8-bit grey picture (rows, columns) as the viewer shows it and the engine hands it to the model."""
    rows, columns = picture.shape
    return model_picture(FilmInput("", picture, PixelDescription(rows=rows, columns=columns))).grey


def film_picture(path: Path) -> NDArray[np.uint8]:
    """A stored picture as the viewer shows it: (rows, columns) uint8."""
    with Image.open(path) as stored:
        return shown_picture(np.asarray(stored.convert("L")))


def square_picture(path: Path, side: int) -> NDArray[np.uint8]:
    """The central square that the model sees of a stored picture (m4cxr.md §2), (side, side) uint8."""
    return PictureProcessor(side).crop(film_picture(path))


def cached_squares(films: Sequence[LabelledFilm], side: int, cache: Path) -> NDArray[np.uint8]:
    """(films, side, side) uint8, made once and kept in `cache` under a name that covers what it holds."""
    names = "\n".join(str(film.path) for film in films)
    key = hashlib.sha256(f"{side}\n{PICTURE_VERSION}\n{names}".encode()).hexdigest()[:16]
    file = cache / f"squares-{side}-{key}.npy"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        pictures = np.stack([square_picture(film.path, side) for film in films])
        partial = file.with_suffix(".partial.npy")
        np.save(partial, pictures)
        partial.replace(file)
    squares: NDArray[np.uint8] = np.load(file, allow_pickle=False)
    return squares


def to_square(xyxy: XYXY, width: int, height: int) -> XYXY:
    """A box in pixels of the stored picture, as fractions 0..1 of its central square (may leave 0..1)."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    x1, y1, x2, y2 = xyxy
    return (x1 - left) / side, (y1 - top) / side, (x2 - left) / side, (y2 - top) / side


def label_matrix(films: Sequence[LabelledFilm]) -> NDArray[np.int8]:
    """(films, 14) of 1, 0 and -1."""
    return np.array([film.labels for film in films], dtype=np.int8)

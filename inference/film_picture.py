"""A film as the model sees it: 8 bit, upright, square pixels; and the way back to the film's stored pixels.

The grey levels come from the same `viewer.core` functions that draw the film for the reader, with the window that
the reader sees first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import FilmInput
from inference.errors import InvalidFilm
from viewer.core.orientation import Orientation, upright
from viewer.core.presentation import render
from viewer.core.study import FilmPixels, PixelDescription

Xyxy = tuple[float, float, float, float]

PICTURE_VERSION = "2"
"""Part of every fingerprint: raise it when the same film may give other grey levels."""

LARGEST_STRETCH = 4.0
"""Pixels longer than this times their width are a wrong header, not a detector."""


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """How places of a film map to its picture, known from the header: nothing is rendered for it."""

    rows: int
    columns: int
    square_rows: int  # see ModelPicture
    square_columns: int
    orientation: Orientation

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        is_turned = self.orientation.quarter_turns % 2 == 1
        size = (self.square_columns, self.square_rows)
        return size[::-1] if is_turned else size

    def from_film(self, xyxy: Xyxy) -> Xyxy:
        """Map a box in stored pixels of the film to its picture."""
        across, down = self.square_columns / self.columns, self.square_rows / self.rows
        x1, y1, x2, y2 = xyxy
        return self.orientation.box_from_stored(
            (x1 * across, y1 * down, x2 * across, y2 * down), self.square_rows, self.square_columns
        )


def film_frame(description: PixelDescription) -> FilmFrame:
    """The frame of the picture that `model_picture` makes of a film."""
    rows, columns = square_size(description.rows, description.columns, pixel_height_to_width(description))
    return FilmFrame(description.rows, description.columns, rows, columns, upright(description))


@dataclass(frozen=True, slots=True, eq=False)
class ModelPicture:
    """What goes into the pack's preprocessing, and how its places map to the film.

    `grey` has shape (height, width), uint8. `rows` and `columns` are those of the film as stored.
    """

    grey: NDArray[np.uint8]
    rows: int
    columns: int
    square_rows: int  # the film's rows and columns after its pixels were made square, before it was turned
    square_columns: int
    orientation: Orientation

    @property
    def height(self) -> int:
        return int(self.grey.shape[0])

    @property
    def width(self) -> int:
        return int(self.grey.shape[1])

    def to_film(self, xyxy: Xyxy) -> Xyxy:
        """Map a box of the picture to stored pixels of the film (x right, y down, edges).

        The result lies inside the film and has an area: at least one pixel each way.
        """
        x1, y1, x2, y2 = self.orientation.box_to_stored(xyxy, self.square_rows, self.square_columns)
        across, down = self.columns / self.square_columns, self.rows / self.square_rows
        left, right = _inside(x1 * across, x2 * across, self.columns)
        top, bottom = _inside(y1 * down, y2 * down, self.rows)
        return (left, top, right, bottom)

    def from_film(self, xyxy: Xyxy) -> Xyxy:
        """Map a box in stored pixels of the film to the picture, for drawing."""
        frame = FilmFrame(self.rows, self.columns, self.square_rows, self.square_columns, self.orientation)
        return frame.from_film(xyxy)


def model_picture(film: FilmInput) -> ModelPicture:
    """Render a film for the model.

    Raises:
        InvalidFilm: Pixels and description disagree, or the pixels can't be shown.
    """
    description = film.description
    if film.stored.shape[:2] != (description.rows, description.columns):
        raise InvalidFilm(
            f"The film's pixels are {film.stored.shape[:2]}, its header says "
            f"{(description.rows, description.columns)} (Rows, Columns)."
        )
    pixels = FilmPixels(description, film.stored)
    try:
        grey = luminance(render(pixels))
    except ValueError as error:
        raise InvalidFilm(f"The film's pixels can't be shown: {error}") from error
    square = square_pixels(grey, pixel_height_to_width(description))
    orientation = upright(description)
    return ModelPicture(
        grey=np.ascontiguousarray(orientation.apply(square)),
        rows=description.rows,
        columns=description.columns,
        square_rows=int(square.shape[0]),
        square_columns=int(square.shape[1]),
        orientation=orientation,
    )


def luminance(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn (rows, columns, 3) RGB into (rows, columns) grey by ITU-R 601; grey pictures pass unchanged."""
    if picture.ndim == 2:
        return picture
    return np.asarray(Image.fromarray(picture).convert("L"))


def pixel_height_to_width(description: PixelDescription) -> float:
    """Height of one pixel over its width, from the spacings or Pixel Aspect Ratio (0028,0034); 1 when unstated.

    A ratio beyond 1:4 or 4:1 is taken for a wrong header and ignored.
    """
    ratios = (
        description.pixel_spacing_mm,
        description.imager_pixel_spacing_mm,
        description.pixel_aspect_ratio,  # vertical, horizontal (PS3.3 C.7.6.3.1.7)
    )
    for ratio in ratios:
        if ratio is not None and ratio[0] > 0 and ratio[1] > 0:
            stretch = float(ratio[0]) / float(ratio[1])
            return stretch if 1 / LARGEST_STRETCH <= stretch <= LARGEST_STRETCH else 1.0
    return 1.0


def square_pixels(picture: NDArray[np.uint8], height_to_width: float) -> NDArray[Any]:
    """Resample the coarser axis so that one pixel is as high as it is wide; nothing is lost on the other axis."""
    rows, columns = square_size(picture.shape[0], picture.shape[1], height_to_width)
    if (rows, columns) == picture.shape:
        return picture
    return np.asarray(Image.fromarray(picture).resize((columns, rows), Image.Resampling.BICUBIC))


def square_size(rows: int, columns: int, height_to_width: float) -> tuple[int, int]:
    """Rows and columns of a picture once its pixels are square."""
    if abs(height_to_width - 1) < 0.005:  # below the size of one grid cell over the whole film
        return rows, columns
    if height_to_width > 1:
        return max(1, round(rows * height_to_width)), columns
    return rows, max(1, round(columns / height_to_width))


def _inside(low: float, high: float, size: int) -> tuple[float, float]:
    """Clip an interval to 0..size and give it a length of at least one pixel."""
    low, high = min(max(low, 0.0), float(size)), min(max(high, 0.0), float(size))
    if high - low >= 1:
        return low, high
    start = min(max((low + high) / 2 - 0.5, 0.0), max(size - 1.0, 0.0))
    return start, min(start + 1.0, float(size))

"""What the stages learn from: squares, labels and boxes of real films and phantoms in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.backend import FINDINGS
from inference.training.starter.films import LABELS, XYXY, LabelledFilm, label_matrix, to_square

ANATOMY: tuple[str, ...] = ("right lung", "left lung", "heart")
PLACES: tuple[str, ...] = (*FINDINGS, *ANATOMY)
"""What a box can show: a channel of the heat map each."""


@dataclass(frozen=True, slots=True)
class FilmSet:
    """Films as arrays. Boxes are fractions of the square, with the index of their name in PLACES."""

    squares: NDArray[np.uint8]  # (n, side, side)
    labels: NDArray[np.int8]  # (n, 14): 1, 0, -1 not known
    boxes: tuple[tuple[tuple[int, XYXY], ...], ...]
    is_phantom: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.squares)

    def subset(self, chosen: NDArray[np.bool_]) -> FilmSet:
        """The films where `chosen` is true."""
        return FilmSet(
            self.squares[chosen],
            self.labels[chosen],
            tuple(self.boxes[i] for i in np.flatnonzero(chosen)),
            self.is_phantom[chosen],
        )


def film_set(films: Sequence[LabelledFilm], squares: NDArray[np.uint8]) -> FilmSet:
    """Real films with their cached squares."""
    return FilmSet(
        squares, label_matrix(films), tuple(_boxes(film) for film in films), np.zeros(len(films), dtype=bool)
    )


def join(first: FilmSet, second: FilmSet) -> FilmSet:
    """Both, one after the other."""
    return FilmSet(
        np.concatenate([first.squares, second.squares]),
        np.concatenate([first.labels, second.labels]),
        first.boxes + second.boxes,
        np.concatenate([first.is_phantom, second.is_phantom]),
    )


def _boxes(film: LabelledFilm) -> tuple[tuple[int, XYXY], ...]:
    known = [box for box in (*film.boxes, *film.anatomy_boxes) if box.label in PLACES]
    return tuple((PLACES.index(box.label), to_square(box.xyxy, film.width, film.height)) for box in known)


def heat_map(boxes: Tensor, places: Sequence[int], grid: int) -> Tensor:
    """(16, grid, grid): the share of each cell that boxes of a place cover. boxes (k, 4) as fractions of the square."""
    heat = torch.zeros(len(PLACES), grid, grid)
    cells = torch.arange(grid, dtype=torch.float32)
    for box, place in zip(boxes * grid, places, strict=True):
        across = (torch.minimum(box[2], cells + 1) - torch.maximum(box[0], cells)).clamp(0, 1)
        down = (torch.minimum(box[3], cells + 1) - torch.maximum(box[1], cells)).clamp(0, 1)
        heat[place] = torch.maximum(heat[place], down[:, None] * across)
    return heat


def heat_known(labels: Tensor, places: Sequence[int]) -> Tensor:
    """(16,) bool: where a film's heat map is known: the finding is absent, or it is present and has a box."""
    known = torch.zeros(len(PLACES), dtype=torch.bool)
    known[: len(FINDINGS)] = labels[: len(FINDINGS)] == 0
    known[list(places)] = True
    return known


assert LABELS[: len(FINDINGS)] == FINDINGS

"""Drawn films against the films that were learnt from, and against real films that were not. Pure numpy.

What tells a copy is not that a drawn film is near to some film: chests are alike. It is that *one* training film is
far nearer than all the others (after Carlini et al., "Extracting Training Data from Diffusion Models", 2023). So the
distance to the nearest film is divided by the mean distance to the next ones; held-out real films show how low that
ratio gets for films that nobody copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEXT = 10
"""Neighbours that a nearest one is compared with, or as many as there are."""
COPY = 0.7
"""A drawn film whose ratio is below this share of the lowest ratio of any held-out film is called a copy."""
UNLIKELY = 1e-4
"""Chance below which so many films under the held-out minimum are no chance any more."""
LEAST_HELD_OUT = 8
"""Fewer held-out films can't say how near films come by chance."""
SAME_FILM = 0.05
"""A held-out film with a lower ratio than this is in the training films itself; it says nothing about chance."""
SIDE = 32

Rows = NDArray[np.float32]
"""(films, d), each of length 1."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each film of a set: which training film is nearest, how far (0..2), and by what ratio to the next."""

    index: NDArray[np.int64]
    distance: NDArray[np.float64]
    ratio: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure's answer. `floor` is the lowest ratio of the held-out films that are no training films themselves."""

    drawn: Nearest
    held_out: Nearest
    floor: float
    leaked: tuple[int, ...]  # held-out films that are training films
    copies: tuple[int, ...]  # drawn films below COPY times the floor
    below_floor: int
    chance: float  # of as many below the floor, were they real films


def compare(drawn: Rows, training: Rows, held_out: Rows) -> Compared:
    """Hold drawn films against training films.

    Raises:
        ValueError: There are too few films to compare with.
    """
    if len(training) < 3:
        raise ValueError(f"{len(training)} training films are too few to compare drawn films with.")
    ours, theirs = nearest(drawn, training), nearest(held_out, training)
    leaked = tuple(int(at) for at in np.flatnonzero(theirs.ratio < SAME_FILM))
    fair = theirs.ratio[theirs.ratio >= SAME_FILM]
    if len(fair) < LEAST_HELD_OUT:
        raise ValueError(
            f"{len(fair)} held-out films that were not learnt from are too few; at least {LEAST_HELD_OUT} are needed "
            "to know how near films come by chance."
        )
    floor = float(fair.min())
    copies = tuple(int(at) for at in np.flatnonzero(ours.ratio < COPY * floor))
    below = int((ours.ratio < floor).sum())
    return Compared(ours, theirs, floor, leaked, copies, below, chance_below(below, len(drawn), len(fair)))


def nearest(films: Rows, training: Rows) -> Nearest:
    """The nearest training film of each film, by the length of the difference."""
    count = min(NEXT + 1, len(training))
    index, distance, ratio = [], [], []
    for film in films:  # one at a time: all distances of a large site would not fit into memory
        far = np.sqrt(np.maximum(0.0, 2 - 2 * (training @ film).astype(np.float64)))
        order = np.argpartition(far, count - 1)[:count]
        order = order[np.argsort(far[order], kind="stable")]
        first, others = far[order[0]], far[order[1:]]
        index.append(int(order[0]))
        distance.append(float(first))
        ratio.append(float(first / max(float(others.mean()), 1e-9)))
    return Nearest(np.array(index, np.int64), np.array(distance), np.array(ratio))


def chance_below(below: int, drawn: int, held_out: int) -> float:
    """The chance that the lowest `below` of `drawn` and `held_out` films, all from one distribution, are all drawn."""
    return math.prod((drawn - at) / (drawn + held_out - at) for at in range(below))


def small_pictures(pictures: Sequence[NDArray[np.uint8]]) -> Rows:
    """(films, SIDE²) from pictures (rows, columns): small, without mean, of length 1; distances are of correlations."""
    small = [
        np.asarray(Image.fromarray(one).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32).ravel()
        for one in pictures
    ]
    return of_length_one(np.stack(small) - np.stack(small).mean(1, keepdims=True))


def centred(drawn: Rows, training: Rows, held_out: Rows) -> tuple[Rows, Rows, Rows]:
    """Feature rows without what all training films share, of length 1: else all chests are next to each other."""
    mean = training.mean(0)
    first, second, third = (of_length_one(rows - mean) for rows in (drawn, training, held_out))
    return first, second, third


def of_length_one(rows: NDArray[np.floating]) -> Rows:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-9), dtype=np.float32)


def correlation(distance: float) -> float:
    """Of two small pictures at that distance."""
    return 1 - distance**2 / 2

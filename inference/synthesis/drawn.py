"""A synthetic film as it may leave the generator: marked. And what is told about how it was made. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.wish import FilmWish


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The equipment of a synthetic film: (0018,A001) Contributing Equipment, and what the bench names."""

    pack: str  # id and version: "starter-synth 0.1.0"
    weights_sha256: str
    program: str  # "Sidelight 0.1.0"
    precision: str = "float32"
    device: str = "CPU"


@dataclass(frozen=True, slots=True, eq=False)
class MarkedFilm:
    """A synthetic film with the word burned in and the watermark in its pixels (`viewer.core.synthetic_mark`)."""

    pixels: NDArray[np.uint8]  # (rows, columns), MONOCHROME2
    wish: FilmWish
    made_by: MadeBy
    seen_view: str = ""
    doubts: tuple[str, ...] = ()

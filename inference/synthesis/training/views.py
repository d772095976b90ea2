"""The view of a film that is learnt from: what its header or manifest says, and a classifier where that is not enough.

MedXChat's view sentence in front of each report has to be true: a generator that learnt from mislabelled films draws
frontal films when a lateral is asked for. Pure but for the classifier, which is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmView
from inference.training.rows import KnownFilm
from inference.training.sources.histories import is_lateral_view

Look = Callable[[NDArray[np.uint8]], str]
"""The classifier: a picture (rows, columns) to PA, AP, lateral, or anything else where it is not an upright chest."""


@dataclass(frozen=True, slots=True)
class ViewSaid:
    """What is known of a film's view without looking at it."""

    view: FilmView | None
    why: Literal["", "missing", "contradictory"] = ""


def said_view(film: KnownFilm) -> ViewSaid:
    """From View Position (0018,5101) or the source's word, held against the film's role in its study."""
    word = film.view.strip().upper()
    first = word.replace("-", " ").split()[:1]
    view: FilmView | None = None
    if is_lateral_view(film.view) or first in (["LATERAL"], ["LAT"]):
        view = "lateral"
    elif first in (["PA"], ["POSTEROANTERIOR"]):
        view = "PA"
    elif first in (["AP"], ["ANTEROPOSTERIOR"]):
        view = "AP"
    if not word and film.role == "lateral":  # another word of its header says so
        view = "lateral"
    if view is None:
        return ViewSaid(None, "missing")
    if (film.role == "lateral") != (view == "lateral"):
        return ViewSaid(None, "contradictory")
    return ViewSaid(view)


def seen_view(picture: NDArray[np.uint8], look: Look) -> FilmView | None:
    """What the classifier sees; None where it sees no upright chest film."""
    found = look(picture)
    views: dict[str, FilmView] = {"PA": "PA", "AP": "AP", "LATERAL": "lateral"}
    return views.get(found.upper())

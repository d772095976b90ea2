"""Small data sets for tests of the trainer: studies with what the test says is known, films without a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from inference.backend import FilmInput
from inference.training.rows import DataSet, KnownFilm, KnownStudy
from viewer.core.study import PixelDescription


def film(key: str, **known: Any) -> KnownFilm:
    """A film; `known` are fields of `KnownFilm`."""
    return KnownFilm(key, **known)


def study(id: str, *, patient: str = "", films: tuple[KnownFilm, ...] = (), **known: Any) -> KnownStudy:
    """A study, of one frontal film unless told otherwise; `known` are fields of `KnownStudy`."""
    films = films or (film(f"{id}-film", view="PA"),)
    return KnownStudy(id=id, row=f"rows:{id}", patient=patient or f"patient of {id}", films=films, **known)


def data_set(name: str, *studies: KnownStudy, **settings: Any) -> DataSet:
    """A data set whose films are grey rectangles of their `size` (60 rows, 40 columns unless told otherwise)."""
    open_film: Callable[[KnownFilm], FilmInput] = settings.pop("open_film", grey_film)
    return DataSet(name, studies, open_film, **settings)


def grey_film(known: KnownFilm) -> FilmInput:
    rows, columns = known.size or (60, 40)
    stored = np.full((rows, columns), 100, dtype=np.uint8)
    return FilmInput(known.key, stored, PixelDescription(rows, columns), view_position=known.view)

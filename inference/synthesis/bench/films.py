"""The films that drawn ones are held against: real held-out films, phantoms, a blurred mean, noise. No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from inference.errors import InvalidFilm
from inference.evaluation.held_out import is_askable
from inference.film_picture import model_picture
from inference.phantom import project, sample_case
from inference.phantom.rays import View
from inference.preprocess import PictureProcessor
from inference.training.rows import LABELS, DataSet, UnreadableFilm, label_of
from inference.training.splits import split_patients

Squares = NDArray[np.uint8]
"""(films, side, side)."""
TEST_SEEDS = 900_000  # phantoms from here on are never trained on (`inference.training.starter.phantoms`)
CHILD_YEARS = 14
BLUR = 0.04  # of the side: what the eye still sees of a mean film is its outline
_WORTH = {"present": 1, "absent": 0}


@dataclass(frozen=True, slots=True, eq=False)
class KnownFilms:
    """Films of which something is known."""

    squares: Squares
    views: tuple[str, ...]  # "PA", "AP", "lateral"
    labels: NDArray[np.int8]  # (films, 14): 1, 0, -1 not known
    is_child: tuple[bool, ...]
    patients: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.squares)

    def pick(self, rows: Sequence[int]) -> KnownFilms:
        return KnownFilms(
            self.squares[list(rows)],
            tuple(self.views[row] for row in rows),
            self.labels[list(rows)],
            tuple(self.is_child[row] for row in rows),
            tuple(self.patients[row] for row in rows),
        )


def held_out_films(dataset: DataSet, side: int, most: int, sources: Sequence[str] = ()) -> KnownFilms:
    """Frontal films of patients that nothing was trained on, in an order that does not change.

    Films of less than half of `side` are left out: they would be enlarged, and drawn films measured against a blur.

    Args:
        dataset: Of `open_data`; its held-out patients are those of `split_patients`.
        side: Of the squares, the generator's own.
        most: Films are taken until there are as many.
        sources: Collections to take films from; all where none is named.
    """
    splits = split_patients([dataset])
    rows: list[tuple[Squares, str, list[int], bool, str]] = []
    for study in sorted(dataset.studies, key=lambda one: _order(one.id)):
        if sources and study.source not in sources:
            continue
        for film in study.films if splits[study.patient] == "test" else ():
            is_small = film.size is not None and min(film.size) < side / 2
            if len(rows) >= most or is_small or film.view.upper() not in ("PA", "AP") or not is_askable(film):
                continue
            try:
                picture = model_picture(dataset.open_film(film)).grey
            except (UnreadableFilm, InvalidFilm):
                continue
            labels = [_WORTH.get(label_of(study, film, name) or "", -1) for name in LABELS]
            is_child = study.age_years is not None and study.age_years <= CHILD_YEARS
            rows.append(
                (PictureProcessor(side).crop(picture), film.view.upper(), labels, is_child, study.patient)
            )
    return _known(rows, side)


def _order(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _known(rows: Sequence[tuple[Squares, str, list[int], bool, str]], side: int) -> KnownFilms:
    return KnownFilms(
        np.stack([row[0] for row in rows]) if rows else np.zeros((0, side, side), np.uint8),
        tuple(row[1] for row in rows),
        np.array([row[2] for row in rows], np.int8).reshape(-1, len(LABELS)),
        tuple(row[3] for row in rows),
        tuple(row[4] for row in rows),
    )


def halves(films: KnownFilms, most: int) -> tuple[KnownFilms, KnownFilms]:
    """Two sets of equal size without a patient in common: the reference, and what its noise floor is measured with."""
    sides: tuple[list[int], list[int]] = ([], [])
    place: dict[str, int] = {}
    for row, patient in enumerate(films.patients):
        if patient not in place:
            place[patient] = 0 if len(sides[0]) <= len(sides[1]) else 1
        sides[place[patient]].append(row)
    size = min(most, len(sides[0]), len(sides[1]))
    return films.pick(sides[0][:size]), films.pick(sides[1][:size])


def phantom_films(count: int, side: int, kind: Literal["frontal", "lateral"], first: int = 0) -> KnownFilms:
    """Computed films of persons that nothing was trained on; about a second each."""
    return _known(list(_phantoms(count, side, kind, TEST_SEEDS + first)), side)


def _phantoms(
    count: int, side: int, kind: str, first: int
) -> Iterator[tuple[Squares, str, list[int], bool, str]]:
    for number in range(count):
        case = sample_case(first + number)
        frontal: View = "PA" if number % 2 else "AP"
        film = project(case, "LL" if kind == "lateral" else frontal, (side, side))
        shown, states = set(film.findings), case.states()
        labels = [
            1 if name in shown else 0 if states.get(name, False) is False else -1 for name in LABELS[:-1]
        ]
        square = (film.picture.clip(0, 1) * 255).round().astype(np.uint8)
        view = "lateral" if kind == "lateral" else frontal
        yield square, view, [*labels, int(not shown)], False, f"phantom-{first + number}"


def cached_phantoms(file: Path, count: int, side: int, kind: Literal["frontal", "lateral"]) -> KnownFilms:
    """`phantom_films`, kept in `file` between runs."""
    if not file.is_file():
        made = phantom_films(count, side, kind)
        np.savez_compressed(file, squares=made.squares, labels=made.labels, views=np.array(made.views))
    with np.load(file, allow_pickle=False) as stored:
        names = tuple(f"phantom-{TEST_SEEDS + number}" for number in range(count))
        views = tuple(str(view) for view in stored["views"])
        return KnownFilms(stored["squares"], views, stored["labels"], (False,) * count, names)


def blurred_mean(films: Squares, count: int) -> Squares:
    """The mean of real films, blurred, again and again: what a generator draws that knows only the outline."""
    mean = gaussian_filter(films.mean(0), BLUR * films.shape[1])
    return np.repeat(mean.round().clip(0, 255).astype(np.uint8)[None], count, axis=0)


def noise_like(films: Squares, count: int, seed: int = 0) -> Squares:
    """Gaussian noise with the films' mean power spectrum and mean grey: their texture, and no chest."""
    rng = np.random.default_rng(seed)
    grey = films.astype(np.float64)
    level = grey.mean()
    power = (np.abs(np.fft.rfft2(grey - level)) ** 2).mean(0)
    made: list[NDArray[Any]] = []
    for _ in range(count):
        white = np.fft.rfft2(rng.standard_normal(films.shape[1:]))
        drawn = np.fft.irfft2(white * np.sqrt(power / films[0].size), films.shape[1:])
        made.append((drawn + level).round().clip(0, 255).astype(np.uint8))
    return np.stack(made)

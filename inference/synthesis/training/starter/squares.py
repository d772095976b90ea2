"""Stage 1: the films as squares, with what is known of them. Films of held-out patients are never opened for it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.training.starter.lung_masks import lungs
from inference.synthesis.training.starter.painted import paint
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.taught import (
    VIEWS,
    TaughtFilm,
    can_be_painted,
    painted_film,
    phantom_film,
    real_film,
)
from inference.training.loop.schedule import seed_of
from inference.training.rows import Split
from inference.training.sources import open_data
from inference.training.sources.manifest import LabelledFilm, read_films
from inference.training.splits import split_patients
from inference.training.starter.films import cached_squares
from inference.training.starter.phantoms import TEST_SEEDS, PhantomView, cached_studies

logger = logging.getLogger(__name__)

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """Real films, phantoms, real films that were painted on: (n, side, side) each, and in `films` an entry for each."""

    real: Grey
    phantoms: Grey
    painted: Grey
    films: tuple[TaughtFilm, ...]

    def of(self, film: TaughtFilm) -> Grey:
        """(side, side) of one film."""
        kinds = {"real": self.real, "phantom": self.phantoms, "painted": self.painted}
        square: Grey = kinds[film.kind][film.row]
        return square

    @property
    def _all(self) -> tuple[Grey, ...]:
        return self.real, self.phantoms, self.painted

    @property
    def fingerprint(self) -> str:
        """Of all pictures: what was computed from others is not taken for theirs."""
        digest = hashlib.sha256(repr([some.shape for some in self._all]).encode())
        for some in self._all:
            digest.update(np.ascontiguousarray(some).data)
        return digest.hexdigest()


def learnt_squares(data: Path | None, out: Path, recipe: StarterSynthRecipe) -> Squares:
    """All films that are learnt from: real ones of training patients, and phantoms.

    Args:
        data: Folder with cxr/manifest.csv; None: phantoms alone.
        out: The run's folder; squares and phantoms are kept in it.
        recipe: Sources, sizes, numbers.
    """
    films = films_of(data, recipe, ("train",))
    real = _squares(films, recipe, out)
    taught = [
        real_film(film, square, row) for row, (film, square) in enumerate(zip(films, real, strict=True))
    ]
    views = list(_phantom_views(out, recipe, 0, recipe.phantoms))
    taught += [phantom_film(view, row) for row, view in enumerate(views)]
    phantoms = np.stack([view.square for view in views]) if views else real[:0]
    painted, of_painted = _painted(taught, real, recipe)
    taught += of_painted
    logger.info(
        "squares: %d real films, %d phantom films, %d painted findings",
        len(real),
        len(phantoms),
        len(painted),
    )
    if not taught:
        raise ValueError(
            "There is no film to learn from: no real film of a training patient, and no phantom."
        )
    return Squares(real, phantoms, painted, tuple(taught))


def held_out_squares(data: Path | None, out: Path, recipe: StarterSynthRecipe) -> Squares:
    """Films that nothing learnt from, for the search for copies: of other patients; of other phantoms without any."""
    films = films_of(data, recipe, ("val", "test"))
    real = _squares(films, recipe, out)
    if len(films):
        taught = tuple(real_film(film, real[row], row) for row, film in enumerate(films))
        return Squares(real, real[:0], real[:0], taught)
    views = list(_phantom_views(out, recipe, TEST_SEEDS, recipe.test_phantoms))
    return Squares(
        real,
        np.stack([view.square for view in views]),
        real[:0],
        tuple(phantom_film(view, row) for row, view in enumerate(views)),
    )


def films_of(
    data: Path | None, recipe: StarterSynthRecipe, sides: Sequence[Split]
) -> tuple[LabelledFilm, ...]:
    """The manifest's films of patients on `sides` of the split, in its order.

    The split is the one that `sidelight train privacy sidelight:DATA` and `sidelight bench synthesis` make, so that
    what they hold out was held out here too.
    """
    if data is None:
        return ()
    on_side = patients_of(data)
    return tuple(
        film
        for film in read_films(data)
        if film.source in recipe.sources and film.view in VIEWS and on_side.get(_shared_name(film)) in sides
    )


def patients_of(data: Path) -> Mapping[str, Split]:
    """The side of every patient of the manifest."""
    return split_patients([open_data(f"sidelight:{data}")])


def _shared_name(film: LabelledFilm) -> str:
    return film.patient_id.replace("nih:nih_", "nih:")  # as inference.training.sources.sidelight names them


def _squares(films: Sequence[LabelledFilm], recipe: StarterSynthRecipe, out: Path) -> Grey:
    side = recipe.sizes.side
    return cached_squares(films, side, out / "cache") if films else np.zeros((0, side, side), np.uint8)


def _painted(
    taught: Sequence[TaughtFilm], real: Grey, recipe: StarterSynthRecipe
) -> tuple[Grey, list[TaughtFilm]]:
    """Findings painted on real films without them, where the lungs are found."""
    squares: list[Grey] = []
    films: list[TaughtFilm] = []
    for film in taught:
        if not recipe.painted or not can_be_painted(film) or (found := lungs(real[film.row])) is None:
            continue
        for one in paint(
            real[film.row], found, np.random.default_rng(seed_of(recipe.seed, "paint", film.row))
        ):
            films.append(painted_film(film, one.fact, len(squares)))
            squares.append(one.square)
    return (np.stack(squares) if squares else real[:0]), films


def _phantom_views(out: Path, recipe: StarterSynthRecipe, first: int, count: int) -> Iterator[PhantomView]:
    studies = cached_studies(out / "phantoms", first, count, recipe.sizes.side)
    for number, study in enumerate(studies):
        if number % 100 == 0:  # those that are not kept yet take half a second each
            logger.info("phantoms: %d of %d", number, count)
        yield from (view for view in (study.frontal, study.lateral) if view is not None)

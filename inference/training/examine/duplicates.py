"""Films that are in the set twice, whatever they are called: exactly, or in another compression, size or window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.training.examine.faults import Fault
from inference.training.examine.film_look import FilmLook
from inference.training.examine.fingerprint import ALIKE, fine_detail, near_pairs
from inference.training.examine.subject import FilmName, Row, films_of
from inference.training.rows import KnownFilm

KEPT = 20_000
"""Films whose fine detail is held while pairs are compared, 9 kB each."""
_Place = tuple[Row, KnownFilm, FilmLook]


def duplicates(rows: Sequence[Row], looks: Mapping[FilmName, FilmLook]) -> Iterator[Fault]:
    """Exact copies first; then near ones among the films that are no exact copy."""
    first_of: dict[bytes, _Place] = {}
    different: list[_Place] = []
    for row, film in films_of(rows):
        look = looks.get(row.name_of(film))
        if look is None or look.is_one_grey:
            continue
        first = first_of.setdefault(look.digest, (row, film, look))
        if first[1] is film:
            different.append(first)
        elif not _is_its_prior(first, (row, film, look)):
            yield _fault("duplicate_film", row, first[0])
    yield from _near(different)


def _near(places: Sequence[_Place]) -> Iterator[Fault]:
    partners: defaultdict[int, list[int]] = defaultdict(list)
    for first, second in near_pairs([look.hash64 for _, _, look in places]):
        partners[second].append(first)

    @lru_cache(maxsize=KEPT)
    def detail(at: int) -> NDArray[np.float32]:
        return fine_detail(places[at][2].thumb)

    for second, firsts in sorted(partners.items()):
        for first in firsts:
            alike = float(detail(second) @ detail(first))
            if alike >= ALIKE and not _is_its_prior(places[first], places[second]):
                yield _fault(
                    "near_duplicate_film", places[second][0], places[first][0], f" (correlation {alike:.2f})"
                )
                break


def _is_its_prior(first: _Place, second: _Place) -> bool:
    """A film that one study has as its prior and another as its own is no copy."""
    same_patient = first[0].study.patient == second[0].study.patient
    return same_patient and "prior" in (first[1].role, second[1].role)


def _fault(
    kind: Literal["duplicate_film", "near_duplicate_film"], row: Row, first: Row, how: str = ""
) -> Fault:
    same = "The same picture" if kind == "duplicate_film" else f"Nearly the same picture{how}"
    if first.source.is_reference != row.source.is_reference and "train" in (row.split, first.split):
        learnt, kept_back = (row, first) if first.source.is_reference else (first, row)
        what = f"{same} as in {kept_back.place}, a reference set, and it is in split train."
        return learnt.fault("reference_in_training", what, "Take this film's study out of training.")
    whose = ""
    if row.study.patient != first.study.patient:
        apart = f", one in split {row.split}, the other in {first.split}" if row.split != first.split else ""
        whose = f"; the two have different patients{apart}"
    elif row.study.id != first.study.id:
        whose = "; both are of one patient"
    return row.fault(
        kind, f"{same} as in {first.place}{whose}.", "Keep one of the two, under the right patient."
    )

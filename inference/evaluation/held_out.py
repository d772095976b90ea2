"""Which held-out studies a model is asked about, and what is left out, with its number. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from inference.backend import FINDINGS, FilmInput, Xyxy
from inference.errors import InvalidFilm
from inference.training.rows import (
    LABELS,
    DataSet,
    KnownFilm,
    KnownStudy,
    Split,
    UnreadableFilm,
    label_of,
)

T = TypeVar("T")

LATERAL_VIEWS = frozenset({"LATERAL", "LL", "RL", "LAT"})


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is asked. Drafts and boxes are generated word by word and take longest."""

    most_boxed_films: int = 60
    most_drafts: int = 40
    takes_synthetic: bool = False
    device: str = "cpu"


EVERYTHING = Asked()


def is_askable(film: KnownFilm, *, takes_synthetic: bool = False) -> bool:
    """A frontal film of the study itself, taken of a patient."""
    is_frontal = film.view.upper() not in LATERAL_VIEWS and film.role == "current"
    return is_frontal and (takes_synthetic or not film.is_synthetic)


class Held:
    """The held-out studies, and what was left out of them."""

    def __init__(
        self, datasets: Sequence[DataSet], splits: Mapping[str, Split], split: Split, asked: Asked
    ) -> None:
        self._studies = [
            (dataset, study)
            for dataset in datasets
            for study in dataset.studies
            if splits.get(study.patient) == split
        ]
        self._asked = asked
        self._missed: Counter[str] = Counter()

    def films(self) -> list[tuple[DataSet, KnownStudy, KnownFilm]]:
        """Frontal films, once each."""
        found = []
        for dataset, study in self._studies:
            for film in study.films:
                if is_askable(film, takes_synthetic=self._asked.takes_synthetic):
                    found.append((dataset, study, film))
        return found

    def boxed(self, most: int) -> list[tuple[DataSet, KnownStudy, KnownFilm]]:
        """Films with a true box of a finding."""
        return _some([one for one in self.films() if true_boxes(one[2])], most, lambda one: one[2].key)

    def reported(self, most: int) -> list[tuple[DataSet, KnownStudy]]:
        """Studies with a signed findings text and a film to read."""
        askable = {study.id for _, study, _ in self.films()}
        chosen = [one for one in self._studies if one[1].findings.strip() and one[1].id in askable]
        return _some(chosen, most, lambda one: one[1].id)

    def opened(self, dataset: DataSet, film: KnownFilm) -> FilmInput | None:
        """The film's pixels; None if they can't be had, which is counted."""
        try:
            return dataset.open_film(film)
        except (UnreadableFilm, InvalidFilm):
            self._missed["films that can't be opened"] += 1
            return None

    def miss(self, what: str) -> None:
        """Count something that could not be asked about."""
        self._missed[what] += 1

    def left_out(self) -> Iterator[str]:
        """In words, with the number."""
        all_films = [film for _, study in self._studies for film in study.films]
        synthetic = sum(one.is_synthetic for one in all_films) if not self._asked.takes_synthetic else 0
        others = len(all_films) - len(self.films()) - synthetic
        yield from (f"{n} {what}" for n, what in ((synthetic, "synthetic films"),) if n)
        yield from (f"{n} {what}" for n, what in ((others, "laterals and priors"),) if n)
        yield from (f"{n} {what}" for what, n in sorted(self._missed.items()))
        for what, number, most in (
            ("films with boxes", len(self.boxed(10**9)), self._asked.most_boxed_films),
            ("studies with a report", len(self.reported(10**9)), self._asked.most_drafts),
        ):
            if number > most:
                yield f"{number - most} of {number} {what}, to save time"


def known_labels(study: KnownStudy, film: KnownFilm) -> dict[str, bool]:
    """Labels that are known for sure of a film; uncertain ones are not."""
    said = {label: label_of(study, film, label) for label in LABELS}
    return {label: word == "present" for label, word in said.items() if word in ("present", "absent")}


def true_boxes(film: KnownFilm) -> dict[str, list[Xyxy]]:
    """Places of findings on a film, by finding."""
    found: dict[str, list[Xyxy]] = {}
    for box in film.boxes:
        if box.kind == "finding" and box.label in FINDINGS:
            found.setdefault(box.label, []).append(box.xyxy)
    return found


def _some(rows: list[T], most: int, key: Callable[[T], str]) -> list[T]:
    """At most so many, chosen by a hash: the source's order may go by date or by finding."""
    return sorted(rows, key=lambda row: hashlib.sha256(key(row).encode()).digest())[:most]

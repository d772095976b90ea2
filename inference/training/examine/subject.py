"""What the checks look at: every study with its data set and the split that it ends up in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from inference.backend import CancelToken
from inference.errors import InferenceCancelled
from inference.training.examine.faults import Fault, Kind
from inference.training.rows import DataSet, KnownFilm, KnownStudy, Split

FilmName = tuple[str, str]
"""Data set and key: a film of a study may be the prior of a later one, and is opened once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A study where it stands."""

    source: DataSet
    study: KnownStudy
    split: Split  # where the run puts it
    stated: Split  # what its source says of it; where that is silent, as `split`

    def fault(self, kind: Kind, what: str, remedy: str) -> Fault:
        return Fault(kind, self.study.row, what, remedy, self.study.id, self.source.name)

    @property
    def place(self) -> str:
        """How another row's message names this one."""
        return f"{self.study.row} of {self.source.name}"

    @property
    def report(self) -> str:
        return "\n".join(text for text in (self.study.findings, self.study.impression) if text.strip())

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every text of the study that a model may be shown or taught, with its name."""
        named = (
            ("findings", self.study.findings),
            ("impression", self.study.impression),
            ("indication", self.study.indication),
            ("prior report", self.study.prior_report),
            *((f"question {at}", one.question) for at, one in enumerate(self.study.answers, 1)),
            *((f"answer {at}", one.answer) for at, one in enumerate(self.study.answers, 1)),
        )
        return tuple((name, text) for name, text in named if text.strip())

    @property
    def own_films(self) -> tuple[KnownFilm, ...]:
        """The films of the study itself, without its priors."""
        return tuple(film for film in self.study.films if film.role != "prior")

    @property
    def has_prior(self) -> bool:
        return bool(self.study.prior_report.strip()) or any(film.role == "prior" for film in self.study.films)

    def name_of(self, film: KnownFilm) -> FilmName:
        return self.source.name, film.key


class WatchedRows(Sequence[Row]):
    """Rows that can't be gone through any more once the user has asked to stop: no check has to look for that."""

    def __init__(self, rows: Sequence[Row], cancel: CancelToken) -> None:
        self._rows, self._cancel = rows, cancel

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            if self._cancel.is_cancelled:
                raise InferenceCancelled
            yield row

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        return self._rows[at]


def rows_of(datasets: Sequence[DataSet], splits: Mapping[str, Split]) -> tuple[Row, ...]:
    """All studies. Where `splits` does not know a patient the source's word stands; without one it is training."""
    return tuple(_row(source, study, splits) for source in datasets for study in source.studies)


def _row(source: DataSet, study: KnownStudy, splits: Mapping[str, Split]) -> Row:
    said: Split | None = "test" if source.is_reference else study.split
    split = splits.get(study.patient) or said or "train"
    return Row(source, study, split, said or split)


def films_of(rows: Sequence[Row]) -> Iterator[tuple[Row, KnownFilm]]:
    """Every film where it first stands; the same film as somebody's prior is not named again."""
    seen: set[FilmName] = set()
    ordered = sorted(
        ((row, film) for row in rows for film in row.study.films), key=lambda pair: pair[1].role == "prior"
    )
    for row, film in ordered:
        if row.name_of(film) not in seen:
            seen.add(row.name_of(film))
            yield row, film

"""What is read together: the films of one study, and the prior that it is compared with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import Role
from viewer.core.hanging import choose_prior, frontal_films, is_lateral, latest_study
from viewer.core.library import days_between, group
from viewer.core.study import Film, Patient, Study

DOUBTFUL_HEADERS = (
    "The headers contradict each other or leave things open; the viewer says what. "
    "Check whose films these are."
)
OTHER_PATIENT = "The current study and the prior belong to different patients; the comparison means nothing."


@dataclass(frozen=True, slots=True)
class Order:
    """One study to be read."""

    films: tuple[Film, ...]
    priors: tuple[Film, ...] = ()
    days_before: int | None = None  # of the priors; None = not known
    prior_report: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        """The films by file name: a study's own words would name the patient."""
        return ", ".join(name_of(film) for film in self.films)


def name_of(film: Film) -> str:
    """The file name of a film, inside a ZIP that of the member."""
    return (film.source.member or film.source.path.name).rsplit("/", 1)[-1]


def role_of(film: Film) -> Role:
    """Laterals are sent as such; whether the others are frontal chest films the backend's gate decides."""
    return "lateral" if is_lateral(film.header) else "current"


def orders(
    films: Sequence[Film], prior_films: Sequence[Film] = (), prior_report: str = ""
) -> tuple[Order, ...]:
    """Every study among `films`, in the order of its first film, each with its prior.

    Args:
        films: What the user wants read.
        prior_films: Films of the prior that the user named; without them the nearest earlier study of the same
            patient among `films` is taken.
        prior_report: Findings text of the prior. It is given to every study that has a prior.
    """
    place = {film.key: number for number, film in enumerate(films)}
    made = [
        _order(study, patient, prior_films, prior_report)
        for patient in group(films)
        for study in patient.studies
    ]
    return tuple(sorted(made, key=lambda order: min(place[film.key] for film in order.films)))


def repeated(films: Sequence[Film]) -> tuple[tuple[Film, Film], ...]:
    """Pairs of a film and an earlier one that is the very same file: it is read once."""
    first: dict[str, Film] = {}
    return tuple(
        (film, first[film.file_sha256])
        for film in films
        if first.setdefault(film.file_sha256, film) is not film
    )


def _order(study: Study, patient: Patient, prior_films: Sequence[Film], prior_report: str) -> Order:
    warnings = _warnings(patient)
    if prior_films:
        return _with_named_prior(study, prior_films, prior_report, warnings)
    prior = choose_prior(study, patient)
    if prior is None:
        return Order(study.films, warnings=warnings)
    return Order(study.films, frontal_films(prior), days_between(study, prior), prior_report, warnings)


def _warnings(patient: Patient) -> tuple[str, ...]:
    """The library's warnings quote names, which must not reach a log or a result: only that there are some is told."""
    is_dicom = any(film.header.is_verified for study in patient.studies for film in study.films)
    return (DOUBTFUL_HEADERS,) if patient.warnings and is_dicom else ()


def _with_named_prior(
    study: Study, prior_films: Sequence[Film], prior_report: str, warnings: tuple[str, ...]
) -> Order:
    """The study with the latest study of what the user named. Files of the same study are no prior of it."""
    others = [film for film in prior_films if film.key not in {one.key for one in study.films}]
    if not others:
        return Order(study.films, warnings=warnings)
    prior = latest_study(group(others)[0])
    is_same_person = len(group([*study.films, *prior.films])) == 1
    is_known = all(film.header.is_verified for film in (*study.films, *prior.films))
    if is_known and not is_same_person:
        warnings = (*warnings, OTHER_PATIENT)
    days = days_between(study, prior)
    is_earlier = days is not None and days >= 0
    return Order(
        study.films, frontal_films(prior) or prior.films, days if is_earlier else None, prior_report, warnings
    )

"""The studies of one patient in their order, each with the one before it as its prior. Pure.

The published recipe slides a window of two consecutive studies over a patient, and studies without a findings text
drop out of it (m4cxr.md §8). It shows all films of the prior; here they are its frontal ones, as `sidelight read` and
the panel hand them to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from inference.training.rows import KnownFilm, KnownStudy
from viewer.core.hanging import is_lateral_position


@dataclass(frozen=True, slots=True)
class Visit:
    """A study and when it was. `order` sorts the visits of one patient where there is no date."""

    study: KnownStudy
    order: tuple[str, ...]
    day: date | None = None


def is_lateral_view(view: str) -> bool:
    """True if a View Position (0018,5101) names a lateral view; a lateral decubitus (LLD, RLD) is a frontal one."""
    return is_lateral_position(view) or "".join(view.upper().split()) == "XTABLELATERAL"


def with_priors(visits: Sequence[Visit]) -> tuple[KnownStudy, ...]:
    """The studies of one patient, earliest first, each with the films and the findings text of its prior.

    A study with a findings text takes the nearest earlier one that has one too; a study without, the nearest earlier.
    """
    made: list[KnownStudy] = []
    last: Visit | None = None
    last_with_text: Visit | None = None
    for visit in sorted(visits, key=lambda one: one.order):
        prior = last_with_text if visit.study.findings else last
        made.append(visit.study if prior is None else _with_prior(visit, prior))
        last = visit
        if visit.study.findings:
            last_with_text = visit
    return tuple(made)


def _with_prior(visit: Visit, prior: Visit) -> KnownStudy:
    days = (visit.day - prior.day).days if visit.day and prior.day else None
    films = prior_films(prior.study, days)
    if not films:
        return visit.study
    return replace(visit.study, films=visit.study.films + films, prior_report=prior.study.findings)


def prior_films(prior: KnownStudy, days_before: int | None) -> tuple[KnownFilm, ...]:
    """The films of an earlier study as priors of a later one, with what is known of that earlier study."""
    own = tuple(film for film in prior.films if film.role != "prior")
    frontal = tuple(film for film in own if film.role == "current") or own
    return tuple(
        replace(film, role="prior", days_before=days_before, labels=film.labels or prior.labels)
        for film in frontal
    )

"""Which earlier study the current one is compared with: the prompts have a place for one (m4cxr.md §4.2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import StudyFilm, StudyInput


@dataclass(frozen=True, slots=True)
class PriorChoice:
    """The nearest prior that could be read, and what was known of it. Without `images` there is none."""

    images: tuple[str, ...] = ()
    days_before: int | None = None
    others: int = 0  # further priors that were given
    why: str = ""
    report: str = ""  # as given; empty = not given


NO_PRIOR = PriorChoice()


def choose_prior(study: StudyInput, readable: Sequence[str]) -> PriorChoice:
    """The films of the prior that lies nearest; an undated prior counts only where no dated one can be read.

    Films of one prior are those with the same number of days before the current study.

    Args:
        readable: Hashes of the prior films that passed the gate, in the study's order.
    """
    given = tuple(film for film in study.films if film.role == "prior")
    days = {film.image_sha256: film.days_before for film in given}
    if not readable:
        return NO_PRIOR
    chosen = _nearest([days[image] for image in readable])
    all_days = {film.days_before for film in given}
    return PriorChoice(
        images=tuple(image for image in readable if days[image] == chosen),
        days_before=chosen,
        others=len(all_days) - 1,
        why=_why(chosen, all_days),
        report=_report(study, given, chosen),
    )


def _nearest(days: Sequence[int | None]) -> int | None:
    known = [day for day in days if day is not None]
    return min(known) if known else None


def _why(chosen: int | None, given: set[int | None]) -> str:
    if len(given) == 1:
        return "the only prior that was given"
    if chosen is None:
        return "its date is not known, but no prior with a date could be read"
    nearer = sum(day is not None and day < chosen for day in given)
    if nearer == 0:
        return f"the nearest of {len(given)} priors"
    return (
        f"the nearest prior that could be read; {nearer} nearer {'one' if nearer == 1 else 'ones'} could not"
    )


def _report(study: StudyInput, given: Sequence[StudyFilm], chosen: int | None) -> str:
    """The chosen prior's own report; never that of another prior."""
    for report in study.prior_reports:
        if report.days_before == chosen and report.text.strip():
            return report.text.strip()
    is_of_it = chosen == _nearest([film.days_before for film in given])
    return study.prior_report.strip() if is_of_it else ""

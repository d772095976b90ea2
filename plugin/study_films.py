"""Which films of the hanging are given to the model, and in which role. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import Role
from plugin.events import FilmInReading, PriorUsed
from plugin.state import StudyReading
from viewer.api import Hanging
from viewer.core.hanging import earlier_studies, frontal_films, is_lateral
from viewer.core.library import days_between
from viewer.core.study import Film, Study

MOST_CURRENT_FILMS = 6
"""More films than a chest study has. A study with hundreds (CT) is not sent slice by slice."""
MOST_PRIOR_FILMS = 2

Part = tuple[Film, Role, int | None]
"""A film, its role, and its days before the current study where it is a prior's."""


@dataclass(frozen=True, slots=True)
class FilmToRead:
    """A film and its part in the reading."""

    film: Film
    role: Role
    title: str
    days_before: int | None = None  # of a prior


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What one reading looks at."""

    films: tuple[FilmToRead, ...]
    left_out: tuple[FilmToRead, ...] = ()
    prior: PriorUsed | None = None

    @property
    def has_current(self) -> bool:
        """True if there is a film of the study itself that is no lateral one."""
        return any(item.role == "current" for item in self.films)

    @property
    def film_keys(self) -> tuple[str, ...]:
        return tuple(item.film.key for item in self.films)

    @property
    def films_shown(self) -> tuple[FilmInReading, ...]:
        """The films as the panel lists them, those left out with their reason."""
        read = [FilmInReading(item.film.key, item.title, item.role) for item in self.films]
        reason = f"the study has more than {MOST_CURRENT_FILMS} films, and only the first are read"
        rest = [FilmInReading(item.film.key, item.title, item.role, "", reason) for item in self.left_out]
        return (*read, *rest)


def study_key(hanging: Hanging) -> str:
    """Names the study on screen, also where two patients' files claim one Study Instance UID. Empty: none hangs."""
    if hanging.current is None:
        return ""
    return key_of(hanging, hanging.current)


def key_of(hanging: Hanging, study: Study) -> str:
    patient = hanging.patient
    if patient is None:
        return study.instance_uid
    birth = patient.birth_date.isoformat() if patient.birth_date else ""
    return "\n".join((study.instance_uid, patient.patient_id, patient.name, birth))


def plan_reading(hanging: Hanging, *, prior_has_report: bool = False) -> ReadingPlan:
    """The current study's films, frontal ones first, then the frontal films of the prior on screen.

    Raises:
        ValueError: No study hangs.
    """
    if hanging.current is None:
        raise ValueError("no study hangs, so there is nothing to plan")
    current = _titled(_current(hanging), "")
    priors = _titled(_priors(hanging), "Prior ")
    kept, rest = current[:MOST_CURRENT_FILMS], current[MOST_CURRENT_FILMS:]
    used = None
    if hanging.prior is not None and priors:
        days = days_between(hanging.current, hanging.prior)
        place, number = _place(hanging)
        used = PriorUsed(hanging.prior.study_date, days, prior_has_report, place, number)
    return ReadingPlan((*kept, *priors), tuple(rest), used)


def _current(hanging: Hanging) -> list[Part]:
    films = hanging.current.films if hanging.current else ()
    frontal: list[Part] = [(film, "current", None) for film in films if not is_lateral(film.header)]
    lateral: list[Part] = [(film, "lateral", None) for film in films if is_lateral(film.header)]
    return frontal + lateral


def _priors(hanging: Hanging) -> list[Part]:
    if hanging.current is None or hanging.prior is None:
        return []
    days = days_between(hanging.current, hanging.prior)
    return [(film, "prior", days) for film in frontal_films(hanging.prior)[:MOST_PRIOR_FILMS]]


def _place(hanging: Hanging) -> tuple[int, int]:
    """Which of the patient's earlier studies the prior is, nearest first, and how many there are."""
    if hanging.current is None or hanging.prior is None or hanging.patient is None:
        return 1, 0
    uids = [study.instance_uid for study in earlier_studies(hanging.current, hanging.patient)]
    uid = hanging.prior.instance_uid
    return (uids.index(uid) + 1, len(uids)) if uid in uids else (1, 0)


def _titled(films: Sequence[Part], prefix: str) -> list[FilmToRead]:
    """Name each film by its view; number those that share one."""
    views = [_view(film) for film, _, _ in films]
    total, seen = Counter(views), Counter[str]()
    made = []
    for (film, role, days), view in zip(films, views, strict=True):
        seen[view] += 1
        number = f" {seen[view]}" if total[view] > 1 else ""
        title = f"{prefix}{view}{number}"
        made.append(FilmToRead(film, role, title[:1].upper() + title[1:], days))
    return made


def _view(film: Film) -> str:
    if is_lateral(film.header):
        return "lateral"
    return film.header.view_position.strip().upper() or "film"


def has_prior(hanging: Hanging) -> bool:
    """True if a prior hangs that can be compared with."""
    return bool(_priors(hanging))


def notice_of(hanging: Hanging, reading: StudyReading) -> str:
    """What has come on screen since the study was read, so that nobody takes the draft for more than it is."""
    if not reading.has_been_read or reading.is_running or hanging.current is None:
        return ""
    known = {film.film_key for film in reading.films}
    new = [film for film in hanging.current.films if film.key not in known]
    if new:
        count = "A film has" if len(new) == 1 else f"{len(new)} films have"
        return f"{count} been added to this study since it was read. Read again to include what is new."
    if hanging.prior is not None and reading.prior is None and _priors(hanging):
        return "A prior has come on screen since this study was read. Read again to compare."
    return ""

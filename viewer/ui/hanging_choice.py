"""What hangs where: from the studies found and the reader's choices to viewports. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from viewer.api import Hanging
from viewer.core.hanging import choose_prior, frontal_films, is_frontal, is_lateral, latest_study
from viewer.core.library import days_between
from viewer.core.study import Film, FilmHeader, Patient, Study
from viewer.ui import wording

Role = Literal["current", "lateral", "prior"]


@dataclass(frozen=True, slots=True)
class HangingChoice:
    """What the reader asked for; the empty choice lets the hanging decide everything."""

    study_uid: str = ""  # the current study
    film_key: str = ""  # the film in the current viewport
    prior_uid: str = ""  # the prior study, also of another patient (then a red line warns)
    prior_film_key: str = ""
    is_prior_shown: bool = True
    viewports: int | None = None  # 1, 2 or 3; None: 2 where there is a prior, else 1


@dataclass(frozen=True, slots=True)
class Slot:
    """One viewport's content."""

    film: Film
    role: Role
    days_before: int | None = (
        None  # of a prior: its age relative to the current study, where both dates are known
    )


@dataclass(frozen=True, slots=True)
class Hung:
    """The result: what plugins are told, the viewports from left to right, and what the reader must be warned of."""

    hanging: Hanging = field(default_factory=Hanging)
    slots: tuple[Slot, ...] = ()
    warning: str = ""


def hang(patients: Sequence[Patient], films: Sequence[Film], choice: HangingChoice) -> Hung:
    """Choose current and prior. `films` in order of arrival decide which patient comes first of their own.

    The prior hangs at the left, the current film at the right beside the panel. A film of another patient may be
    looked at as "prior", but plugins are never told so: nothing may compare two people.
    """
    current = _find_study(patients, choice.study_uid) or _first_study(patients, films)
    if current is None:
        return Hung()
    patient, study = current
    film = _film_of(study, choice.film_key) or _leading_film(study)
    if film is None:
        return Hung()
    prior_patient, prior = _prior(patients, patient, study, choice)
    prior_film = _film_of(prior, choice.prior_film_key) or _leading_film(prior) if prior else None
    slots = _slots(study, film, prior, prior_film, choice.viewports)
    prior_films = tuple(slot.film for slot in slots if slot.role == "prior")
    warning = different_people(film.header, prior_films[0].header) if prior_films else ""
    if prior_films and not warning and prior_patient is not patient:
        warning = wording.wrong_patient(person(film.header), person(prior_films[0].header))
    is_comparable = bool(prior_films) and not warning
    hanging = Hanging(
        patient=patient,
        current=study,
        prior=prior if is_comparable else None,
        current_films=tuple(slot.film for slot in slots if slot.role != "prior"),
        prior_films=prior_films if is_comparable else (),
    )
    return Hung(hanging, slots, warning)


def different_people(current: FilmHeader, prior: FilmHeader) -> str:
    """The warning line where two headers can't be of one person; empty where nothing contradicts."""
    pairs = (
        (current.patient_id, prior.patient_id),
        (_folded(current.patient_name), _folded(prior.patient_name)),
        (current.patient_birth_date, prior.patient_birth_date),
        (current.patient_sex, prior.patient_sex),
    )
    if any(a and b and a != b for a, b in pairs):
        return wording.wrong_patient(person(current), person(prior))
    return ""


def person(header: FilmHeader) -> str:
    """Name and ID as the reader knows them."""
    name = header.patient_name.replace("^", " ").strip() or "name not stated"
    return f"{name} [{header.patient_id or 'no ID'}]"


def older_prior(patient: Patient, current: Study, shown: Study | None) -> Study | None:
    """The next older study with something to show, after `shown`; wraps to the newest earlier one at the end."""
    earlier = [
        study
        for study in patient.studies
        if study.instance_uid != current.instance_uid
        and (days_between(current, study) or 0) >= 0
        and study.films
    ]
    earlier.sort(key=lambda study: days_between(current, study) or 0)
    if not earlier:
        return None
    uids = [study.instance_uid for study in earlier]
    at = uids.index(shown.instance_uid) if shown and shown.instance_uid in uids else -1
    return earlier[(at + 1) % len(earlier)]


def _folded(name: str) -> str:
    """A name without what differs between sites only: case, carets, spaces, and the ideographic groups."""
    return " ".join(name.split("=", maxsplit=1)[0].replace("^", " ").casefold().split())


def _find_study(patients: Sequence[Patient], uid: str) -> tuple[Patient, Study] | None:
    if not uid:
        return None
    return next(((p, s) for p in patients for s in p.studies if s.instance_uid == uid), None)


def _first_study(patients: Sequence[Patient], films: Sequence[Film]) -> tuple[Patient, Study] | None:
    """The latest study of the first patient, in order of arrival, who has a frontal chest film; else of the first."""
    for film in films:
        if is_frontal(film.header) and (owner := _owner(patients, film)):
            return owner[0], latest_study(owner[0])
    return next((owner for film in films if (owner := _owner(patients, film))), None)


def _owner(patients: Sequence[Patient], film: Film) -> tuple[Patient, Study] | None:
    """Whose film it is: asked for one or two films among many, so nothing is built for all of them."""
    uid = film.header.study_instance_uid
    for patient in patients:
        for study in patient.studies:
            if study.instance_uid == uid and any(other.key == film.key for other in study.films):
                return patient, study
    return None


def _film_of(study: Study | None, key: str) -> Film | None:
    return next((film for film in study.films if film.key == key), None) if study and key else None


def _leading_film(study: Study) -> Film | None:
    frontal = frontal_films(study)
    return frontal[0] if frontal else next(iter(study.films), None)


def _prior(
    patients: Sequence[Patient], patient: Patient, study: Study, choice: HangingChoice
) -> tuple[Patient, Study | None]:
    if not choice.is_prior_shown:
        return patient, None
    chosen = _find_study(patients, choice.prior_uid)
    if chosen and chosen[1].instance_uid != study.instance_uid:
        return chosen
    return patient, choose_prior(study, patient)


def _slots(
    study: Study, film: Film, prior: Study | None, prior_film: Film | None, viewports: int | None
) -> tuple[Slot, ...]:
    current = Slot(film, "lateral" if is_lateral(film.header) else "current")
    beside = [Slot(prior_film, "prior", days_between(study, prior))] if prior and prior_film else []
    if viewports == 1:
        return (current,)
    if viewports == 3:
        other = next((f for f in study.films if f.key != film.key and is_lateral(f.header)), None)
        other = other or next((f for f in study.films if f.key != film.key), None)
        middle = [Slot(other, "lateral" if is_lateral(other.header) else "current")] if other else []
        return (*beside, *middle, current)
    return (*beside, current)

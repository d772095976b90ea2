"""What hangs where: from the studies found and the reader's choices to viewports. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from viewer.api import Hanging
from viewer.core.hanging import earlier_studies, is_frontal, is_lateral, latest_study, leading_film
from viewer.core.hanging_protocol.choose import Placed, choose_protocol, mirrored_rows, place_films
from viewer.core.hanging_protocol.files import bundled_protocols
from viewer.core.hanging_protocol.protocol import MOST_VIEWPORTS, HangingProtocol, HangingRules
from viewer.core.language import tr
from viewer.core.library import days_between
from viewer.core.stacks import Stack
from viewer.core.study import Film, FilmHeader, Patient, Study
from viewer.ui import wording

Role = Literal["current", "lateral", "prior", "difference"]


@dataclass(frozen=True, slots=True)
class HangingChoice:
    """What the reader asked for; the empty choice lets the hanging decide everything."""

    study_uid: str = ""  # the current study
    study_of: str = (
        ""  # a film of it: two people's films may claim one Study Instance UID, and this says whose
    )
    film_key: str = ""  # the film in the current viewport
    prior_uid: str = ""  # the prior study, also of another patient (then a red line warns)
    prior_of: str = ""  # a film of it, as in `study_of`
    prior_film_key: str = ""
    is_prior_shown: bool = True
    protocol: str = (
        ""  # id of a hanging protocol; empty, unknown or not fitting: the first automatic one that fits
    )
    viewports: int | None = None  # 1 to 4: the bundled protocol of so many, in place of `protocol`

    def of_views_only(self) -> HangingChoice:
        """What holds for any films: which studies and films were chosen is forgotten."""
        return replace(
            self, study_uid="", study_of="", film_key="", prior_uid="", prior_of="", prior_film_key=""
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """One viewport's content."""

    film: Film
    role: Role
    days_before: int | None = (
        None  # of a prior: its age relative to the current study, where both dates are known
    )
    sync_group: str = "films"  # viewports of one group zoom, pan and window together; empty: alone
    screen: int = 1  # 2: in the second films window, where there is one
    preset_key: int | None = None  # the window preset that a film of this viewport starts with
    stack: Stack | None = None  # what is scrolled here, where the film is a slice or a frame of several
    at: int = 0  # the film's place in the stack


@dataclass(frozen=True, slots=True)
class Hung:
    """The result: what plugins are told, the viewports from left to right, and what the reader must be warned of."""

    hanging: Hanging = field(default_factory=Hanging)
    slots: tuple[Slot, ...] = ()
    warning: str = ""
    protocol: HangingProtocol | None = None
    columns: int = MOST_VIEWPORTS  # viewports in one row
    leading: int = 0  # which slot holds the film that the keys and the next choice refer to


def bundled_rules() -> HangingRules:
    """What holds where a site has said nothing."""
    return HangingRules(bundled_protocols())


def hang(
    patients: Sequence[Patient],
    films: Sequence[Film],
    choice: HangingChoice,
    rules: HangingRules | None = None,
) -> Hung:
    """Choose current and prior and hang them by a protocol. `films` in order of arrival decide which patient comes
    first of their own.

    A film of another patient may be looked at as "prior", but plugins are never told so: nothing may compare two
    people. They are told of one prior study only, the first.
    """
    rules = rules or bundled_rules()
    current = _find_study(patients, choice.study_uid, choice.film_key or choice.study_of) or _first_study(
        patients, films
    )
    if current is None:
        return Hung()
    patient, study = current
    film = _film_of(study, choice.film_key) or leading_film(study)
    if film is None:
        return Hung()
    owners, priors = _priors(patients, patient, study, choice)
    wanted = f"chest-{choice.viewports}" if choice.viewports else choice.protocol
    protocol = choose_protocol(rules, wanted, study, len(priors))
    chosen = [
        (prior, _film_of(prior, choice.prior_film_key) if not at else None) for at, prior in enumerate(priors)
    ]
    placed = place_films(protocol, (study, film), chosen)
    if protocol.follows_current_side and rules.current_side == "left":
        placed = mirrored_rows(placed, protocol.columns)
    slots = tuple(_slot(one, study) for one in placed)
    first_prior = priors[0] if priors else None
    prior_slots = [one for one in placed if one.rule.show == "prior"]
    warning = next(filter(None, (different_people(film.header, one.film.header) for one in prior_slots)), "")
    strangers = [one for one in prior_slots if owners.get(one.study.instance_uid) is not patient]
    if strangers and not warning:
        warning = wording.wrong_patient(person(film.header), person(strangers[0].film.header))
    if not warning and any(one.film.header.is_synthetic != film.header.is_synthetic for one in prior_slots):
        warning = tr(wording.SYNTHETIC_BESIDE_REAL)
    compared = tuple(one.film for one in prior_slots if one.study is first_prior and not warning)
    hanging = Hanging(
        patient=patient,
        current=study,
        prior=first_prior if compared else None,
        current_films=tuple(one.film for one in placed if one.rule.show == "current"),
        prior_films=compared,
    )
    leading = next(index for index, one in enumerate(placed) if one.is_leading)
    return Hung(hanging, slots, warning, protocol, protocol.columns, leading)


def _slot(placed: Placed, current: Study) -> Slot:
    rule, is_side = placed.rule, is_lateral(placed.film.header)
    group = f"{rule.sync_group} lateral" if is_side and rule.sync_group else rule.sync_group
    role: Role = "lateral" if is_side else "current"
    days = None
    if rule.show == "prior":
        role, days = "prior", days_between(current, placed.study)
    return Slot(placed.film, role, days, group, rule.screen, rule.preset_key)


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
    name = header.patient_name.replace("^", " ").strip() or tr("name not stated")
    return f"{name} [{header.patient_id or tr('no ID')}]"


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


def _find_study(patients: Sequence[Patient], uid: str, film_key: str) -> tuple[Patient, Study] | None:
    """The study of this UID; where several people have films under it, the study that holds the film."""
    if not uid:
        return None
    found = [
        (patient, study) for patient in patients for study in patient.studies if study.instance_uid == uid
    ]
    return next((one for one in found if _film_of(one[1], film_key)), found[0] if found else None)


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


def _priors(
    patients: Sequence[Patient], patient: Patient, study: Study, choice: HangingChoice
) -> tuple[dict[str, Patient], tuple[Study, ...]]:
    """Priors, nearest or chosen first, and by study UID whose they are."""
    if not choice.is_prior_shown:
        return {}, ()
    earlier = earlier_studies(study, patient)
    owners = {one.instance_uid: patient for one in earlier}
    chosen = _find_study(patients, choice.prior_uid, choice.prior_film_key or choice.prior_of)
    if chosen is None or chosen[1] is study:
        return owners, earlier
    owner, first = chosen
    at = next((index for index, one in enumerate(earlier) if one.instance_uid == first.instance_uid), None)
    further = earlier if at is None else earlier[at + 1 :]
    return {**owners, first.instance_uid: owner}, (first, *(further if owner is patient else ()))

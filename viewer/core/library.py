"""Films to patients, studies and series. Nobody is given another person's films: doubt splits, and says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from viewer.core.study import Film, FilmHeader, Patient, Series, Study

MOST_NAMED = 6
"""A warning names so many others; an archive whose films all have one ID has thousands."""


def group(films: Sequence[Film]) -> tuple[Patient, ...]:
    """Return the patients of these films, by name; their studies earliest first, undated ones last.

    - The same file twice is taken once. Two different films with one SOP Instance UID are both kept, with a warning.
    - One Patient ID with two names, birth dates or sexes makes two patients, each with a warning.
    - Films without a Patient ID are together only within one study.
    """
    kept, warnings = _without_duplicates(films)
    people: list[_Person] = []
    for label, same_id in _by_claim(kept).items():
        split = _split_by_identity(same_id)
        for person in split:
            person.warnings += _identity_warnings(person, label, split)
        people += split
    _warn_of_shared_studies(people)
    patients = [person.patient(warnings) for person in people]
    return tuple(sorted(patients, key=lambda patient: (patient.name.casefold(), patient.patient_id)))


def days_between(current: Study, prior: Study) -> int | None:
    """Return how many days `prior` lies before `current`, negative if after; None where a date is not known."""
    if current.study_date is None or prior.study_date is None:
        return None
    return (current.study_date - prior.study_date).days


@dataclass(slots=True)
class _Person:
    """An identity that grows as films fill in what others left empty."""

    name: str = ""
    birth_date: date | None = None
    sex: str = ""
    films: list[Film] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def contradictions(self, header: FilmHeader) -> list[str]:
        """Say in what a header differs from this person; what either leaves empty differs in nothing."""
        pairs = {
            "name": (_comparable_name(self.name), _comparable_name(header.patient_name)),
            "birth date": (self.birth_date, header.patient_birth_date),
            "sex": (self.sex, header.patient_sex),
        }
        return [what for what, (mine, theirs) in pairs.items() if mine and theirs and mine != theirs]

    def take(self, film: Film) -> None:
        header = film.header
        self.films.append(film)
        self.name = self.name or header.patient_name
        self.birth_date = self.birth_date or header.patient_birth_date
        self.sex = self.sex or header.patient_sex

    def patient(self, clashes: dict[str, str]) -> Patient:
        own = dict.fromkeys(clashes[film.key] for film in self.films if film.key in clashes)
        return Patient(
            patient_id=self.films[0].header.patient_id,
            name=self.name,
            birth_date=self.birth_date,
            sex=self.sex,
            studies=_studies(self.films),
            warnings=(*dict.fromkeys(self.warnings), *own),
        )


def _without_duplicates(films: Sequence[Film]) -> tuple[list[Film], dict[str, str]]:
    """Drop equal files; return the rest, and by film key a warning where two share a SOP Instance UID."""
    by_uid: dict[str, list[Film]] = defaultdict(list)
    kept: list[Film] = []
    for film in films:
        same_uid = by_uid[film.header.sop_instance_uid]
        if not any(other.file_sha256 == film.file_sha256 for other in same_uid):
            same_uid.append(film)
            kept.append(film)
    clashing = {film.key: several for several in by_uid.values() if len(several) > 1 for film in several}
    warnings = {
        key: f"Two different files claim the same SOP Instance UID; both are shown: {_names(several)}."
        for key, several in clashing.items()
    }
    return [_flagged(film, clashing[film.key]) if film.key in clashing else film for film in kept], warnings


def _flagged(film: Film, several: Iterable[Film]) -> Film:
    """Say on the film itself that another one bears its name."""
    others = _names(other for other in several if other.key != film.key)
    notice = f"Not the only film with this SOP Instance UID: {others} has it too."
    notices = film.header.notices
    return (
        film if notice in notices else replace(film, header=replace(film.header, notices=(*notices, notice)))
    )


def _names(films: Iterable[Film]) -> str:
    return ", ".join(film.source.member or film.source.path.name for film in films)


def _by_claim(films: Iterable[Film]) -> dict[str, list[Film]]:
    """Group by what could make films one person's: the Patient ID, or else the study."""
    claims: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        header = film.header
        claim = f"id {header.patient_id}" if header.patient_id else f"study {header.study_instance_uid}"
        claims[claim].append(film)
    return claims


def _split_by_identity(films: list[Film]) -> list[_Person]:
    """Put films together that contradict each other in nothing; the most complete headers are asked first.

    Films that could belong to several people belong to none of them: they stay together within their study only.
    """
    people: list[_Person] = []
    by_name: dict[tuple[str, ...], list[_Person]] = defaultdict(list)  # ten thousand films can share one ID
    untold: dict[tuple[object, ...], _Person] = {}
    for film in sorted(films, key=lambda film: -_completeness(film.header)):
        header = film.header
        name = _comparable_name(header.patient_name)
        claim = (name, header.patient_birth_date, header.patient_sex, header.study_instance_uid)
        if claim in untold:
            untold[claim].take(film)
            continue
        candidates = by_name[name] + by_name[()] if name else people
        fitting = list(islice((person for person in candidates if not person.contradictions(header)), 2))
        if len(fitting) == 1:
            person = fitting[0]
            if name and not person.name:
                by_name[()].remove(person)
                by_name[name].append(person)
        else:  # nobody, or it can't be told who of several
            person = _Person()
            people.append(person)
            by_name[name].append(person)
            if fitting:
                untold[claim] = person
        person.take(film)
    order = {film.key: place for place, film in enumerate(films)}
    for person in people:
        person.films.sort(key=lambda film: order[film.key])
    return people


def _completeness(header: FilmHeader) -> int:
    return sum(map(bool, (header.patient_name, header.patient_birth_date, header.patient_sex)))


def _comparable_name(name: str) -> tuple[str, ...]:
    """Return the components of the first written group, without case, blanks and empty ends.

    DOE^JANE, Doe^Jane^^ and DOE ^JANE are the same; DOE^JANET is not.
    """
    group_text = next((part for part in name.split("=") if part.strip()), "")
    components = [" ".join(part.casefold().split()) for part in group_text.split("^")]
    while components and not components[-1]:
        components.pop()
    return tuple(components)


def _identity_warnings(person: _Person, label: str, everybody: list[_Person]) -> list[str]:
    first = person.films[0].header
    if not first.is_verified:
        return ["Not a DICOM file: whose film this is, which side is left and how large it is are not known."]
    warnings = []
    if not first.patient_id:
        warnings.append("No Patient ID: these films were not joined with any other study.")
    others = [other for other in everybody[: MOST_NAMED + 1] if other is not person]
    if others:
        differing = sorted({what for other in others for what in other.contradictions(first)})
        reason = (
            f"with another {' and '.join(differing)}" if differing else "and it can't be told whose these are"
        )
        warnings.append(
            f"{label.removeprefix('id ').removeprefix('study ')}: the same ID is used {reason}"
            f" ({_people([other.name or 'no name' for other in others], len(everybody) - 1)})."
            " They were kept apart."
        )
    return warnings


def _warn_of_shared_studies(people: list[_Person]) -> None:
    owners: dict[str, list[_Person]] = defaultdict(list)
    for person in people:
        for uid in {film.header.study_instance_uid for film in person.films}:
            owners[uid].append(person)
    for several in owners.values():
        if len(several) < 2:
            continue
        for person in several:
            names = _people(
                [
                    other.name or other.films[0].header.patient_id or "no name"
                    for other in several[: MOST_NAMED + 1]
                    if other is not person
                ],
                len(several) - 1,
            )
            person.warnings.append(f"A study of this patient also holds films of another patient ({names}).")


def _people(names: list[str], number: int) -> str:
    """The first names, and how many more there are."""
    shown = names[:MOST_NAMED]
    more = number - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _studies(films: list[Film]) -> tuple[Study, ...]:
    by_study: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_study[film.header.study_instance_uid].append(film)
    return tuple(sorted((_study(uid, its) for uid, its in by_study.items()), key=study_order))


def study_order(study: Study) -> tuple[bool, date, str]:
    """Sort key: earliest first, undated studies last."""
    return (study.study_date is None, study.study_date or date.min, study.study_time)


def _study(uid: str, films: list[Film]) -> Study:
    headers = [film.header for film in films]
    dates = [header.study_date for header in headers if header.study_date]
    study = Study(
        uid,
        study_date=min(dates) if dates else None,
        study_time=min((header.study_time for header in headers if header.study_time), default=""),
        description=next((header.study_description for header in headers if header.study_description), ""),
    )
    by_series: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_series[film.header.series_instance_uid].append(film)
    return replace(
        study, series=tuple(_series(series_uid, its) for series_uid, its in _in_series_order(by_series))
    )


def _in_series_order(by_series: dict[str, list[Film]]) -> list[tuple[str, list[Film]]]:
    def number(entry: tuple[str, list[Film]]) -> tuple[bool, int]:
        found = next(
            (film.header.series_number for film in entry[1] if film.header.series_number is not None), None
        )
        return (found is None, found or 0)

    return sorted(by_series.items(), key=number)


def _series(uid: str, films: list[Film]) -> Series:
    def number(film: Film) -> tuple[bool, int]:
        return (film.header.instance_number is None, film.header.instance_number or 0)

    return Series(uid, tuple(sorted(films, key=number)))

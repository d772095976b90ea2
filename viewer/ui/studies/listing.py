"""The study list as plain data: made once from all films, then searched, filtered and folded at every key. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from viewer.api import StudyUrgency
from viewer.core.index.records import UNREAD, StudyRecord, StudyState
from viewer.core.language import tr
from viewer.core.library import group
from viewer.core.stacks import Stack, stacks_of
from viewer.core.study import Film, Patient, Study
from viewer.ui.stacks.hung_stacks import Folded, fold_stacks, of_file
from viewer.ui.study_rows import StudyRow, patient_row, picture_row, stack_row, study_row

UNFOLDED_UP_TO = 60
"""With more films than this only the studies that were on screen, or that the reader unfolds, show their films."""


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """One study of the list, with the words by which it is found."""

    uid: str
    row: StudyRow | None  # None for pictures, which are nobody's study
    films: tuple[Film, ...]
    words: str
    stacks: tuple[Stack, ...] = ()  # the same films: each stack has one row
    folded_row: StudyRow | None = None  # made beforehand: a list of ten thousand is shown anew at every click
    rows: tuple[StudyRow, ...] = ()  # of `stacks`


@dataclass(frozen=True, slots=True)
class PatientEntry:
    """One patient of the list, the newest study first."""

    row: StudyRow | None
    studies: tuple[StudyEntry, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """All films, grouped, and the list made of them."""

    patients: tuple[Patient, ...] = ()
    entries: tuple[PatientEntry, ...] = ()
    stacks: Folded = field(default_factory=Folded)  # what a hanging chooses from


@dataclass(frozen=True, slots=True)
class ListChoice:
    """What the reader wants to see of the list."""

    search: str = ""
    state: StudyState | None = None
    folds: Mapping[str, bool] = field(default_factory=dict)  # row key to folded, where the reader said so
    records: Mapping[str, StudyRecord] = field(default_factory=dict)
    missing: Collection[str] = ()  # keys of films whose files are not there now
    order: Mapping[str, StudyUrgency] = field(
        default_factory=dict
    )  # study UID to how urgent it is while unread
    kept: frozenset[str] = (
        frozenset()
    )  # UIDs on screen that were urgent when they were opened: they keep their place


def list_films(films: Sequence[Film]) -> Listing:
    """Group films and make the list's rows. Ten thousand films take tenths of a second: not in the GUI thread."""
    patients = group(films)
    return Listing(patients, tuple(_patient_entry(patient) for patient in patients), fold_stacks(patients))


def visible_rows(entries: Sequence[PatientEntry], choice: ListChoice) -> tuple[StudyRow, ...]:
    """The rows that are shown, from top to bottom. A study is there if it has every word that is searched for."""
    words = _searched(choice)
    is_short = (
        sum(len(study.stacks or study.films) for entry in entries for study in entry.studies)
        <= UNFOLDED_UP_TO
    )
    rows: list[StudyRow] = []
    for entry in entries:
        studies = [study for study in entry.studies if _is_wanted(study, words, choice)]
        if not studies:
            continue
        if entry.row is not None:
            rows.append(_with_fold(entry.row, is_folded=choice.folds.get(entry.row.key, False)))
            if rows[-1].is_folded and not words:
                continue
        for study in studies:
            rows.extend(_study_rows(study, choice, is_folded=not is_short))
    return tuple(rows)


def _patient_entry(patient: Patient) -> PatientEntry:
    if not any(film.header.is_verified for study in patient.studies for film in study.films):
        pictures = (StudyEntry(s.instance_uid, None, s.films, _words(patient, s)) for s in patient.studies)
        return PatientEntry(None, tuple(pictures))
    return PatientEntry(
        patient_row(patient), tuple(_study_entry(patient, study) for study in reversed(patient.studies))
    )


def _study_entry(patient: Patient, study: Study) -> StudyEntry:
    row = replace(study_row(study), state=UNREAD.state, note=UNREAD.note)
    folded = replace(row, is_folded=True)
    words, stacks = _words(patient, study), stacks_of(study)
    rows = tuple(stack_row(stack) for stack in stacks)
    return StudyEntry(study.instance_uid, row, study.films, words, stacks, folded, rows)


def _words(patient: Patient, study: Study) -> str:
    """Everything a study is found by: name, ID, dates with and without hyphens, descriptions, accession number."""
    found = [patient.name.replace("^", " "), patient.name, patient.patient_id, study.description]
    for day in (patient.birth_date, study.study_date):
        found += [day.isoformat(), day.strftime("%Y%m%d")] if day else []
    for film in study.films:
        header = film.header
        found += [header.accession_number, header.series_description, header.modality, header.body_part]
        if not header.is_verified:
            found.append(film.source.member or film.source.path.name)
    return " ".join(dict.fromkeys(word for word in found if word)).casefold()


def is_wanted(study: StudyEntry, choice: ListChoice) -> bool:
    """True if the search and the filter leave this study in the list."""
    return _is_wanted(study, _searched(choice), choice)


def _searched(choice: ListChoice) -> tuple[str, ...]:
    return tuple(choice.search.casefold().split())


def _is_wanted(study: StudyEntry, words: Sequence[str], choice: ListChoice) -> bool:
    record = choice.records.get(study.uid, UNREAD)
    if choice.state is not None and record.state != choice.state:
        return False
    return all(word in study.words or word in record.note.casefold() for word in words)


def _study_rows(study: StudyEntry, choice: ListChoice, *, is_folded: bool) -> Iterator[StudyRow]:
    missing = choice.missing
    if study.row is None:
        for film in study.films:
            yield _with_missing(picture_row(film), is_missing=film.key in missing)
        return
    is_folded = choice.folds.get(study.row.key, is_folded)
    is_gone = bool(missing) and all(film.key in missing for film in study.films)
    record = choice.records.get(study.uid, UNREAD)
    row = _with_missing(study.folded_row if is_folded and study.folded_row else study.row, is_missing=is_gone)
    urgency = choice.order.get(study.uid) if choice.order and record.state == "unread" else None
    why = urgency.note if urgency else ""
    said = (is_folded, record.state, record.note, why)
    if (row.is_folded, row.state, row.note, row.urgency) != said:
        row = replace(row, is_folded=is_folded, state=record.state, note=record.note, urgency=why)
    yield row
    if not is_folded:
        for stack, row in zip(study.stacks, study.rows, strict=True):
            is_lost = bool(missing) and all(of_file(film.key) in missing for film in stack.slices)
            yield _with_missing(row, is_missing=is_lost)


def _with_fold(row: StudyRow, *, is_folded: bool) -> StudyRow:
    return row if row.is_folded == is_folded else replace(row, is_folded=is_folded)


def _with_missing(row: StudyRow, *, is_missing: bool) -> StudyRow:
    if not is_missing:
        return row
    gone = tr("not there")
    return replace(row, subtitle=f"{gone} · {row.subtitle}", is_missing=True)

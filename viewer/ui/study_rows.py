"""The study list as flat rows: patients, their studies, their films. Pure, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from viewer.core.index.records import StudyState
from viewer.core.language import tr, tr_formed
from viewer.core.stacks import Stack
from viewer.core.study import Film, Patient, Study
from viewer.ui.captions import count, date_text, plain, time_text, view_text
from viewer.ui.stacks.hung_stacks import of_file

RowKind = Literal["patient", "study", "film"]


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One line of the list. `key` is a film's key, a study's UID, or made of the patient's identity."""

    kind: RowKind
    key: str
    title: str
    subtitle: str = ""
    warning: str = ""
    is_folded: bool = False
    state: StudyState = "open"  # of a study
    note: str = ""
    is_missing: bool = False  # its files are not there now
    urgency: str = ""  # of an unread study: why it stands first, in a few words
    film_key: str = ""  # of a study: one of its films, which tells two people's studies of one UID apart


def picture_row(film: Film) -> StudyRow:
    """A PNG or JPEG is nobody's study: one row, named by its file."""
    name = plain(film.source.member or film.source.path.name)
    return StudyRow("film", film.key, name, tr("Unverified picture"))


def patient_row(patient: Patient) -> StudyRow:
    name = plain(patient.name.replace("^", " ")) or tr("Name not stated")
    parts = [plain(patient.patient_id) or tr("no ID"), plain(patient.sex)]
    parts.append(tr("born {day}", day=patient.birth_date.isoformat()) if patient.birth_date else "")
    warning = " ".join(plain(tr_formed(text), 200) for text in patient.warnings)
    key = f"patient {patient.patient_id} {patient.name} {patient.birth_date} {patient.sex}"
    if not patient.patient_id:
        key += f" {patient.studies[0].instance_uid}"
    return StudyRow("patient", key, name, " · ".join(part for part in parts if part), warning)


def study_row(study: Study) -> StudyRow:
    moment = date_text(study.study_date) + (f"  {time_text(study.study_time)}" if study.study_time else "")
    details = [plain(study.description), count(len(study.films), "film")]
    subtitle = " · ".join(part for part in details if part)
    of = study.films[0].key if study.films else ""
    return StudyRow("study", study.instance_uid, moment, subtitle, film_key=of)


def stack_row(stack: Stack) -> StudyRow:
    """A stack is one row, named by its first slice."""
    row = film_row(stack.first)
    if not stack.is_scrolled or stack.first.header.pixels.frames > 1:
        return replace(row, key=of_file(row.key))
    described = plain(stack.first.header.series_description)
    return replace(row, title=f"{row.title} · {count(len(stack.slices), 'slice')}", subtitle=described)


def film_row(film: Film) -> StudyRow:
    header = film.header
    details = plain(header.series_description) or plain(film.source.member or film.source.path.name)
    marks = [] if header.is_verified else [tr("unverified")]
    if header.is_synthetic:
        marks.append("SYNTHETIC")
    if header.pixels.frames > 1:
        marks.append(count(header.pixels.frames, "frame"))
    return StudyRow("film", film.key, " · ".join([view_text(header), *marks]), details)

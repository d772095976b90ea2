"""The study list as flat rows: patients, their studies, their films. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from viewer.core.study import Film, Patient, Study
from viewer.ui.captions import count, date_text, plain, time_text, view_text

RowKind = Literal["patient", "study", "film"]


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One line of the list. `key` is a film's key, a study's UID, or empty for a patient."""

    kind: RowKind
    key: str
    title: str
    subtitle: str = ""
    warning: str = ""


def study_rows(patients: Sequence[Patient], folded: Collection[str] = ()) -> tuple[StudyRow, ...]:
    """Rows from top to bottom, a patient's newest study first. Films of studies in `folded` are left out.

    Pictures that are no DICOM files have no patient and no study to show.
    """
    rows: list[StudyRow] = []
    for patient in patients:
        if not any(film.header.is_verified for study in patient.studies for film in study.films):
            rows.extend(_picture_row(film) for study in patient.studies for film in study.films)
            continue
        rows.append(_patient_row(patient))
        for study in reversed(patient.studies):
            rows.append(_study_row(study))
            if study.instance_uid not in folded:
                rows.extend(_film_row(film) for film in study.films)
    return tuple(rows)


def _picture_row(film: Film) -> StudyRow:
    """A PNG or JPEG is nobody's study: one row, named by its file."""
    name = plain(film.source.member or film.source.path.name)
    return StudyRow("film", film.key, name, "Unverified picture")


def _patient_row(patient: Patient) -> StudyRow:
    name = plain(patient.name.replace("^", " ")) or "Name not stated"
    parts = [plain(patient.patient_id) or "no ID", plain(patient.sex)]
    parts.append(f"born {patient.birth_date.isoformat()}" if patient.birth_date else "")
    warning = " ".join(plain(text, 200) for text in patient.warnings)
    return StudyRow("patient", "", name, " · ".join(part for part in parts if part), warning)


def _study_row(study: Study) -> StudyRow:
    moment = date_text(study.study_date) + (f"  {time_text(study.study_time)}" if study.study_time else "")
    details = [plain(study.description), count(len(study.films), "film")]
    return StudyRow("study", study.instance_uid, moment, " · ".join(part for part in details if part))


def _film_row(film: Film) -> StudyRow:
    header = film.header
    details = plain(header.series_description) or plain(film.source.member or film.source.path.name)
    marks = [] if header.is_verified else ["unverified"]
    if header.is_synthetic:
        marks.append("SYNTHETIC")
    if header.pixels.frames > 1:
        marks.append(count(header.pixels.frames, "frame"))
    return StudyRow("film", film.key, " · ".join([view_text(header), *marks]), details)

"""`mimic:FOLDER`: MIMIC-CXR-JPG 2.x (Johnson et al. 2019), with the reports of MIMIC-CXR in or beside it.

Form: `mimic-cxr-2.0.0-metadata.csv.gz` (a row per film: `dicom_id, subject_id, study_id, ViewPosition, Rows, Columns,
StudyDate, StudyTime`), `-split.csv.gz`, `-chexpert.csv.gz` and `-negbio.csv.gz` (a row per study, 1.0 / 0.0 / -1.0 /
empty), films as `files/p10/p10000032/s50414267/….jpg`; reports as `mimic-cxr-reports.zip` or unpacked,
`files/p10/p10000032/s50414267.txt`, or `mimic_cxr_sectioned.csv`. Documented at physionet.org/content/mimic-cxr-jpg
and /mimic-cxr.

As published (m4cxr.md §8): the official split; sections by the last heading of a name; studies in the order of date,
then time with its zeros in front (`81500.000` is before `101500.000`); a prior is the study before, among those with a
findings text. Studies without a findings text stay here for their labels, and give no report. Labels are CheXpert's of
the whole report, or NegBio's where it has none; the published recipe labels the findings text again with CheXbert.

No film is opened to list the set; a patient whose folder was not downloaded is left out, and told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference.training.rows import DataSet, Known, KnownFilm, KnownStudy, Split
from inference.training.sources import folder_at
from inference.training.sources.histories import Visit, with_priors
from inference.training.sources.label_names import UnknownLabelValue, chexpert_columns
from inference.training.sources.mimic_reports import ReportOf, find_reports
from inference.training.sources.mimic_tables import (
    PatientsHere,
    day_of,
    film_name,
    known_film,
    official_splits,
    open_films,
    table_like,
)
from inference.training.sources.sections import Sections
from inference.training.sources.tables import SourceRefused, Troubles, rows_of

_COLUMNS = ("dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate", "StudyTime")


@dataclass(slots=True)
class _Study:
    """A study while its films are gathered."""

    row: str
    subject: str
    date: str
    time: str
    films: list[KnownFilm] = field(default_factory=list)


def read(path: str) -> DataSet:
    """Read tables and reports; no film is opened."""
    folder = folder_at(path)
    metadata = table_like(folder, "metadata")
    if metadata is None:
        raise SourceRefused(
            f"There is no mimic-cxr-2.0.0-metadata.csv.gz in {folder}.", "Name the folder of MIMIC-CXR-JPG."
        )
    troubles = Troubles()
    gathered = _films(folder, metadata, troubles)
    labels, splits = _labels(folder, troubles), official_splits(folder, troubles)
    report_of = find_reports(folder)
    visits: dict[str, list[Visit]] = defaultdict(list)
    for number, study in gathered.items():
        visits[study.subject].append(_visit(number, study, labels, splits, report_of, troubles))
    studies = tuple(made for history in visits.values() for made in with_priors(history))
    return DataSet("mimic", studies, open_films(folder), troubles.all())


def _films(folder: Path, metadata: Path, troubles: Troubles) -> dict[str, _Study]:
    here = PatientsHere(folder)
    studies: dict[str, _Study] = {}
    for row in rows_of(metadata, _COLUMNS, troubles):
        name = film_name(row["subject_id"], row["study_id"], row["dicom_id"])
        if name is None:
            troubles.add(row.place, "dicom_id, subject_id or study_id is none of the set's", "Mend the row.")
        elif name not in here:
            troubles.count(
                row.place,
                "the patient's folder is not under files/; the film was left out",
                "Fetch the rest of the set, if it is to be used.",
                is_intended=True,
            )
        else:
            study = studies.setdefault(
                name.study, _Study(row.place, name.subject, row["StudyDate"], row["StudyTime"])
            )
            study.films.append(known_film(name, row["ViewPosition"], row["Rows"], row["Columns"]))
    return studies


def _visit(
    number: str,
    study: _Study,
    labels: Mapping[str, tuple[Mapping[str, Known], str]],
    splits: Mapping[str, Split],
    report_of: ReportOf,
    troubles: Troubles,
) -> Visit:
    sections = report_of(study.subject, number)
    if sections is None:
        troubles.count(study.row, "the study has no report", "Fetch the rest of the reports.")
        sections = Sections()
    known, source = labels.get(number, ({}, ""))
    made = KnownStudy(
        id=f"s{number}",
        row=study.row,
        patient=f"mimic:{study.subject}",
        films=tuple(study.films),
        findings=sections.findings,
        impression=sections.impression,
        indication=sections.indication,
        labels=known,
        label_source=source,
        split=splits.get(number),
    )
    # times lose their leading zeros in the table: 81500.000 is a quarter past eight
    time = study.time.split(".")[0].zfill(6)
    return Visit(made, (study.date, time, number), day_of(study.date))


def _labels(folder: Path, troubles: Troubles) -> dict[str, tuple[Mapping[str, Known], str]]:
    """Study number to its labels and whose they are: CheXpert's before NegBio's."""
    found: dict[str, tuple[Mapping[str, Known], str]] = {}
    for kind, source in (("negbio", "NegBio on the report"), ("chexpert", "CheXpert on the report")):
        table = table_like(folder, kind)
        for row in rows_of(table, ("study_id",), troubles) if table else ():
            try:
                labels = chexpert_columns(row.cells)
            except UnknownLabelValue as error:
                troubles.add(row.place, str(error), "Mend the cell.")
                continue
            if labels:
                found[row["study_id"]] = (labels, source)
    return found

"""The reports that lie in a folder, in whatever form: tables, JSON, text files, structured reports. Not matched yet.

A table needs a column that names the study (`StudyInstanceUID`, `AccessionNumber` or a film's `file`) and one with
words (`report`, or `findings` and `impression`), or the 14 label columns. Case, blanks and underscores in names don't
matter. JSON: a list of such objects, or an object that holds one list; JSON lines: an object a line. A text file holds
one report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from inference.training.rows import Known, Split
from inference.training.sources.label_names import UnknownLabelValue, chexpert_columns, has_label_columns
from inference.training.sources.sections import Sections, sections_of
from inference.training.sources.tables import Row, SourceRefused, Troubles, rows_of
from viewer.core.report_document import ReportDocument

SUFFIXES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".txt"})
LARGEST_FILE = 512 * 1024 * 1024
_ABOUT = re.compile(r"(?:readme|licen[cs]e|notice)", re.I)
_SPLITS: Mapping[str, Split] = {
    **{"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val"},
    **{"validate": "val", "test": "test"},
}
_FIELDS: dict[str, tuple[str, ...]] = {
    "study": ("studyinstanceuid", "studyuid", "studyiuid", "study"),
    "accession": ("accessionnumber", "accession", "accessionno", "accno"),
    "file": ("file", "filename", "filepath", "path", "image", "dicom", "dicomfile"),
    "patient": ("patientid", "patient", "mrn"),
    "report": ("report", "reporttext", "text", "fulltext", "radiologyreport"),
    "findings": ("findings", "finding", "소견"),
    "impression": ("impression", "conclusion", "결론"),
    "indication": ("indication", "history", "clinicalinformation", "reason"),
    "split": ("split", "set"),
}
_FIELD_OF = {name: field for field, names in _FIELDS.items() for name in names}
_WORDS = frozenset({"report", "findings", "impression"})
_KEYS = frozenset({"study", "accession", "file"})
NO_REPORTS = (
    "It needs a column StudyInstanceUID, AccessionNumber or file, and one of report, findings, impression or the 14"
    " labels. If it holds no reports, nothing is to be done."
)


@dataclass(frozen=True, slots=True)
class FoundReport:
    """A report and what it says of whose it is; an empty key says nothing."""

    place: str  # "reports.csv:17"
    sections: Sections
    study: str = ""  # Study Instance UID
    accession: str = ""
    file: str = ""  # path or name of a film
    folder: str = ""  # of a text file: the only study of this folder has it
    patient: str = ""
    labels: Mapping[str, Known] = field(default_factory=dict)
    split: Split | None = None
    document: ReportDocument | None = None  # of a structured report


def reports_in(file: Path, place: str, troubles: Troubles) -> Iterator[FoundReport]:
    """The reports of one file; what is wrong with it is told.

    Args:
        place: The file as a person finds it, relative to the folder.
    """
    if _ABOUT.match(file.stem):
        return
    try:
        match file.suffix.lower():
            case ".csv" | ".tsv":
                yield from _of_table(file, place, troubles)
            case ".txt":
                yield _of_text(file, place)
            case _:
                yield from _of_json(file, place, troubles)
    except SourceRefused as refusal:
        troubles.add(place, str(refusal), refusal.remedy)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        troubles.add(
            place,
            f"the file can't be read ({type(error).__name__})",
            "Save it as UTF-8; for JSON check its syntax.",
        )


def of_document(document: ReportDocument, place: str) -> FoundReport:
    """A structured report: its headings and words put together as a text, and read like any other."""
    runs = groupby(document.parts, key=lambda part: part.heading.upper())
    joined = ((heading, "\n".join(part.text for part in parts)) for heading, parts in runs)
    sections = sections_of("\n".join(f"{heading}: {text}" if heading else text for heading, text in joined))
    if not sections.findings and not sections.impression:  # headings that nobody foresaw
        sections = sections_of("\n".join(part.text for part in document.parts))
    return FoundReport(
        place,
        sections,
        study=document.study_instance_uid,
        accession="" if document.study_instance_uid else document.accession_number,
        patient=document.patient_id,
        document=document,
    )


def _of_table(file: Path, place: str, troubles: Troubles) -> Iterator[FoundReport]:
    rows = rows_of(file, (), troubles, delimiter="\t" if file.suffix.lower() == ".tsv" else ",")
    for number, row in enumerate(rows):
        if number == 0 and not _is_of_reports(row.cells):
            troubles.add(place, "the table names no study or holds no words; it was not used", NO_REPORTS)
            return
        line = row.place.rsplit(":", 1)[-1]
        yield from _of_cells(Row(f"{place}:{line}", row.cells), troubles)


def _of_json(file: Path, place: str, troubles: Troubles) -> Iterator[FoundReport]:
    if file.stat().st_size > LARGEST_FILE:
        troubles.add(place, "the file is too large", "Cut it into several, or save it as CSV.")
        return
    if file.suffix.lower() == ".jsonl":
        with file.open(encoding="utf-8-sig") as lines:
            numbered = [
                (f"{place}:{number}", json.loads(line))
                for number, line in enumerate(lines, 1)
                if line.strip()
            ]
    else:
        numbered = [
            (f"{place}[{number}]", one)
            for number, one in enumerate(_listed(json.loads(file.read_text("utf-8-sig"))))
        ]
    if not numbered or not _is_of_reports(numbered[0][1]):
        troubles.add(place, "the file names no study or holds no words; it was not used", NO_REPORTS)
        return
    for where, one in numbered:
        if isinstance(one, dict):
            cells = {str(name): _cell(value) for name, value in one.items()}
            yield from _of_cells(Row(where, cells), troubles)
        else:
            troubles.add(where, "this is no object with fields", "Mend it.")


def _listed(whole: Any) -> list[Any]:
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else [whole]
    return []


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _is_of_reports(cells: Any) -> bool:
    if not isinstance(cells, dict):
        return False
    fields = {_FIELD_OF.get(_plain(str(name)), "") for name in cells}
    return bool(fields & _KEYS) and (bool(fields & _WORDS) or has_label_columns(map(str, cells)))


def _of_cells(row: Row, troubles: Troubles) -> Iterator[FoundReport]:
    told: dict[str, str] = {}
    for name, value in row.cells.items():
        known = _FIELD_OF.get(_plain(name))
        if known and value and known not in told:
            told[known] = value
    try:
        labels = chexpert_columns(row.cells)
    except UnknownLabelValue as error:
        troubles.add(row.place, str(error), "Mend the cell; the row's labels were left out.")
        labels = {}
    if "split" in told and told["split"].lower() not in _SPLITS:
        troubles.add(row.place, "the split is none of train, val and test", "Mend the cell; it was left out.")
    sections = sections_of(told.get("report", ""))
    yield FoundReport(
        row.place,
        Sections(
            findings=told.get("findings", "") or sections.findings_or_free,
            impression=told.get("impression", "") or sections.impression,
            indication=told.get("indication", "") or sections.indication,
        ),
        study=told.get("study", ""),
        accession=told.get("accession", ""),
        file=told.get("file", "").replace("\\", "/"),
        patient=told.get("patient", ""),
        labels=labels,
        split=_SPLITS.get(told.get("split", "").lower()),
    )


def _of_text(file: Path, place: str) -> FoundReport:
    text = file.read_bytes()[:1_000_000].decode("utf-8-sig")
    folder, _, _ = place.rpartition("/")
    return FoundReport(
        place, sections_of(text), study=file.stem, accession=file.stem, file=file.stem, folder=folder or "."
    )


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z가-힣]", "", name.lower())

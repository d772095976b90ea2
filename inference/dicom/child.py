"""Makes the objects of one reading. Runs in the writing child only (`viewer.writer.child` calls `make`)."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydicom.dataset import Dataset

from inference.dicom.encapsulated_pdf import encapsulated_pdf
from inference.dicom.findings_sr import findings_sr
from inference.dicom.header import complete_header
from inference.dicom.presentation_state import presentation_states
from inference.dicom.report_sr import report_sr
from inference.dicom.requests import ReadingObjects


def make(sources: list[Dataset], priors: list[Dataset], wish: dict[str, Any]) -> list[Dataset]:
    """The findings SR, a presentation state of each film that can have one, the report, and its pages.

    Args:
        sources: Headers of the study's films (see `viewer.writer.source`).
        priors: Headers of the prior's films that are referred to.
        wish: `content` is a `ReadingObjects` as a JSON object, `equipment` who writes, `attachments` the PDF file.

    Raises:
        viewer.writer.errors.NotWritten: A film is named that was not given.
    """
    reading = TypeAdapter(ReadingObjects).validate_python(wish["content"])
    equipment = wish["equipment"]
    made: list[Dataset] = []
    if "findings" in reading.kinds:
        made.append(findings_sr(sources, priors, reading, equipment))
    if "presentation" in reading.kinds:
        made.extend(presentation_states(sources, reading, equipment))
    if "report" in reading.kinds:
        evidence = [one for one in made if one.Modality == "SR"]
        made.append(report_sr(sources, evidence, reading, equipment))
    if "pdf" in reading.kinds and wish["attachments"]:
        made.append(encapsulated_pdf(sources, wish["attachments"][0], reading))
    synthetic = [one for one in sources if str(one.get("SyntheticData") or "") == "YES"]
    for one in made:
        complete_header(one, (synthetic or sources)[0], reading, equipment)
    return made

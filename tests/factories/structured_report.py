"""Structured reports as a reporting system writes them: Basic Text or TID 1500, headings and words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import BasicTextSRStorage, ExplicitVRLittleEndian

from tests.factories.dicom_film import uid


def code(value: str, scheme: str, meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def item(kind: str, meaning: str, content: Sequence[Dataset] = (), **values: Any) -> Dataset:
    """A content item; `values` are further elements by keyword."""
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    made.ConceptNameCodeSequence = DicomSequence([code("X", "99TEST", meaning)])
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if content:
        made.ContentSequence = DicomSequence(content)
    return made


def text(meaning: str, words: str) -> Dataset:
    return item("TEXT", meaning, TextValue=words)


def observer(kind: str) -> Dataset:
    """Person or Device (TID 1002)."""
    made = item("CODE", "Observer Type", ConceptCodeSequence=DicomSequence([code("1", "DCM", kind)]))
    made.ConceptNameCodeSequence[0].CodeValue = "121005"
    return made


def write_report(
    path: Path,
    content: Sequence[Dataset],
    *,
    study_uid: str,
    sop_class: str = BasicTextSRStorage,
    transfer_syntax: str = ExplicitVRLittleEndian,
    **header: Any,
) -> Path:
    """Write a structured report of `study_uid` and return `path`; `header` are elements by keyword."""
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = sop_class, uid("report", path.name)
    made.StudyInstanceUID, made.SeriesInstanceUID = study_uid, uid("report series", path.name)
    made.Modality, made.PatientID, made.PatientName = "SR", "P-1", "Phantom^Petra"
    made.ContentDate, made.ContentTime = "20240103", "120000"
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = DicomSequence([code("18748-4", "LN", "Diagnostic Imaging Report")])
    made.ContentSequence = DicomSequence(content)
    for keyword, value in header.items():
        setattr(made, keyword, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = transfer_syntax
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = (
        sop_class,
        made.SOPInstanceUID,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    dcmwrite(path, made, enforce_file_format=True)
    return path

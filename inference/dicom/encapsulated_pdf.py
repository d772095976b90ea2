"""The report's pages as an Encapsulated PDF (PS3.3 A.45.1), for archives that show no structured report. Child only."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes

from inference.dicom.header import identity, moment
from inference.dicom.requests import ReadingObjects
from viewer.writer.errors import NotWritten

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def encapsulated_pdf(sources: list[Dataset], pdf: bytes, reading: ReadingObjects) -> Dataset:
    """The pages, with the films that they are about.

    Raises:
        NotWritten: It is no PDF file.
    """
    if not pdf.startswith(b"%PDF-"):
        raise NotWritten("EncapsulatedDocument is no PDF file; nothing was written.")
    made = Dataset()
    numbers: dict[str, Any] = identity(reading, "pdf")
    made.SOPClassUID, made.SOPInstanceUID = ENCAPSULATED_PDF, numbers["sop_instance_uid"]
    made.SeriesInstanceUID, made.SeriesNumber = numbers["series_instance_uid"], numbers["series_number"]
    made.InstanceNumber, made.Modality, made.ConversionType = 1, "DOC", "WSD"
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "YES"  # the pages name the patient
    made.RecognizableVisualFeatures = "NO"
    made.DocumentTitle = reading.mark or "Report"
    made.VerificationFlag = "VERIFIED" if reading.state == "signed" else "UNVERIFIED"
    made.ConceptNameCodeSequence = Sequence([_title()])
    made.SourceInstanceSequence = Sequence([_reference(source) for source in sources])
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.EncapsulatedDocumentLength = len(pdf)
    made.ContentDate = moment(reading.made_at).strftime("%Y%m%d")
    return made


def _title() -> Dataset:
    code, item = codes.LN.DiagnosticImagingReport, Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = (
        code.value,
        code.scheme_designator,
        code.meaning,
    )
    return item


def _reference(source: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    return item

"""The report as an Enhanced SR: headings of CID 7001, one text item a sentence. Runs in the writing child only."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from inference.dicom.header import identity, state_flags
from inference.dicom.observers import observers
from inference.dicom.requests import ReadingObjects, Section

HEADINGS = {
    "indication": codes.LN.IndicationsForProcedure,
    "technique": codes.LN.CurrentProcedureDescriptions,
    "comparison": codes.LN.PriorProcedureDescriptions,
    "findings": codes.LN.Findings,
    "impression": codes.LN.Impressions,
    "addendum": codes.LN.Addendum,
    "note": codes.LN.Summary,
}
SENTENCES = {"findings": codes.DCM.Finding, "impression": codes.DCM.Impression}
"""What a sentence is called under its heading; elsewhere it is a comment."""


def report_sr(
    sources: list[Dataset], findings: list[Dataset], reading: ReadingObjects, equipment: dict[str, Any]
) -> Dataset:
    """Root (18748-4, LN, "Diagnostic Imaging Report"), template TID 2000; films and findings SR are its evidence."""
    from highdicom.sr import (
        ContainerContentItem,
        ContentSequence,
        EnhancedSR,
        LanguageOfContentItemAndDescendants,
    )
    from highdicom.sr.coding import CodedConcept

    root = ContainerContentItem(codes.LN.DiagnosticImagingReport, template_id="2000")
    root.ContentSequence = ContentSequence()
    english = CodedConcept("en", "RFC5646", "English")
    root.ContentSequence.extend(LanguageOfContentItemAndDescendants(english))
    root.ContentSequence.extend(observers(reading, equipment))
    root.ContentSequence.extend(_container(section) for section in reading.sections if section.sentences)
    return EnhancedSR(
        evidence=[*sources, *findings],
        content=root,
        manufacturer=equipment["manufacturer"],
        **identity(reading, "report"),
        **state_flags(reading, "report", sources[0].StudyInstanceUID),
    )


def _container(section: Section) -> Any:
    from highdicom.sr import ContainerContentItem, ContentSequence, RelationshipTypeValues, TextContentItem

    container = ContainerContentItem(
        HEADINGS[section.kind], relationship_type=RelationshipTypeValues.CONTAINS
    )
    name = SENTENCES.get(section.kind, codes.DCM.Comment)
    items = [TextContentItem(name, text, RelationshipTypeValues.CONTAINS) for text in section.sentences]
    container.ContentSequence = ContentSequence(items)
    return container

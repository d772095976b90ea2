"""Key images as a Key Object Selection Document (PS3.3 A.35.4, TID 2010). Runs in the writing child only."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from viewer.writer.common import add_equipment, add_moment
from viewer.writer.errors import NotWritten
from viewer.writer.source import PATIENT_AND_STUDY

SERIES_NUMBER = 9902
_CLASS = "1.2.840.10008.5.1.4.1.1."
SINGLE_FRAME = frozenset(
    _CLASS + end
    for end in ("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "2", "4", "6.1", "7", "77.1.1", "77.1.4")
)
"""CR, DX, mammography, intra-oral, CT, MR, US, SC, endoscopy, photography: frames of them can't be referred to."""


def key_object_selection(sources: list[Dataset], wish: dict[str, Any]) -> Dataset:
    """The document that selects these films: title (113000, DCM, "Of Interest"), CID 7010.

    Args:
        sources: Of the films (see `viewer.writer.source`), all of one study.
        wish: `sources` with the frames and the note of each film, a `note` for all, the equipment.

    Raises:
        NotWritten: The films are not of one study and one patient.
    """
    from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObserverContext

    first = sources[0]
    for keyword in ("StudyInstanceUID", "PatientID"):
        if any(source[keyword].value != first[keyword].value for source in sources):
            raise NotWritten(f"The key images differ in {keyword}; a document belongs to one study.")
    equipment = wish["equipment"]
    device = ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=generate_uid(prefix=None, entropy_srcs=None)
            if not equipment["installation_id"]
            else f"2.25.{int(equipment['installation_id'].replace('-', ''), 16)}",
            name=equipment["manufacturer"],
            manufacturer_name=equipment["manufacturer"],
            model_name=equipment["model_name"],
            serial_number=equipment["installation_id"],
        ),
    )
    content = KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=sources,
        observer_device_context=device,
        description=_description(wish) or None,
    )
    _refer_to_frames(content, sources, wish["sources"])
    document = KeyObjectSelectionDocument(
        evidence=sources,
        content=content,
        series_instance_uid=generate_uid(prefix=None),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer=equipment["manufacturer"],
    )
    for keyword in PATIENT_AND_STUDY:
        if keyword in first:
            document[keyword] = first[keyword]
    add_equipment(document, equipment)
    add_moment(document)
    document.SeriesDescription = "Key images"
    return document


def _description(wish: dict[str, Any]) -> str:
    """The note for all and the notes of single films, one a line, numbered as the films are."""
    notes = [
        f"{number}: {one['note']}"
        for number, one in enumerate(wish["sources"], start=1)
        if one["note"].strip()
    ]
    return "\n".join([text for text in (wish["note"].strip(), *notes) if text])[:1024]


def _refer_to_frames(content: Any, sources: list[Dataset], told: list[dict[str, Any]]) -> None:
    frames_of = {str(source.SOPInstanceUID): one["frames"] for source, one in zip(sources, told, strict=True)}
    for item in content[0].ContentSequence:
        if item.ValueType != "IMAGE":
            continue
        reference = item.ReferencedSOPSequence[0]
        frames = frames_of[str(reference.ReferencedSOPInstanceUID)]
        if frames and str(reference.ReferencedSOPClassUID) not in SINGLE_FRAME:
            reference.ReferencedFrameNumber = frames

"""What the objects of a reading have in common: patient, equipment, time, state. Runs in the writing child only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from inference.dicom.codes import OWN_SCHEME, Concept
from inference.dicom.requests import ReadingObjects
from viewer.core.element_values import derived_uid
from viewer.writer.common import add_equipment, add_moment
from viewer.writer.errors import NotWritten
from viewer.writer.source import PATIENT_AND_STUDY, in_components

ORGANIZATION_UNKNOWN = "Organization not stated"
SERIES_NUMBERS = {"findings": 9911, "presentation": 9912, "report": 9913, "pdf": 9914}
SERIES_DESCRIPTIONS = {
    "findings": "AI findings",
    "presentation": "AI marks",
    "report": "Report",
    "pdf": "Report, PDF",
}


def identity(reading: ReadingObjects, kind: str, number: int = 1) -> dict[str, Any]:
    """Series and instance of one object, as highdicom's constructors take them."""
    return {
        "series_instance_uid": derived_uid(reading.seed, "series", kind),
        "series_number": SERIES_NUMBERS[kind],
        "sop_instance_uid": derived_uid(reading.seed, "instance", kind, str(number)),
        "instance_number": number,
    }


def state_flags(reading: ReadingObjects, kind: str, study_uid: str) -> dict[str, Any]:
    """Completion, verification and preliminary flags, and what this version follows (PS3.3 C.17.2)."""
    flags: dict[str, Any] = {
        "is_complete": reading.state != "draft",
        "is_final": reading.state == "signed",
        "is_verified": reading.state == "signed",
        "previous_versions": _predecessors(reading, kind, study_uid) or None,
    }
    if reading.state == "signed":
        flags["verifying_observer_name"] = in_components(reading.reader_name)
        flags["verifying_organization"] = reading.organization or ORGANIZATION_UNKNOWN
    return flags


def _predecessors(reading: ReadingObjects, kind: str, study_uid: str) -> list[Dataset]:
    made = []
    for one in reading.predecessors:
        if one.kind == kind:
            item = Dataset()
            item.SOPClassUID, item.SOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
            item.StudyInstanceUID, item.SeriesInstanceUID = study_uid, one.series_instance_uid
            made.append(item)
    return made


def complete_header(
    made: Dataset, source: Dataset, reading: ReadingObjects, equipment: dict[str, Any]
) -> None:
    """The header rules of every object: patient and study of the film, who wrote it and when, in UTF-8."""
    for keyword in PATIENT_AND_STUDY:
        if keyword in source:
            made[keyword] = source[keyword]
    made.SpecificCharacterSet = "ISO_IR 192"
    if str(source.get("SyntheticData") or "") == "YES":
        made.SyntheticData = "YES"
    add_equipment(made, equipment)
    add_moment(made, moment(reading.made_at))
    if made.Modality == "PR":  # a presentation state has its own names for it (PS3.3 C.11.10)
        made.PresentationCreationDate, made.PresentationCreationTime = made.ContentDate, made.ContentTime
        del made.ContentDate, made.ContentTime
    kind = _kind_of(made)
    mark = f"{reading.mark}: " if reading.mark else ""
    made.SeriesDescription = f"{mark}{SERIES_DESCRIPTIONS[kind]}"[:64]
    for contributor in (
        made.get("ContributingEquipmentSequence") or []
    ):  # highdicom names itself, and its clock
        contributor.ContributionDateTime = _date_time(reading.made_at)
    for observer in made.get("VerifyingObserverSequence") or []:
        observer.VerificationDateTime = _date_time(reading.signed_at or reading.made_at)
    if _names_scheme(made, OWN_SCHEME):
        made.CodingSchemeIdentificationSequence = Sequence([_own_scheme()])


def _date_time(told: str) -> str:
    """Timezone Offset From UTC (0008,0201) holds its zone."""
    return moment(told).strftime("%Y%m%d%H%M%S")


def moment(told: str) -> datetime:
    """A time as the request tells it.

    Raises:
        NotWritten: It is no ISO 8601 time with a zone.
    """
    try:
        when = datetime.fromisoformat(told.replace("Z", "+00:00"))
    except ValueError as error:
        raise NotWritten("ContentDate: the time of the reading is not known; nothing was written.") from error
    if when.tzinfo is None:
        raise NotWritten("TimezoneOffsetFromUTC is not known; nothing was written.")
    return when.astimezone()


def code_of(concept: Concept) -> Any:
    """As highdicom wants it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(concept.value, concept.scheme, concept.meaning)


def source_named(sources: list[Dataset], sop_instance_uid: str) -> Dataset:
    """The film's header.

    Raises:
        NotWritten: It is not among those that were given.
    """
    for source in sources:
        if source.SOPInstanceUID == sop_instance_uid:
            return source
    raise NotWritten("ReferencedSOPInstanceUID names a film that is not here; nothing was written.")


def frames_of(source: Dataset, frame: int | None) -> list[int] | None:
    """Frame numbers to refer to; None for an image that has one frame only."""
    return [frame] if frame is not None and int(source.get("NumberOfFrames") or 1) > 1 else None


def _kind_of(made: Dataset) -> str:
    if made.Modality in ("PR", "DOC"):
        return "presentation" if made.Modality == "PR" else "pdf"
    return "report" if made.SeriesNumber == SERIES_NUMBERS["report"] else "findings"


def _names_scheme(dataset: Dataset, scheme: str) -> bool:
    if dataset.get("CodingSchemeDesignator") == scheme:
        return True
    items = (item for element in dataset if element.VR == "SQ" for item in element.value)
    return any(_names_scheme(item, scheme) for item in items)


def _own_scheme() -> Dataset:
    """Coding Scheme Identification Sequence (0008,0110) of the codes that are ours."""
    item = Dataset()
    item.CodingSchemeDesignator = OWN_SCHEME
    item.CodingSchemeName = "Sidelight finding codes"
    item.CodingSchemeVersion = "1"
    item.CodingSchemeResponsibleOrganization = "Sidelight"
    return item

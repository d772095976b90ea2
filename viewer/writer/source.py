"""The patient and the study of a source file, as a new object carries them over. Runs in the writing child only."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from viewer.core.element_values import is_uid
from viewer.writer.errors import NotWritten

PATIENT_AND_STUDY = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
"""Patient, General Study and Patient Study Module (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2), as far as films have them."""

EMPTY_WHERE_MISSING = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
"""Type 2: present in what we write even where the source lacks them."""

LEFT_OUT_WHERE_WRONG = ("PatientAge", "IssuerOfPatientID", "StudyDescription")
"""Optional (type 3): a value that the standard rules out is not passed on, and stops nothing."""

OF_THE_IMAGE = (
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "BodyPartExamined",
    "Laterality",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "PixelSpacingCalibrationDescription",
    "ImagerPixelSpacing",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "SyntheticData",
    "SamplesPerPixel",
    "ProcedureCodeSequence",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "PixelRepresentation",
)


def read_source(content: bytes, told: dict[str, Any]) -> Dataset:
    """Read the attributes that are carried over, texts decoded, person names in component form.

    Args:
        content: The whole file.
        told: What the window shows of it: `sop_instance_uid`, `study_instance_uid`, `patient_id`.

    Raises:
        NotWritten: The file can't be read, or is not the film that is on screen.
    """
    try:
        source = dcmread(
            BytesIO(content),
            force=True,
            stop_before_pixels=True,
            specific_tags=[*PATIENT_AND_STUDY, *OF_THE_IMAGE],
        )
        source.decode()
    except Exception as error:
        raise NotWritten(
            f"The header of the film's file can't be copied ({type(error).__name__})."
        ) from error
    for keyword, shown in (
        ("SOPInstanceUID", told["sop_instance_uid"]),
        ("StudyInstanceUID", told["study_instance_uid"]),
    ):
        if not is_uid(str(source.get(keyword, ""))) or source.get(keyword) != shown:
            raise NotWritten(f"{keyword} of the film is missing or no valid UID; nothing was written.")
    if str(source.get("PatientID") or "").strip() != told["patient_id"].strip():
        raise NotWritten("PatientID of the film's file is not the one on screen; nothing was written.")
    for keyword in EMPTY_WHERE_MISSING:
        if keyword not in source:
            setattr(source, keyword, "")
    for keyword in ("PatientName", "ReferringPhysicianName"):
        setattr(source, keyword, in_components(str(source.get(keyword) or "")))
    if source.PatientSex not in ("M", "F", "O"):
        source.PatientSex = ""
    source.SpecificCharacterSet = "ISO_IR 192"
    return source


def in_components(name: str) -> str:
    """A person name in component form: "Kim" becomes "Kim^"; each of the groups between "=" by itself."""
    groups = [
        group if "^" in group or not group.strip() else f"{group.strip()}^" for group in name.split("=")
    ]
    return "=".join(groups)

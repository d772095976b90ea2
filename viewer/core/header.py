"""A DICOM file's header as a `FilmHeader`: identity, view, and the pixel description."""

from __future__ import annotations

import re
from dataclasses import replace

from viewer.core import tags
from viewer.core.dicom_file import DicomFile
from viewer.core.element_values import derived_uid, is_uid
from viewer.core.errors import NotAnImage
from viewer.core.header_fields import HeaderFields
from viewer.core.lossy import lossy_history
from viewer.core.pixel_header import read_pixel_description
from viewer.core.slice_geometry import (
    frame_planes,
    read_frame_groups,
    read_frame_rate,
    read_plane,
    side_letters,
    with_frame_groups,
)
from viewer.core.study import FilmHeader, PixelDescription, SlicePlane

_ODD_PREAMBLE = (
    "The first 128 bytes hold something that is no DICOM; if the file came by mail, do not run it."
)


_SYNTHETIC_WORDS = re.compile(r"\bSYNTHETIC\b.*\bNOT FOR DIAGNOSIS\b")


def read_header(file: DicomFile, file_sha256: str, preamble: bytes = b"") -> FilmHeader:
    """Return the header of a DICOM image.

    Args:
        file: The located elements.
        file_sha256: Of the whole file; names what has no UID of its own.
        preamble: The 128 bytes before DICM, where there are any.

    Raises:
        NotAnImage: There is no picture in the file; the reason says what it is instead.
        FilmError: see `read_pixel_description`.
    """
    fields = HeaderFields(file)
    modality = fields.code(tags.MODALITY)
    if file.pixel_data is None:
        raise NotAnImage(_why_no_picture(file, modality))
    if preamble.strip(b"\0") and not preamble.startswith((b"II*\0", b"MM\0*")):
        fields.notice(_ODD_PREAMBLE)
    pixels, plane, planes = _laid_out(fields)
    return FilmHeader(
        pixels=pixels,
        sop_instance_uid=_uid(fields, tags.SOP_INSTANCE_UID, "SOP Instance UID", file_sha256),
        sop_class_uid=fields.code(tags.SOP_CLASS_UID),
        transfer_syntax_uid=file.transfer_syntax_uid,
        series_instance_uid=_uid(fields, tags.SERIES_INSTANCE_UID, "Series Instance UID", file_sha256),
        study_instance_uid=_uid(fields, tags.STUDY_INSTANCE_UID, "Study Instance UID", file_sha256),
        patient_id=fields.text(tags.PATIENT_ID),
        patient_name=fields.text(tags.PATIENT_NAME),
        patient_birth_date=fields.date(tags.PATIENT_BIRTH_DATE, "Patient's Birth Date"),
        patient_sex=_sex(fields),
        patient_age=_age(fields),
        study_date=fields.date(tags.STUDY_DATE, "Study Date"),
        study_time=_time(fields),
        accession_number=fields.text(tags.ACCESSION_NUMBER),
        study_description=fields.text(tags.STUDY_DESCRIPTION),
        series_description=fields.text(tags.SERIES_DESCRIPTION),
        series_number=fields.number_in_text(tags.SERIES_NUMBER, "Series Number"),
        instance_number=fields.number_in_text(tags.INSTANCE_NUMBER, "Instance Number"),
        modality=modality,
        body_part=fields.code(tags.BODY_PART_EXAMINED).upper(),
        view_position=fields.code(tags.VIEW_POSITION).upper(),
        image_type=tuple(code for code in fields.codes(tags.IMAGE_TYPE)[:16] if code),
        manufacturer=fields.text(tags.MANUFACTURER),
        lossy_compression=lossy_history(fields, file.transfer_syntax_uid),
        burned_in_annotation=fields.code(tags.BURNED_IN_ANNOTATION).upper(),
        frame_of_reference_uid=fields.code(tags.FRAME_OF_REFERENCE_UID),
        plane=plane,
        frame_planes=planes,
        frames_per_second=read_frame_rate(fields),
        is_synthetic=_is_synthetic(fields),
        notices=tuple(fields.notices),
    )


def _is_synthetic(fields: HeaderFields) -> bool:
    """SyntheticData (0008,001C), or the words that synthetic films are described with where that was taken out."""
    if fields.code(tags.SYNTHETIC_DATA).upper() == "YES":
        return True
    described = (fields.text(tags.SERIES_DESCRIPTION), fields.text(tags.STUDY_DESCRIPTION))
    return any(_SYNTHETIC_WORDS.search(text) for text in described)


def _laid_out(
    fields: HeaderFields,
) -> tuple[PixelDescription, SlicePlane | None, tuple[SlicePlane, ...]]:
    """Return the pixels' description, the plane of the first frame, and those of all frames of an enhanced one."""
    pixels = read_pixel_description(fields)
    plane = read_plane(fields)
    groups = read_frame_groups(fields, pixels.frames)
    planes = frame_planes(groups)
    pixels = with_frame_groups(fields, pixels, groups)
    if pixels.patient_orientation is None:
        letters = side_letters(planes or (plane,))
        pixels = replace(pixels, patient_orientation=letters)
    return pixels, plane or (planes[0] if planes else None), planes if pixels.frames > 1 else ()


def _why_no_picture(file: DicomFile, modality: str) -> str:
    if not file.elements:
        return "The file begins like DICOM, but nothing readable follows; it is damaged or cut off."
    kind = f"a DICOM object of modality {modality}" if modality else "a DICOM object"
    if tags.ROWS in file.elements:
        return f"The file describes an image ({kind}) but its Pixel Data is missing."
    return f"The file is {kind} without a picture."


def _uid(fields: HeaderFields, tag: int, name: str, file_sha256: str) -> str:
    """Return a UID as written; one below 2.25 that stays the same for the same file where it is missing or no UID."""
    written = fields.code(tag)
    if is_uid(written):
        return written
    if written:
        fields.notice(f"{name} is not a valid UID; another was derived from it.")
        return derived_uid(name, written)
    fields.notice(f"{name} is missing; one was derived from the file.")
    return derived_uid(name, file_sha256)


def _sex(fields: HeaderFields) -> str:
    sex = fields.code(tags.PATIENT_SEX).upper()
    return sex if sex in ("M", "F", "O") else ""


def _age(fields: HeaderFields) -> str:
    age = fields.code(tags.PATIENT_AGE)
    if age and not re.fullmatch(r"\d{3}[DWMY]", age):
        fields.notice("Patient's Age is not written as the standard says (like 045Y) and is ignored.")
        return ""
    return age


def _time(fields: HeaderFields) -> str:
    time = fields.code(tags.STUDY_TIME).replace(":", "")
    return time if re.fullmatch(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?", time) else ""

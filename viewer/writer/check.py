"""Validation before anything leaves (EX-8): the object is checked, encoded, read again and checked once more.

Runs in the writing child only.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import MutableSequence, Sequence
from io import BytesIO
from typing import Any

from pydicom import config, dcmread, dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import validate_value

from viewer.core.element_values import is_uid
from viewer.writer.errors import NotWritten
from viewer.writer.source import EMPTY_WHERE_MISSING

IMPLEMENTATION_CLASS_UID = UID("2.25.147283920174650193847562910384756102")
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
REQUIRED = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality"),
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber"),
)
TEXT_VRS = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI", "UT")
LONGEST = {"LO": 64, "SH": 16, "CS": 16, "PN": 64}


def checked_bytes(dataset: Dataset, sources: Sequence[Dataset]) -> bytes:
    """The file's bytes, after what they hold was found to be right when read back.

    Raises:
        NotWritten: An attribute is wrong; the reason names it.
    """
    check(dataset, sources)
    stream = BytesIO()
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        dataset.SOPClassUID,
        dataset.SOPInstanceUID,
    )
    meta.ImplementationClassUID, meta.ImplementationVersionName = IMPLEMENTATION_CLASS_UID, "SIDELIGHT"
    dataset.file_meta = meta
    dcmwrite(stream, dataset, enforce_file_format=True)
    content = stream.getvalue()
    again = dcmread(BytesIO(content))
    check(again, sources)
    for element in dataset:
        if not _is_same(element.value, again[element.tag].value):
            raise NotWritten(f"{_name(element)} reads back as something else; nothing was written.")
    return content


def _is_same(written: Any, read: Any) -> bool:
    """Bytes may have been padded to even length, numbers of VR FL have seven digits; all else is what was written."""
    if isinstance(written, bytes):
        return isinstance(read, bytes) and read[: len(written)] == written
    if isinstance(written, DicomSequence):
        return len(written) == len(read) and all(map(_is_same_item, written, read))
    if isinstance(written, int | float) and isinstance(read, int | float):
        return math.isclose(written, read, rel_tol=1e-6)
    if isinstance(written, MutableSequence) and isinstance(read, MutableSequence):
        return len(written) == len(read) and all(map(_is_same, written, read))
    return str(written or "") == str(read or "") if not written or not read else str(written) == str(read)


def _is_same_item(written: Dataset, read: Dataset) -> bool:
    return len(written) == len(read) and all(
        element.tag in read and _is_same(element.value, read[element.tag].value) for element in written
    )


def check_one_study(sources: Sequence[Dataset], priors: Sequence[Dataset]) -> None:
    """Hold the films of a request together.

    Raises:
        NotWritten: They are of several studies, or a prior is somebody else's.
    """
    for source in sources:
        if source.StudyInstanceUID != sources[0].StudyInstanceUID:
            raise NotWritten("The films differ in StudyInstanceUID; an object belongs to one study.")
    for source in (*sources, *priors):
        if str(source.PatientID or "") != str(sources[0].PatientID or ""):
            raise NotWritten("The films differ in PatientID; nothing was written.")


def check(dataset: Dataset, sources: Sequence[Dataset]) -> None:
    """Hold an object to the header rules that every receiver may rely on.

    Raises:
        NotWritten: An attribute breaks them; the reason names it.
    """
    for keyword in REQUIRED:
        if not str(dataset.get(keyword) or "").strip():
            raise NotWritten(f"{keyword} is missing; nothing was written.")
    for keyword in EMPTY_WHERE_MISSING:
        if keyword not in dataset:
            raise NotWritten(f"{keyword} is missing; nothing was written.")
    made = "PresentationCreationDate" if dataset.Modality == "PR" else "ContentDate"
    if not dataset.get(made):
        raise NotWritten(f"{made} is missing; nothing was written.")
    check_values(dataset)
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        if any(dataset[keyword].value == source.get(keyword) for source in sources):
            raise NotWritten(f"{keyword} is that of a source film; nothing was written.")
    for keyword in ("StudyInstanceUID", "PatientID"):
        if any(str(dataset[keyword].value or "") != str(source.get(keyword) or "") for source in sources):
            raise NotWritten(f"{keyword} is not that of the source film; nothing was written.")
    if dataset.get("SpecificCharacterSet") != "ISO_IR 192":
        raise NotWritten("SpecificCharacterSet must be ISO_IR 192; nothing was written.")
    if dataset.SOPClassUID == SECONDARY_CAPTURE:
        _check_capture(dataset, sources)


def _check_capture(dataset: Dataset, sources: Sequence[Dataset]) -> None:
    if list(dataset.get("ImageType") or []) != ["DERIVED", "SECONDARY"]:
        raise NotWritten("ImageType must be DERIVED\\SECONDARY; nothing was written.")
    if dataset.get("BurnedInAnnotation") != "YES":
        raise NotWritten("BurnedInAnnotation must be YES; nothing was written.")
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
    if len(dataset.PixelData) not in (size, size + size % 2):  # padded to even length when written
        raise NotWritten("PixelData does not fit Rows and Columns; nothing was written.")
    for keyword in ("SyntheticData", "LossyImageCompression"):
        if (
            sources
            and sources[0].get(keyword) in ("YES", "01")
            and dataset.get(keyword) != sources[0].get(keyword)
        ):
            raise NotWritten(f"{keyword} of the source is lost; nothing was written.")


def check_values(dataset: Dataset, keywords: Sequence[str] = ()) -> None:
    """Hold every value (or those of `keywords`) to what its VR allows (PS3.5 6.2), in sequences as well.

    Raises:
        NotWritten: A value breaks it; the reason names its attribute.
    """
    for element in dataset:
        if keywords and element.keyword not in keywords:
            continue
        if element.VR == "SQ":
            for item in element.value:
                check_values(item)
        elif element.VR in TEXT_VRS:
            for value in element.value if element.VM > 1 else [element.value]:
                if value is not None and str(value):
                    _check_value(element, str(value))


def leave_out_wrong(dataset: Dataset, keywords: Sequence[str]) -> None:
    """Take away those of these attributes whose value the standard rules out."""
    for keyword in keywords:
        try:
            check_values(dataset, (keyword,))
        except NotWritten:
            del dataset[keyword]


def _check_value(element: DataElement, value: str) -> None:
    if element.VR == "UI" and not is_uid(value):
        raise NotWritten(f"{_name(element)} is no valid UID; nothing was written.")
    if element.VR == "PN" and "^" not in value:
        raise NotWritten(f"{_name(element)} is not in component form; nothing was written.")
    allowed = "\r\n\t\f" if element.VR in ("LT", "ST", "UT") else ""
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in value):
        raise NotWritten(f"{_name(element)} holds control characters; nothing was written.")
    groups = value.split("=") if element.VR == "PN" else [value]
    if any(len(group) > LONGEST.get(element.VR, 1 << 20) for group in groups):
        raise NotWritten(
            f"{_name(element)} is longer than {LONGEST[element.VR]} characters; nothing was written."
        )
    try:
        validate_value(element.VR, value, config.RAISE)
    except (ValueError, TypeError) as error:
        raise NotWritten(
            f"{_name(element)} has a value that the standard rules out; nothing was written."
        ) from error


def _name(element: DataElement) -> str:
    return element.keyword or str(element.tag)

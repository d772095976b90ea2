"""Chest films as DICOM datasets and files, in any transfer syntax that we read."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.factories.chest_picture import chest_picture
from tests.factories.codestreams import compress

NATIVE = {
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
}


def uid(*names: object) -> str:
    """Return the UID that always belongs to these names."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).hexdigest()
    return f"2.25.{int(digest[:32], 16)}"


def chest_film_dataset(
    *,
    picture: NDArray[np.float64] | None = None,
    stored: NDArray[Any] | None = None,
    rows: int = 128,
    columns: int = 112,
    seed: int = 0,
    bits: int = 12,
    bits_allocated: int | None = None,
    is_signed: bool = False,
    photometric: str = "MONOCHROME2",
    transfer_syntax: str = ExplicitVRLittleEndian,
    window: tuple[float, float] | None = None,
    voi_function: str | None = None,
    voi_lut: Sequence[int] | None = None,
    voi_lut_first: int = 0,
    voi_lut_bits: int = 16,
    modality_lut: Sequence[int] | None = None,
    rescale: tuple[float, float] | None = None,
    presentation_lut_shape: str | None = None,
    padding_value: int | None = None,
    patient_id: str = "TEST-1",
    patient_name: str = "Phantom^Petra",
    patient_birth_date: str = "19600101",
    patient_sex: str = "F",
    study_date: str = "20240102",
    study_time: str = "101500",
    study_uid: str | None = None,
    series_uid: str | None = None,
    sop_uid: str | None = None,
    view_position: str = "PA",
    body_part: str = "CHEST",
    modality: str = "DX",
    patient_orientation: tuple[str, str] | None = None,
    pixel_spacing_mm: float | None = 0.4,
    **more: Any,
) -> FileDataset:
    """Return a chest film, ready for `write_dataset`.

    The picture is `picture` (0 black to 1 white as the reader sees it), by default `chest_picture(rows, columns,
    seed)`; `stored` gives the stored values instead. `more` sets any other attribute by keyword; None deletes it.
    """
    if stored is None:
        seen = chest_picture(rows, columns, seed) if picture is None else picture
        stored = stored_values(seen, bits, is_signed=is_signed, is_inverse=photometric == "MONOCHROME1")
    allocated = bits_allocated or (8 if bits <= 8 else 16)
    stored = stored.astype(f"{'i' if is_signed else 'u'}{allocated // 8}")

    dataset = _empty_file(transfer_syntax, modality)
    study = study_uid or uid("study", patient_id, study_date)
    dataset.SOPInstanceUID = sop_uid or uid(
        "instance", patient_id, study_date, view_position, seed, photometric
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = series_uid or uid("series", study, view_position)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientID, dataset.PatientName = patient_id, patient_name
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = patient_birth_date, patient_sex, "064Y"
    dataset.StudyDate, dataset.StudyTime, dataset.StudyDescription = study_date, study_time, "Chest"
    dataset.Modality, dataset.BodyPartExamined, dataset.ViewPosition = modality, body_part, view_position
    dataset.SeriesNumber, dataset.InstanceNumber = 1, 1
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    if patient_orientation:
        dataset.PatientOrientation = list(patient_orientation)
    if pixel_spacing_mm:
        dataset.ImagerPixelSpacing = [pixel_spacing_mm, pixel_spacing_mm]

    _describe_pixels(dataset, stored, bits, allocated, is_signed, photometric)
    if window:
        dataset.WindowCenter, dataset.WindowWidth = window
    if voi_function is not None:
        dataset.VOILUTFunction = voi_function
    if voi_lut is not None:
        dataset.VOILUTSequence = DicomSequence([_lut(voi_lut, voi_lut_first, voi_lut_bits)])
    if modality_lut is not None:
        dataset.ModalityLUTSequence = DicomSequence([_lut(modality_lut, 0, 16)])
        dataset.ModalityLUTSequence[0].ModalityLUTType = "US"
    if rescale:
        dataset.RescaleSlope, dataset.RescaleIntercept = rescale
        dataset.RescaleType = "US"
    if presentation_lut_shape:
        dataset.PresentationLUTShape = presentation_lut_shape
    if padding_value is not None:
        dataset.add_new(0x00280120, "SS" if is_signed else "US", padding_value)
    for keyword, value in more.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def write_film(path: Path, **wishes: Any) -> Path:
    """Write `chest_film_dataset(**wishes)` to `path` and return it."""
    return write_dataset(path, chest_film_dataset(**wishes))


def write_dataset(path: Path, dataset: FileDataset) -> Path:
    """Write a dataset as it is, in the transfer syntax that its file meta names, and return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our tests write wrong values on purpose
        dcmwrite(path, dataset, enforce_file_format=True)
    return path


def stored_values(
    picture: NDArray[np.float64], bits: int, *, is_signed: bool = False, is_inverse: bool = False
) -> NDArray[np.int64]:
    """Return what a detector of so many bits stores for a picture of 0 to 1."""
    top = 2**bits - 1
    values = np.rint((1 - picture if is_inverse else picture) * top).astype(np.int64)
    return values - 2 ** (bits - 1) if is_signed else values


def _empty_file(transfer_syntax: str, modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = transfer_syntax
    meta.MediaStorageSOPClassUID = (
        ComputedRadiographyImageStorage if modality == "CR" else DigitalXRayImageStorageForPresentation
    )
    dataset = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    return dataset


def _describe_pixels(
    dataset: FileDataset, stored: NDArray[Any], bits: int, allocated: int, is_signed: bool, photometric: str
) -> None:
    frames = stored[None] if stored.ndim == 2 or stored.shape[-1] == 3 else stored
    if stored.ndim == 3 and stored.shape[-1] != 3:
        dataset.NumberOfFrames = stored.shape[0]
    is_colour = frames.ndim == 4
    dataset.SamplesPerPixel = 3 if is_colour else 1
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    if is_colour:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, bits, bits - 1
    dataset.PixelRepresentation = int(is_signed)
    transfer_syntax = dataset.file_meta.TransferSyntaxUID
    if transfer_syntax in NATIVE:
        order = ">" if transfer_syntax == ExplicitVRBigEndian else "<"
        data = stored.astype(stored.dtype.newbyteorder(order)).tobytes()
        dataset.PixelData = data + b"\0" * (len(data) % 2)
        dataset["PixelData"].VR = "OB" if allocated == 8 else "OW"
    else:
        dataset.PixelData = encapsulate([compress(frame, transfer_syntax, bits) for frame in frames])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True


def _lut(values: Sequence[int], first: int, bits: int) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(values) % 65536, first, bits])
    if len(values) < 32768:
        item.add_new(0x00283006, "US", list(values))
    else:  # too long for the two bytes of length that US has
        item.add_new(0x00283006, "OW", np.asarray(values, "<u2").tobytes())
    item.LUTExplanation = "test curve"
    return item

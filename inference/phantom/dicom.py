"""Phantom films as DICOM files that nobody can take for a patient's.

They are Secondary Capture objects, never CR or DX, so that no hanging protocol elsewhere takes them for acquired;
SyntheticData (0008,001C) is YES, the description and words burned into the picture say so again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from inference.phantom.detector import Picture
from inference.phantom.film import PhantomFilm

DESCRIPTION = "SYNTHETIC PHANTOM (computed), not a patient, NOT FOR DIAGNOSIS"
BURNED_IN = "SYNTHETIC PHANTOM - NOT A PATIENT"
_TOP = 4095  # of 12 bits


@dataclass(frozen=True, slots=True)
class Person:
    """Who a phantom pretends to be. The names are invented."""

    patient_id: str
    name: str  # (0010,0010), components parted by ^
    sex: str  # (0010,0040): F or M
    birth_date: date


def derived_uid(*parts: str) -> UID:
    """A UID under 2.25 (PS3.5 B.2) that is the same for the same parts."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()[:16]
    return UID(f"2.25.{int.from_bytes(digest, 'big')}")


def write_film(path: Path, film: PhantomFilm, person: Person, study_date: date, *, number: int = 1) -> Path:
    """Write one film, 12 bits stored, MONOCHROME2, explicit little endian.

    Films of one person and one date share a study. All UIDs follow from person, date and `number`.

    Returns:
        `path`.
    """
    study = (person.patient_id, study_date.isoformat())
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = derived_uid(*study, "instance", str(number), film.view)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID = meta.MediaStorageSOPClassUID
    file.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    file.StudyInstanceUID = derived_uid(*study, "study")
    file.SeriesInstanceUID = derived_uid(*study, "series", str(number))
    _describe_person(file, person, study_date)
    _describe_film(file, film, number)
    _set_pixels(file, film.picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save_as(path, enforce_file_format=True)
    return path


def _describe_person(file: Dataset, person: Person, study_date: date) -> None:
    file.SpecificCharacterSet = "ISO_IR 192"
    file.PatientName = person.name
    file.PatientID = person.patient_id
    file.PatientSex = person.sex
    file.PatientBirthDate = person.birth_date.strftime("%Y%m%d")
    years = study_date.year - person.birth_date.year
    years -= (study_date.month, study_date.day) < (person.birth_date.month, person.birth_date.day)
    file.PatientAge = f"{years:03d}Y"
    file.StudyDate = file.SeriesDate = file.ContentDate = study_date.strftime("%Y%m%d")
    file.StudyTime = file.ContentTime = "120000"
    file.StudyID = study_date.strftime("%Y%m%d")
    file.AccessionNumber = ""
    file.ReferringPhysicianName = ""
    file.StudyDescription = "Chest phantom"


def _describe_film(file: Dataset, film: PhantomFilm, number: int) -> None:
    file.SyntheticData = "YES"
    file.ConversionType = "SYN"  # PS3.3 C.8.6.1: synthetic image
    file.Modality = "OT"
    file.ImageType = ["DERIVED", "SECONDARY"]
    file.SeriesDescription = DESCRIPTION
    file.DerivationDescription = f"Digital chest phantom, {film.view}: computed, not acquired"
    file.Manufacturer = "Sidelight"
    file.ManufacturerModelName = "Digital chest phantom"
    file.SeriesNumber = number
    file.InstanceNumber = number
    file.BodyPartExamined = "CHEST"
    file.ViewPosition = film.view
    file.PatientOrientation = ["P", "F"] if film.view == "LL" else ["L", "F"]
    file.BurnedInAnnotation = "YES"
    file.NominalScannedPixelSpacing = [f"{film.pixel_mm:.5g}"] * 2


def _set_pixels(file: Dataset, picture: Picture) -> None:
    stored = np.round(_with_words(picture) * _TOP).astype("<u2")
    file.Rows, file.Columns = stored.shape
    file.SamplesPerPixel = 1
    file.PhotometricInterpretation = "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 12, 11, 0
    file.WindowCenter, file.WindowWidth = "2048", "4096"
    file.PixelData = stored.tobytes()


def _with_words(picture: Picture) -> Picture:
    """Burn the warning in at the foot of the picture, where no lung is."""
    rows, columns = picture.shape
    font = ImageFont.load_default(size=max(7, round(columns / 44)))
    canvas = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(canvas)
    _, _, wide, high = draw.textbbox((0, 0), BURNED_IN, font=font)
    draw.text(((columns - wide) / 2, rows - 1.4 * high), BURNED_IN, fill=255, font=font)
    words = np.asarray(canvas, np.float32) / np.float32(255)
    backing = np.zeros_like(picture)
    backing[int(rows - 1.6 * high) :, :] = 1
    return np.asarray(picture * (1 - 0.75 * backing) * (1 - words) + words, np.float32)

"""A synthetic film as the one object that may leave: a Secondary Capture that says everywhere what it is (interop §6).

Never CR or DX, so that no hanging protocol takes it for acquired; a study, a series and a patient of its own, so that
it stands beside nobody's films. The prompt's words may come from a patient's report: they are not written, what kind of
prompt it was is. Made with pydicom alone, since nothing of it comes from a file that somebody gave us; checked and read
back like all that we write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.sr.codedict import codes
from pydicom.uid import SecondaryCaptureImageStorage

from inference.backend import FilmView
from inference.dicom.codes import coded
from inference.synthesis.drawn import MarkedFilm
from viewer.core.element_values import derived_uid
from viewer.core.synthetic_mark import look
from viewer.writer.check import checked_bytes
from viewer.writer.common import RESEARCH_USE, add_moment
from viewer.writer.errors import NotWritten

NOT_A_PATIENT = "SYNTHETIC - NOT A PATIENT IMAGE"
PATIENT_NAME = "SYNTHETIC^NOT A PATIENT"
_VIEWS: dict[FilmView, tuple[str, tuple[str, str]]] = {
    "PA": ("PosteroAnterior", ("L", "F")),
    "AP": ("AnteroPosterior", ("L", "F")),
    "lateral": ("LeftLateral", ("P", "F")),
}


@dataclass(frozen=True, slots=True)
class SourceFilm:
    """The film that was the condition of a synthetic one."""

    sop_class_uid: str
    sop_instance_uid: str


def file_bytes(
    film: MarkedFilm,
    installation_id: str,
    *,
    source: SourceFilm | None = None,
    findings: Sequence[str] = (),
    made_at: datetime | None = None,
) -> bytes:
    """The DICOM file of a synthetic film, read back and found right; arguments as in `dataset`.

    Raises:
        NotWritten: see `dataset`; or an attribute is wrong.
    """
    made = dataset(film, installation_id, source=source, findings=findings, made_at=made_at)
    return checked_bytes(made, [])


def dataset(
    film: MarkedFilm,
    installation_id: str,
    *,
    source: SourceFilm | None = None,
    findings: Sequence[str] = (),
    made_at: datetime | None = None,
) -> Dataset:
    """The Secondary Capture image (PS3.3 A.8.1) of a synthetic film. The same film and wish have the same UIDs.

    Args:
        film: Marked; its wish's text is not written.
        installation_id: Device Serial Number (0018,1000).
        source: The film that it was made from, if one was.
        findings: The class of the prompt: labels out of `inference.dicom.codes.labels`.
        made_at: Now, unless it is told.

    Raises:
        NotWritten: The watermark is not in the pixels, or a finding is none of ours (and may be a patient's words).
    """
    if look(film.pixels) is None:
        raise NotWritten("PixelData has no watermark of synthetic films; unmarked films are not written.")
    unknown = [name for name in findings if coded(name) is None]
    if unknown:
        raise NotWritten(
            f"DerivationDescription: {len(unknown)} findings of the prompt are none of the 14 labels."
        )
    made = Dataset()
    _add_nobody(made, film)
    _add_description(made, film, source, findings)
    _add_pixels(made, film)
    add_moment(made, made_at)
    made.StudyDate, made.StudyTime = made.ContentDate, made.ContentTime
    made.Manufacturer = made.ManufacturerModelName = "Sidelight"
    made.SoftwareVersions, made.DeviceSerialNumber = film.made_by.program[:64], installation_id
    made.ContributingEquipmentSequence = Items([_synthesizing_equipment(film, made)])
    if source is not None:
        made.SourceImageSequence = Items([_source_image(source)])
    return made


def _add_nobody(made: Dataset, film: MarkedFilm) -> None:
    """Patient, study, series and instance: those of nobody, and of this film alone."""
    wish = film.wish
    told = (repr(film.pixels.shape), hashlib.sha256(film.pixels.tobytes()).hexdigest(), str(wish.seed))
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = derived_uid("synthetic instance", *told)
    made.StudyInstanceUID = derived_uid("synthetic study", *told)
    made.SeriesInstanceUID = derived_uid("synthetic series", *told)
    made.PatientName, made.PatientID = PATIENT_NAME, f"SYNTHETIC-{told[1][:12].upper()}"
    made.PatientBirthDate = made.PatientSex = made.AccessionNumber = made.ReferringPhysicianName = ""
    made.StudyID, made.StudyDescription = "SYNTHETIC", "SYNTHETIC (AI) films, NOT FOR DIAGNOSIS"
    made.SeriesNumber = made.InstanceNumber = 1


def _add_description(
    made: Dataset, film: MarkedFilm, source: SourceFilm | None, findings: Sequence[str]
) -> None:
    wish = film.wish
    meaning, orientation = _VIEWS[wish.view]
    made.SyntheticData = "YES"
    made.ConversionType = "SYN"  # PS3.3 C.8.6.1: synthetic image
    made.Modality, made.ImageType = "OT", ["DERIVED", "SECONDARY"]
    made.SeriesDescription = f"SYNTHETIC (AI) {wish.view} view, NOT FOR DIAGNOSIS"
    is_from_film = bool(source or wish.source_image)
    prompt = (
        "a text prompt and a film"
        if is_from_film and wish.text
        else "a film"
        if is_from_film
        else "a text prompt"
    )
    asked = f", findings asked for: {', '.join(findings)}" if findings else ""
    view = f"{wish.view} view of the chest{asked}"
    made.DerivationDescription = f"{NOT_A_PATIENT}. Computed from {prompt}: {view}. No patient was examined."[
        :1024
    ]
    made.ImageComments = f"{NOT_A_PATIENT}. {RESEARCH_USE}"
    made.BodyPartExamined = "CHEST"
    # no View Position: Secondary Capture has none, the View Code says it, and the description to who reads no codes
    made.PatientOrientation = list(orientation)
    made.BurnedInAnnotation = "YES"
    made.ViewCodeSequence = Items([_code(getattr(codes.cid4010, meaning))])


def _add_pixels(made: Dataset, film: MarkedFilm) -> None:
    made.Rows, made.Columns = film.pixels.shape
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    made.WindowCenter, made.WindowWidth = "128", "256"
    made.LossyImageCompression = "00"
    pixels = film.pixels.tobytes()
    made.PixelData = pixels + b"\0" * (len(pixels) % 2)
    made["PixelData"].VR = "OB"


def _synthesizing_equipment(film: MarkedFilm, made: Dataset) -> Dataset:
    """Contributing Equipment (PS3.3 C.12.1) of the generator: who can be asked how this film came about."""
    wish, by, item = film.wish, film.made_by, Dataset()
    item.PurposeOfReferenceCodeSequence = Items([_code(codes.DCM.SynthesizingEquipment)])
    item.Manufacturer, item.ManufacturerModelName = "Sidelight", by.pack[:64]
    item.SoftwareVersions = by.program[:64]
    item.ContributionDateTime = f"{made.ContentDate}{made.ContentTime}"
    told = {
        "pack": by.pack,
        "weights_sha256": by.weights_sha256,
        "seed": wish.seed,
        "steps": wish.steps,
        "guidance": f"{wish.guidance:g}",
        "strength": f"{wish.strength:g}" if wish.source_image else "",
        "precision": by.precision,
        "device": by.device,
    }
    item.ContributionDescription = "; ".join(
        f"{name}={value}" for name, value in told.items() if value != ""
    )[:1024]
    return item


def _source_image(source: SourceFilm) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.sop_class_uid, source.sop_instance_uid
    item.PurposeOfReferenceCodeSequence = Items([_code(codes.DCM.SourceImageForImageProcessingOperation)])
    return item


def _code(concept: object) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = (
        str(getattr(concept, name)) for name in ("value", "scheme_designator", "meaning")
    )
    return item

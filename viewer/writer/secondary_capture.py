"""A view of a film as a Secondary Capture image (PS3.3 A.8.1). Runs in the writing child only."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from viewer.writer.common import DRAFT_MARK, RESEARCH_USE, add_body_part, add_equipment, add_moment
from viewer.writer.errors import NotWritten
from viewer.writer.source import PATIENT_AND_STUDY

SERIES_NUMBER = 9901
CALIBRATED = ("FIDUCIAL", "GEOMETRY")


def secondary_capture(source: Dataset, wish: dict[str, Any], rgb: bytes) -> Dataset:
    """The Secondary Capture image of a view, in a series of its own in the study of `source`.

    Args:
        source: Of the film (see `viewer.writer.source`).
        wish: A `viewer.writer.requests.CaptureRequest` without its film, and the equipment.
        rgb: rows × columns × 3 bytes; marks, text and badges are drawn in.

    Raises:
        NotWritten: The picture or the source does not allow it.
    """
    from highdicom.sc import SCImage

    rows, columns = int(wish["rows"]), int(wish["columns"])
    if rows < 1 or columns < 1 or len(rgb) != rows * columns * 3:
        raise NotWritten("PixelData does not fit Rows and Columns; nothing was written.")
    orientation = wish["orientation"]
    image = SCImage.from_ref_dataset(
        source,
        pixel_array=np.frombuffer(rgb, np.uint8).reshape(rows, columns, 3),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),  # the constructor asks for one; what is known stands below
        series_instance_uid=generate_uid(prefix=None),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer=wish["equipment"]["manufacturer"],
        transfer_syntax_uid=ExplicitVRLittleEndian,
        contributing_equipment=None,
    )
    image.PatientOrientation = list(orientation) if orientation else []
    for keyword in PATIENT_AND_STUDY:
        if keyword in source:
            image[keyword] = source[keyword]
    add_equipment(image, wish["equipment"])
    add_moment(image)
    add_body_part(image, source)
    image.ConversionType = "WSD"
    image.ImageType = ["DERIVED", "SECONDARY"]
    image.BurnedInAnnotation = "YES"
    image.SeriesDescription = wish["series_description"][:64]
    image.DerivationDescription = wish["derivation"][:1024]
    image.ImageComments = " ".join([*([DRAFT_MARK + "."] if wish["is_draft"] else []), RESEARCH_USE])
    image.SourceImageSequence = Sequence([_source_image(source)])
    _carry_over_lossy(image, source)
    _carry_over_spacing(image, source, wish)
    if wish["is_synthetic"] or str(source.get("SyntheticData") or "") == "YES":
        image.SyntheticData = "YES"
    return image


def _source_image(source: Dataset) -> Dataset:
    item, purpose = Dataset(), Dataset()
    code = codes.DCM.SourceImageForImageProcessingOperation
    purpose.CodeValue, purpose.CodingSchemeDesignator = code.value, code.scheme_designator
    purpose.CodeMeaning = code.meaning
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = Sequence([purpose])
    return item


def _carry_over_lossy(image: Dataset, source: Dataset) -> None:
    """Once lossy, always lossy (PS3.3 C.7.6.1.1.5): the copy says what its source went through."""
    if str(source.get("LossyImageCompression") or "") != "01":
        return
    image.LossyImageCompression = "01"
    for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
        if source.get(keyword):
            image[keyword] = source[keyword]


def _carry_over_spacing(image: Dataset, source: Dataset, wish: dict[str, Any]) -> None:
    """Pixel Spacing only where it was calibrated to the patient; at the detector it would be taken for more than it is.

    References:
        DICOM PS3.3 10.7.1.1: what Pixel Spacing means for projection radiographs.
    """
    per_pixel, spacing = wish["stored_per_pixel"], source.get("PixelSpacing")
    kind = str(source.get("PixelSpacingCalibrationType") or "")
    if not per_pixel or not spacing or len(spacing) != 2:
        return
    down, right = (float(value) for value in (reversed(spacing) if wish["is_sideways"] else spacing))
    if kind not in CALIBRATED or not (down > 0 and right > 0):
        return
    image.PixelSpacing = [round(down * per_pixel[0], 6), round(right * per_pixel[1], 6)]
    image.PixelSpacingCalibrationType = kind
    told = str(source.get("PixelSpacingCalibrationDescription") or "").strip()
    image.PixelSpacingCalibrationDescription = (told or "Carried over from the source image")[:64]

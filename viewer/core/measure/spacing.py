"""Where the millimetres of a film come from. Every length carries the answer as its label.

A radiograph magnifies: a length at the detector is not a length in the patient. So no spacing is ever used silently;
`spacing_of` names the rule by which it was chosen, and where no rule applies there are pixels, no millimetres.

References:
    DICOM PS3.3 10.7.1.3 (Pixel Spacing Value Order and Imager Pixel Spacing), C.8.11.4 (magnification).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from viewer.core.language import tr
from viewer.core.study import PixelDescription

Point = tuple[float, float]
"""x in columns, y in rows of the stored picture; edges, origin top left."""
Size = tuple[float, float]
"""Height and width of one pixel: row spacing, then column spacing."""

SMALLEST_MM, LARGEST_MM = 0.005, 10.0
MOST_UNEQUAL = 20.0
"""No detector has pixels outside these limits; a header that claims so is not believed."""
EQUAL = 1e-3
"""Pixel Spacing and Imager Pixel Spacing within this ratio are the same number, rounded."""
AGREES = 0.01
"""The magnification factor must agree with the distances to 1 %."""


class Rule(IntEnum):
    """Which rule gave the spacing; the first that applies wins."""

    CALIBRATED_BY_READER = 1
    CALIBRATED_STATED = 2
    CALIBRATED_UNSTATED = 3
    MAGNIFIED = 4
    DETECTOR = 5
    SCANNED = 6
    AS_STATED = 7
    PIXELS = 8


@dataclass(frozen=True, slots=True)
class Calibration:
    """A length that the reader knows, drawn on the film: a marker ball, a ruler, a catheter of known width."""

    start: Point
    end: Point
    known_mm: float
    by: str
    on: date
    what: str = ""  # the object, in the reader's words


@dataclass(frozen=True, slots=True)
class Spacing:
    """The size of one pixel and where it comes from.

    `pixel_size` is in mm where `is_mm`, else relative, its smaller side 1. `label` goes behind every number, its unit
    first: "mm at detector", "px".
    """

    rule: Rule
    pixel_size: Size
    label: str
    note: str = ""  # what of the header was not followed, and why

    @property
    def is_mm(self) -> bool:
        return self.rule is not Rule.PIXELS


def spacing_of(
    pixels: PixelDescription, *, is_verified: bool = True, calibration: Calibration | None = None
) -> Spacing:
    """Choose the spacing of one film by the first rule that applies.

    Args:
        pixels: The film's header.
        is_verified: False for a picture file, whose pixels may have been rescaled by anybody: it never gives mm.
        calibration: The reader's own, where there is one.
    """
    if not is_verified:
        return _in_pixels(pixels, tr("A picture file: its scale is not known."))
    if calibration is not None and (size := calibrated_size(calibration, pixels)) is not None:
        label = tr("mm, calibrated by {name}, {date}", name=calibration.by, date=calibration.on.isoformat())
        return Spacing(Rule.CALIBRATED_BY_READER, size, label)
    return _stated(pixels) or _at_detector(pixels) or _other(pixels)


def calibrated_size(calibration: Calibration, pixels: PixelDescription) -> Size | None:
    """The pixel size that makes the drawn line as long as the reader says; None where that can't be.

    One line gives one factor; the shape of the pixels stays as the header tells it.
    """
    height, width = relative_size(pixels)
    across = (calibration.end[0] - calibration.start[0]) * width
    down = (calibration.end[1] - calibration.start[1]) * height
    drawn = math.hypot(across, down)
    if not (drawn > 0 and math.isfinite(drawn)):
        return None
    factor = calibration.known_mm / drawn
    return _usable((height * factor, width * factor))


def relative_size(pixels: PixelDescription) -> Size:
    """Height and width of a pixel, the smaller 1, from the aspect ratio or any usable spacing; (1, 1) without."""
    stated = pixels.pixel_aspect_ratio or pixels.pixel_spacing_mm or pixels.imager_pixel_spacing_mm
    if stated is None or not all(math.isfinite(side) and side > 0 for side in stated):
        return 1.0, 1.0
    height, width = float(stated[0]), float(stated[1])
    if not 1 / MOST_UNEQUAL <= height / width <= MOST_UNEQUAL:
        return 1.0, 1.0
    smaller = min(height, width)
    return height / smaller, width / smaller


def _stated(pixels: PixelDescription) -> Spacing | None:
    """Rules 2 and 3: Pixel Spacing says something that the detector does not."""
    stated, detector = _usable(pixels.pixel_spacing_mm), _usable(pixels.imager_pixel_spacing_mm)
    if stated is None:
        return None
    if pixels.spacing_calibration_type == "FIDUCIAL":
        return Spacing(Rule.CALIBRATED_STATED, stated, tr("mm, calibrated (fiducial)"))
    if pixels.spacing_calibration_type == "GEOMETRY":
        return Spacing(Rule.CALIBRATED_STATED, stated, tr("mm, calibrated (geometry)"))
    if detector is not None and not _are_equal(stated, detector):
        return Spacing(Rule.CALIBRATED_UNSTATED, stated, tr("mm, calibrated (method not stated)"))
    return None


def _at_detector(pixels: PixelDescription) -> Spacing | None:
    """Rules 4 and 5: Imager Pixel Spacing, divided by the magnification where that can be believed."""
    detector = _usable(pixels.imager_pixel_spacing_mm)
    if detector is None:
        return None
    factor = pixels.magnification_factor
    doubt = "" if factor is None else _factor_problem(factor, pixels)
    if factor is None or factor == 1 or doubt:
        return Spacing(Rule.DETECTOR, detector, tr("mm at detector"), doubt)
    size = _usable((detector[0] / factor, detector[1] / factor))
    if size is None:
        return Spacing(Rule.DETECTOR, detector, tr("mm at detector"))
    return Spacing(
        Rule.MAGNIFIED, size, tr("mm, detector ÷ ERMF {factor} (estimate)", factor=f"{factor:.2f}")
    )


def _factor_problem(factor: float, pixels: PixelDescription) -> str:
    """Why the Estimated Radiographic Magnification Factor is not used; empty where it is good."""
    if not (math.isfinite(factor) and factor >= 1):
        return tr("The magnification factor {factor} can't be and is not used.", factor=f"{factor:g}")
    far, near = pixels.source_to_detector_mm, pixels.source_to_patient_mm
    if far and near and abs(far / near / factor - 1) > AGREES:
        return tr(
            "The magnification factor {factor} disagrees with the distances in the header ({ratio}) and is not used.",
            factor=f"{factor:.3f}",
            ratio=f"{far / near:.3f}",
        )
    return ""


def _other(pixels: PixelDescription) -> Spacing:
    """Rules 6 to 8."""
    if (scanned := _usable(pixels.nominal_scanned_spacing_mm)) is not None:
        return Spacing(Rule.SCANNED, scanned, tr("mm on scanned film"))
    if (stated := _usable(pixels.pixel_spacing_mm)) is not None:
        return Spacing(Rule.AS_STATED, stated, tr("mm as stated (plane unknown)"))
    return _in_pixels(pixels, tr("The header states no usable pixel spacing."))


def _in_pixels(pixels: PixelDescription, note: str) -> Spacing:
    return Spacing(Rule.PIXELS, relative_size(pixels), tr("px"), note)


def _usable(spacing: Size | None) -> Size | None:
    """The spacing where a detector or a film can have it, else None."""
    if spacing is None or not all(
        math.isfinite(side) and SMALLEST_MM <= side <= LARGEST_MM for side in spacing
    ):
        return None
    return spacing if 1 / MOST_UNEQUAL <= spacing[0] / spacing[1] <= MOST_UNEQUAL else None


def _are_equal(one: Size, other: Size) -> bool:
    return all(math.isclose(a, b, rel_tol=EQUAL) for a, b in zip(one, other, strict=True))

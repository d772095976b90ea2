"""What a film is, in the words of the DICOM information model. Plain frozen data; numpy only.

`PixelDescription` holds what is needed to turn stored values into grey and carries no identity, so it may travel
to another process. `FilmHeader` adds who, when and which view.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """One VOI window (PS3.3 C.11.2.1.2), in the units that leave the Modality LUT."""

    center: float  # (0028,1050)
    width: float  # (0028,1051)
    explanation: str = ""  # (0028,1055)


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A Modality or VOI LUT (PS3.3 C.11.1, C.11.2): `values[i]` is the output for input `first + i`."""

    first: int  # second value of the LUT Descriptor (0028,3002)
    bits: int  # third value: bits of each entry, 8 to 16
    values: tuple[int, ...]  # LUT Data (0028,3006)
    explanation: str = ""  # LUT Explanation (0028,3003)


@dataclass(frozen=True, slots=True)
class Shutter:
    """Which part of a film its maker wanted covered (PS3.3 C.7.6.11, C.7.6.15). Rows and columns count from 1.

    What lies inside every outline, and is not set in the bitmap, stays open.
    """

    rectangle: tuple[int, int, int, int] | None = None  # left, right, upper, lower edge (0018,1602 to 1608)
    circle: tuple[int, int, int] | None = None  # row and column of the center (0018,1610), radius (0018,1612)
    polygon: tuple[tuple[int, int], ...] = ()  # row and column of each vertex (0018,1620)
    overlay_group: int | None = None  # (0018,1623): the overlay whose set bits are covered
    presentation_value: int = 0  # (0018,1622): the grey that covers, a P-Value of 16 bits


@dataclass(frozen=True, slots=True)
class OverlayPlane:
    """One overlay of groups 6000 to 601E (PS3.3 C.9.2): lines and letters that lie over the film."""

    group: int
    rows: int  # (60xx,0010)
    columns: int  # (60xx,0011)
    origin: tuple[int, int] = (1, 1)  # (60xx,0050): row and column on the film, counted from 1
    bit_position: int | None = None  # (60xx,0102) where it lies in a bit of the pixels; None: Overlay Data
    kind: str = "G"  # (60xx,0040): G graphics, R region of interest
    label: str = ""  # (60xx,1500) or (60xx,0022)


@dataclass(frozen=True, slots=True)
class PixelDescription:
    """How stored pixel values become grey levels. Holds no identity."""

    rows: int  # (0028,0010)
    columns: int  # (0028,0011)
    frames: int = 1  # (0028,0008)
    samples_per_pixel: int = 1  # (0028,0002)
    photometric_interpretation: str = "MONOCHROME2"  # (0028,0004)
    bits_allocated: int = 8  # (0028,0100)
    bits_stored: int = 8  # (0028,0101)
    high_bit: int = 7  # (0028,0102)
    is_signed: bool = False  # Pixel Representation (0028,0103) is 1
    rescale_slope: float = 1.0  # (0028,1053)
    rescale_intercept: float = 0.0  # (0028,1052)
    rescale_type: str = ""  # (0028,1054): the unit of modality values; US = not specified
    modality_lut: LookupTable | None = None  # (0028,3000)
    windows: tuple[Window, ...] = ()
    voi_lut_function: str = "LINEAR"  # (0028,1056): LINEAR, LINEAR_EXACT or SIGMOID
    voi_luts: tuple[LookupTable, ...] = ()  # (0028,3010)
    presentation_lut_shape: str = ""  # (2050,0020): IDENTITY, INVERSE or empty
    presentation_lut: LookupTable | None = None  # (2050,0010), from what leaves the VOI step to P-Values
    shutter: Shutter | None = None
    overlays: tuple[OverlayPlane, ...] = ()
    padding_value: int | None = None  # (0028,0120), stored units
    padding_range_limit: int | None = None  # (0028,0121), stored units
    pixel_aspect_ratio: tuple[int, int] | None = None  # (0028,0034): vertical, horizontal
    imager_pixel_spacing_mm: tuple[float, float] | None = None  # (0018,1164): row spacing, column spacing
    pixel_spacing_mm: tuple[float, float] | None = None  # (0028,0030): row spacing, column spacing
    spacing_calibration_type: str = ""  # (0028,0A02): FIDUCIAL or GEOMETRY
    nominal_scanned_spacing_mm: tuple[float, float] | None = None  # (0018,2010): row spacing, column spacing
    magnification_factor: float | None = None  # (0018,1114): Estimated Radiographic Magnification Factor
    source_to_detector_mm: float | None = None  # (0018,1110)
    source_to_patient_mm: float | None = None  # (0018,1111)
    patient_orientation: tuple[str, str] | None = (
        None  # (0020,0020): direction of rows, of columns; e.g. ("L", "F")
    )


@dataclass(frozen=True, slots=True)
class SlicePlane:
    """Where a slice lies in the patient (Image Plane Module, PS3.3 C.7.6.2), in mm; x to the left, y back, z up."""

    position_mm: tuple[float, float, float]  # (0020,0032): middle of the first pixel
    row_direction: tuple[float, float, float]  # (0020,0037), first three: where columns count to
    column_direction: tuple[float, float, float]  # (0020,0037), last three: where rows count to


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """The header of one image instance: identity, view and how to show it. Empty string = not stated."""

    pixels: PixelDescription
    sop_instance_uid: str  # (0008,0018); derived from the file's SHA-256 where the file has none
    sop_class_uid: str = ""  # (0008,0016)
    transfer_syntax_uid: str = ""  # (0002,0010)
    series_instance_uid: str = ""  # (0020,000E)
    study_instance_uid: str = ""  # (0020,000D)
    patient_id: str = ""  # (0010,0020)
    patient_name: str = ""  # (0010,0010), decoded, alphabetic group first
    patient_birth_date: date | None = None  # (0010,0030)
    patient_sex: str = ""  # (0010,0040): M, F, O
    patient_age: str = ""  # (0010,1010), as written: 045Y
    study_date: date | None = None  # (0008,0020)
    study_time: str = ""  # (0008,0030)
    accession_number: str = ""  # (0008,0050)
    study_description: str = ""  # (0008,1030)
    series_description: str = ""  # (0008,103E)
    series_number: int | None = None  # (0020,0011)
    instance_number: int | None = None  # (0020,0013)
    modality: str = ""  # (0008,0060)
    body_part: str = ""  # (0018,0015)
    view_position: str = ""  # (0018,5101): PA, AP, LL, RL, LATERAL …
    image_type: tuple[str, ...] = ()  # (0008,0008)
    manufacturer: str = ""  # (0008,0070)
    lossy_compression: str = ""  # method and ratio, where (0028,2110) is 01
    burned_in_annotation: str = ""  # (0028,0301)
    frame_of_reference_uid: str = ""  # (0020,0052): positions of equal ones can be compared
    plane: SlicePlane | None = None  # of the only or first frame
    frame_planes: tuple[SlicePlane, ...] = ()  # one for each of several frames, or empty
    frames_per_second: float | None = None  # (0008,2144), or 1000 / (0018,1063), or (0018,0040)
    is_synthetic: bool = (
        False  # SyntheticData (0008,001C) is YES, a description says so, or the watermark was seen
    )
    is_verified: bool = True  # False for PNG/JPEG/TIFF: identity, side and scale are unknown
    notices: tuple[str, ...] = ()  # what was odd about the file and what was done about it, for the reader


@dataclass(frozen=True, slots=True)
class Source:
    """Where a film lies: a file, or a member of a ZIP file."""

    path: Path
    member: str = ""  # path inside the ZIP, empty for a plain file

    def __str__(self) -> str:
        return f"{self.path}!{self.member}" if self.member else str(self.path)


@dataclass(frozen=True, slots=True)
class Film:
    """One readable image instance and where it lies; of an instance with several frames, one of them."""

    source: Source
    header: FilmHeader
    file_sha256: str  # of the whole file: tells films with the same SOP Instance UID apart
    frame: int = 0  # from 0

    @property
    def key(self) -> str:
        """Unique for one picture on screen, also where two different files claim one SOP Instance UID."""
        of_file = f"{self.header.sop_instance_uid}#{self.file_sha256[:8]}"
        return f"{of_file}@{self.frame}" if self.frame else of_file


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that gives no film, and why, in words for the reader."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class FilmPixels:
    """Decoded stored values of one frame.

    `stored` has shape (rows, columns) or (rows, columns, 3), an integer or float dtype, sign already extended and
    unused bits masked off. Colour is RGB. `notices` says what was odd (for instance "214 of 352 rows are there").
    """

    description: PixelDescription
    stored: NDArray[Any]
    notices: tuple[str, ...] = ()
    overlays: NDArray[np.uint8] | None = None
    """One bit per pixel for each of `description.overlays`, see `viewer.core.overlay_bits`; None where none came."""
    is_marked_synthetic: bool = (
        False  # the watermark of a synthetic film is in them (viewer.core.synthetic_mark)
    )


def recognised(film: Film, pixels: FilmPixels) -> Film:
    """The film, marked synthetic where its pixels hold the watermark: what was taken out of a header is told again."""
    if film.header.is_synthetic or not pixels.is_marked_synthetic:
        return film
    return replace(film, header=replace(film.header, is_synthetic=True))


@dataclass(frozen=True, slots=True)
class Series:
    """Films of one Series Instance UID, by Instance Number."""

    instance_uid: str
    films: tuple[Film, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """One imaging study (PS3.3 C.7.2.1). Only its UID is sure to be there; real files leave the rest empty."""

    instance_uid: str
    study_date: date | None = None
    study_time: str = ""
    description: str = ""
    series: tuple[Series, ...] = ()

    @property
    def films(self) -> tuple[Film, ...]:
        return tuple(film for series in self.series for film in series.films)


@dataclass(frozen=True, slots=True)
class Patient:
    """Studies that claim the same person: equal Patient ID *and* no contradiction in name, birth date or sex."""

    patient_id: str
    name: str = ""
    birth_date: date | None = None
    sex: str = ""
    studies: tuple[Study, ...] = ()  # earliest first; undated ones last
    warnings: tuple[str, ...] = field(default=())  # e.g. the same ID is claimed by another name

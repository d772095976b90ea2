"""The Image Pixel, Modality LUT, VOI LUT and geometry attributes of a file as a `PixelDescription`.

What is needed to lay the pixels out must be right, or the file is refused; what only changes how they look falls back
with a notice.
"""

from __future__ import annotations

from viewer.core import tags
from viewer.core.element_values import clean_text
from viewer.core.errors import DamagedFilm, OversizedFilm, UnsupportedFilm
from viewer.core.header_fields import HeaderFields
from viewer.core.lookup_tables import read_tables
from viewer.core.modality import is_usable_rescale
from viewer.core.overlay_header import read_overlay_planes
from viewer.core.shutter import read_shutter
from viewer.core.study import LookupTable, OverlayPlane, PixelDescription, Window
from viewer.core.transfer_syntax import UNUSED_BITS_KEPT
from viewer.core.voi import LINEAR, window_problem

MAX_SIDE = 32_768
MAX_PIXELS = 400_000_000
MAX_WINDOWS = 16
GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
COLOUR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})
PALETTE = "PALETTE COLOR"


def read_pixel_description(fields: HeaderFields) -> PixelDescription:
    """Return how the stored values of a file become grey or colour.

    Raises:
        DamagedFilm: An attribute without which the pixels can't be laid out is missing or impossible.
        UnsupportedFilm: The pixels are in a form that we do not show.
        OversizedFilm: More pixels than MAX_PIXELS, or a side longer than MAX_SIDE.
    """
    rows, columns, frames = _size(fields)
    samples, photometric = _colour_model(fields)
    allocated, stored, high_bit = _bits(fields)
    is_signed = fields.whole(tags.PIXEL_REPRESENTATION, "Pixel Representation") == 1
    slope, intercept = _rescale(fields)
    modality_lut = _modality_lut(fields, is_signed)
    padding, padding_limit = _padding(fields, stored, is_signed)
    windows, function = _windows(fields)
    is_signed_input = modality_lut is None and (is_signed or intercept < 0 or slope < 0)
    return PixelDescription(
        rows=rows,
        columns=columns,
        frames=frames,
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit,
        is_signed=is_signed,
        rescale_slope=slope,
        rescale_intercept=intercept,
        rescale_type=fields.code(tags.RESCALE_TYPE),
        modality_lut=modality_lut,
        windows=windows,
        voi_lut_function=function,
        voi_luts=read_tables(
            fields.file,
            tags.VOI_LUT_SEQUENCE,
            "VOI LUT Sequence",
            is_signed_input=is_signed_input,
            notice=fields.notice,
        ),
        presentation_lut_shape=fields.code(tags.PRESENTATION_LUT_SHAPE),
        presentation_lut=_presentation_lut(fields),
        shutter=read_shutter(fields, rows, columns),
        overlays=_overlays(fields, samples, allocated, stored, high_bit),
        padding_value=padding,
        padding_range_limit=padding_limit,
        pixel_aspect_ratio=_aspect_ratio(fields),
        imager_pixel_spacing_mm=_spacing(fields, tags.IMAGER_PIXEL_SPACING, "Imager Pixel Spacing"),
        pixel_spacing_mm=_spacing(fields, tags.PIXEL_SPACING, "Pixel Spacing"),
        spacing_calibration_type=fields.code(tags.PIXEL_SPACING_CALIBRATION_TYPE).upper(),
        nominal_scanned_spacing_mm=_spacing(
            fields, tags.NOMINAL_SCANNED_PIXEL_SPACING, "Nominal Scanned Pixel Spacing"
        ),
        magnification_factor=_positive(
            fields, tags.MAGNIFICATION_FACTOR, "Estimated Radiographic Magnification Factor"
        ),
        source_to_detector_mm=_positive(fields, tags.SOURCE_TO_DETECTOR, "Distance Source to Detector"),
        source_to_patient_mm=_positive(fields, tags.SOURCE_TO_PATIENT, "Distance Source to Patient"),
        patient_orientation=_orientation(fields),
    )


def _size(fields: HeaderFields) -> tuple[int, int, int]:
    rows, columns = _needed(fields, tags.ROWS, "Rows"), _needed(fields, tags.COLUMNS, "Columns")
    frames = fields.number_in_text(tags.NUMBER_OF_FRAMES, "Number of Frames")
    frames = 1 if frames is None else frames
    if rows < 1 or columns < 1:
        raise DamagedFilm(f"The file declares a picture of {rows} rows and {columns} columns.")
    if frames < 1:
        raise DamagedFilm(f"The file declares {frames} frames.")
    if max(rows, columns) > MAX_SIDE or rows * columns * frames > MAX_PIXELS:
        raise OversizedFilm(
            f"The file declares {rows} rows x {columns} columns x {frames} frames, more than a film can have;"
            " it was not decoded."
        )
    return rows, columns, frames


def _needed(fields: HeaderFields, tag: int, name: str) -> int:
    number = fields.whole(tag, name)
    if number is None:
        raise DamagedFilm(
            f"{name} ({tag >> 16:04X},{tag & 0xFFFF:04X}) is missing, so the pixels can't be laid out."
        )
    return number


def _colour_model(fields: HeaderFields) -> tuple[int, str]:
    samples = fields.whole(tags.SAMPLES_PER_PIXEL, "Samples per Pixel")
    photometric = fields.code(tags.PHOTOMETRIC_INTERPRETATION).upper()
    if samples is None:
        samples = 3 if photometric in COLOUR else 1
        fields.notice(f"Samples per Pixel is missing; {samples} is assumed.")
    if not photometric:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
        fields.notice(
            f"Photometric Interpretation is missing; {photometric} is assumed: black and white may be swapped."
        )
    known = {1: GREY | {PALETTE}, 3: COLOUR}.get(samples, frozenset())
    if photometric not in GREY | COLOUR | {PALETTE}:
        raise UnsupportedFilm(f"Photometric Interpretation “{photometric}” is not one that is shown here.")
    if photometric not in known:
        raise DamagedFilm(f"The header contradicts itself: {samples} samples per pixel with {photometric}.")
    return samples, photometric


def _bits(fields: HeaderFields) -> tuple[int, int, int]:
    allocated = _needed(fields, tags.BITS_ALLOCATED, "Bits Allocated")
    if allocated not in (1, 8, 16, 32, 64):
        raise UnsupportedFilm(
            f"Pixels of {allocated} bits allocated are not shown here (1, 8, 16, 32 and 64 are)."
        )
    stored = fields.whole(tags.BITS_STORED, "Bits Stored")
    if stored is None or not 1 <= stored <= allocated:
        told = "is missing" if stored is None else f"{stored} can't be"
        fields.notice(f"Bits Stored {told}; {allocated} is assumed.")
        stored = allocated
    high_bit = fields.whole(tags.HIGH_BIT, "High Bit")
    if high_bit is None or not stored - 1 <= high_bit < allocated:
        if high_bit is not None:
            fields.notice(f"High Bit {high_bit} can't be with {stored} bits stored; {stored - 1} is assumed.")
        high_bit = stored - 1
    return allocated, stored, high_bit


def _rescale(fields: HeaderFields) -> tuple[float, float]:
    slope = (fields.decimals(tags.RESCALE_SLOPE, "Rescale Slope") or [1.0])[0]
    intercept = (fields.decimals(tags.RESCALE_INTERCEPT, "Rescale Intercept") or [0.0])[0]
    if not is_usable_rescale(slope, intercept):
        fields.notice("Rescale Slope 0 would make the film flat; slope and intercept are ignored.")
        return 1.0, 0.0
    return slope, intercept


def _modality_lut(fields: HeaderFields, is_signed: bool) -> LookupTable | None:
    tables = read_tables(
        fields.file,
        tags.MODALITY_LUT_SEQUENCE,
        "Modality LUT Sequence",
        is_signed_input=is_signed,
        notice=fields.notice,
    )
    return tables[0] if tables else None


def _presentation_lut(fields: HeaderFields) -> LookupTable | None:
    tables = read_tables(
        fields.file,
        tags.PRESENTATION_LUT_SEQUENCE,
        "Presentation LUT Sequence",
        is_signed_input=False,
        notice=fields.notice,
    )
    return tables[0] if tables else None


def _overlays(
    fields: HeaderFields, samples: int, allocated: int, stored: int, high_bit: int
) -> tuple[OverlayPlane, ...]:
    is_native = samples == 1 and allocated in (8, 16) and fields.file.transfer_syntax_uid in UNUSED_BITS_KEPT
    return read_overlay_planes(fields, allocated, stored, high_bit, is_native=is_native)


def _padding(fields: HeaderFields, bits_stored: int, is_signed: bool) -> tuple[int | None, int | None]:
    """Return padding value and range limit in stored units, read with the sign of the pixels (PS3.3 C.7.5.1.1.2)."""

    def read(tag: int, name: str) -> int | None:
        number = fields.whole(tag, name)
        if number is None:
            return None
        masked = number & ((1 << bits_stored) - 1)
        return masked - (1 << bits_stored) if is_signed and masked >> (bits_stored - 1) else masked

    return (
        read(tags.PIXEL_PADDING_VALUE, "Pixel Padding Value"),
        read(tags.PIXEL_PADDING_RANGE_LIMIT, "Pixel Padding Range Limit"),
    )


def _windows(fields: HeaderFields) -> tuple[tuple[Window, ...], str]:
    function = fields.code(tags.VOI_LUT_FUNCTION).upper()
    if not function and not fields.is_empty(tags.VOI_LUT_FUNCTION):
        function = LINEAR  # what the standard says when the attribute is absent (PS3.3 C.11.2.1.3)
    centers = fields.decimals(tags.WINDOW_CENTER, "Window Center")[:MAX_WINDOWS]
    widths = fields.decimals(tags.WINDOW_WIDTH, "Window Width")[:MAX_WINDOWS]
    names = [clean_text(name) for name in fields.text(tags.WINDOW_EXPLANATION).split("\\")]
    if len(centers) != len(widths):
        fields.notice(
            f"The header has {len(centers)} Window Centers but {len(widths)} Window Widths; the window is chosen from"
            " the picture."
        )
        return (), function
    names += [""] * len(centers)
    windows = tuple(Window(*values) for values in zip(centers, widths, names, strict=False))
    for window in windows:
        if problem := window_problem(window, function):
            fields.notice(f"{problem} This window is not used.")
    return windows, function


def _spacing(fields: HeaderFields, tag: int, name: str) -> tuple[float, float] | None:
    numbers = fields.decimals(tag, name)
    if not numbers:
        return None
    if len(numbers) != 2 or min(numbers) <= 0:
        fields.notice(f"{name} is not a pair of positive numbers and is ignored.")
        return None
    return numbers[0], numbers[1]


def _positive(fields: HeaderFields, tag: int, name: str) -> float | None:
    """Return a positive number; 0 is written where it is not known and means nothing."""
    numbers = fields.decimals(tag, name)
    return numbers[0] if numbers and numbers[0] > 0 else None


def _aspect_ratio(fields: HeaderFields) -> tuple[int, int] | None:
    if not fields.has(tags.PIXEL_ASPECT_RATIO):
        return None
    numbers = [int(number) for number in fields.decimals(tags.PIXEL_ASPECT_RATIO, "Pixel Aspect Ratio")]
    if len(numbers) != 2 or min(numbers) < 1 or max(numbers) > 100 * min(numbers):
        fields.notice("Pixel Aspect Ratio is not a pair of positive numbers and is ignored.")
        return None
    return numbers[0], numbers[1]


def _orientation(fields: HeaderFields) -> tuple[str, str] | None:
    codes = [code.upper() for code in fields.codes(tags.PATIENT_ORIENTATION) if code]
    if len(codes) != 2 or not all(set(code) <= set("LRAPHF") for code in codes):
        return None
    return codes[0], codes[1]

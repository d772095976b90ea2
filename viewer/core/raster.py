"""PNG, JPEG and TIFF pictures as films: unverified, since nobody says whose they are, which side is left, how large.

Runs in the decode worker only.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from viewer.core.element_values import derived_uid
from viewer.core.elements import FileBytes
from viewer.core.errors import DamagedFilm, OversizedFilm, UnsupportedFilm
from viewer.core.pixel_header import MAX_PIXELS, MAX_SIDE
from viewer.core.study import FilmHeader, PixelDescription

Image.MAX_IMAGE_PIXELS = None  # our own cap is checked below, with a reason

_ORIENTATION = 0x0112
MOST_PAGES = 1000
_UNVERIFIED = "Not a DICOM file: whose film this is, which side is left and how large it is are not known."


def read_raster_header(data: FileBytes, file_sha256: str) -> FilmHeader:
    """Return the header of a picture file; every identity field stays empty and `is_verified` is False.

    Raises:
        DamagedFilm: The file can't be opened as the picture it begins like.
        OversizedFilm: More pixels than a film has.
        UnsupportedFilm: A kind of pixel that is not shown here.
    """
    image = _opened(data)
    columns, rows = _upright_size(image)
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_PIXELS:
        raise OversizedFilm(f"The picture has {rows} rows x {columns} columns, more than a film can have.")
    description = _description(image, rows, columns)
    pages, told = _pages(image, rows * columns)
    notices = [_UNVERIFIED, *told]
    return FilmHeader(
        pixels=replace(description, frames=pages),
        sop_instance_uid=derived_uid("SOP Instance UID", file_sha256),
        series_instance_uid=derived_uid("Series Instance UID", file_sha256),
        study_instance_uid=derived_uid("Study Instance UID", file_sha256),
        is_verified=False,
        notices=tuple(notices),
    )


def _pages(image: Image.Image, pixels: int) -> tuple[int, tuple[str, ...]]:
    """Return how many pages of a TIFF can be scrolled as frames, and what the reader must know of the others."""
    if image.format != "TIFF":
        return 1, ()
    first = (image.size, _target_mode(image))
    pages = 1
    try:
        while pages < MOST_PAGES:
            image.seek(pages)
            if (image.size, _target_mode(image)) != first:
                return 1, (
                    "The file has pages of different kinds; the first is shown. Save the others apart.",
                )
            pages += 1
    except EOFError:
        pass
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, UnsupportedFilm):
        return pages, (f"Page {pages + 1} of the file is damaged; the {pages} before it can be seen.",)
    if pages * pixels > MAX_PIXELS:
        return 1, (f"The file has {pages} pages, more than can be held at once; the first is shown.",)
    return pages, ()


def decode_raster(data: FileBytes, page: int = 0) -> NDArray[Any]:
    """Return one page of the picture, upright as its EXIF says: (rows, columns), or (rows, columns, 3) for colour.

    Raises:
        DamagedFilm: The picture is cut off or broken.
    """
    image = _opened(data)
    mode = _target_mode(image)
    try:
        if page:
            image.seek(page)
        upright = ImageOps.exif_transpose(image)
        converted = upright if upright.mode == mode else upright.convert(mode)
        values = np.asarray(converted)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise DamagedFilm(f"The picture can't be decoded ({error}).") from error
    if values.dtype == np.bool_:
        values = values.astype(np.uint8) * np.uint8(255)
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False))


def _opened(data: FileBytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DamagedFilm(
            "The file begins like a picture but can't be opened as one; it is damaged."
        ) from error


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Return (columns, rows) after the EXIF orientation; 5 to 8 turn the picture on its side."""
    columns, rows = image.size
    return (rows, columns) if image.getexif().get(_ORIENTATION) in (5, 6, 7, 8) else (columns, rows)


def _target_mode(image: Image.Image) -> str:
    """Return the Pillow mode to decode to: grey stays grey with all its bits, all colour becomes RGB."""
    mode = image.mode
    if mode in ("1", "L", "LA"):
        return "L"
    if mode.startswith("I;16"):
        return mode
    if mode in ("I", "F"):
        return mode
    if mode == "P":
        return "L" if _is_grey_palette(image) else "RGB"
    if mode in ("RGB", "RGBA", "RGBX", "PA", "CMYK", "YCbCr", "LAB", "HSV", "RGBa", "La"):
        return "RGB"
    raise UnsupportedFilm(f"Pictures with pixels of kind {mode} are not shown here.")


def _is_grey_palette(image: Image.Image) -> bool:
    colours = np.array(image.getpalette("RGB") or [0, 1, 2], dtype=np.uint8).reshape(-1, 3)
    return bool((colours == colours[:, :1]).all())


def _description(image: Image.Image, rows: int, columns: int) -> PixelDescription:
    mode = _target_mode(image)
    bits = 32 if mode in ("I", "F") else 16 if mode.startswith("I;16") else 8
    return PixelDescription(
        rows=rows,
        columns=columns,
        samples_per_pixel=3 if mode == "RGB" else 1,
        photometric_interpretation="RGB" if mode == "RGB" else "MONOCHROME2",
        bits_allocated=bits,
        bits_stored=bits,
        high_bit=bits - 1,
        is_signed=mode == "I",
    )

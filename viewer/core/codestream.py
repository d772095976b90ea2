"""What a compressed frame says about itself, read before any decoder touches it.

References:
    JPEG: ITU-T T.81 B.2. JPEG-LS: T.87 C.2. JPEG 2000: T.800 A.5, A.6. DICOM PS3.5 section 8.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from viewer.core.errors import DamagedFilm, OversizedFilm, UnsupportedFilm
from viewer.core.study import PixelDescription

MAX_TILES = 16_384
MAX_COMPONENTS = 4
JPEG_LS_FRAME = 0xF7
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})  # Huffman tables, reserved, arithmetic conditioning


@dataclass(frozen=True, slots=True)
class Codestream:
    """The head of one compressed frame."""

    rows: int
    columns: int
    components: int
    precision: int  # bits of each sample
    is_signed: bool = False
    frame_marker: int = 0  # JPEG: second byte of SOFn; 0 for JPEG 2000
    is_ycc: bool | None = (
        None  # JPEG: what its own markers say; JPEG 2000: a colour transform is undone on decoding
    )


def read_codestream(data: bytes) -> Codestream:
    """Return what a JPEG, JPEG-LS or JPEG 2000 codestream declares.

    Raises:
        DamagedFilm: It is none of them, or is cut off before it says its size.
        OversizedFilm: More tiles or components than any film has.
    """
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    start = data.find(b"\xff\x4f\xff\x51", 0, 4096)  # a JP2 wrapper may come first
    if start >= 0:
        return _jpeg2000(data, start)
    raise DamagedFilm("The compressed picture does not begin like JPEG, JPEG-LS or JPEG 2000.")


def check_codestream(found: Codestream, description: PixelDescription) -> None:
    """Compare a codestream with the header, before it is decoded.

    Raises:
        DamagedFilm: Size, samples or bits of the two differ in a way that can't be shown truthfully.
    """
    if (found.rows, found.columns) != (description.rows, description.columns):
        raise DamagedFilm(
            f"The header says {description.rows} rows x {description.columns} columns, the compressed picture"
            f" {found.rows} x {found.columns}."
        )
    if found.components != description.samples_per_pixel:
        raise DamagedFilm(
            f"The header says {description.samples_per_pixel} samples per pixel, the compressed picture"
            f" {found.components}."
        )
    if found.precision > description.bits_allocated:
        raise DamagedFilm(
            f"The compressed picture has {found.precision} bits, the header allows {description.bits_allocated}."
        )


def has_end(jpeg: bytes) -> bool:
    """True if an End of Image marker follows the first scan. Within a scan FF is always followed by 00 or a restart.

    libjpeg fills what is missing with grey and says nothing, so we have to look.
    """
    return jpeg.rfind(b"\xff\xd9") > jpeg.find(b"\xff\xda")


def _jpeg(data: bytes) -> Codestream:
    position = 2
    is_ycc: bool | None = None
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # fill byte, or a marker without a body
            position += 1 if marker == 0xFF else 2
            continue
        length = struct.unpack_from(">H", data, position + 2)[0]
        body = data[position + 4 : position + 2 + length]
        if marker == 0xE0 and body.startswith(b"JFIF"):
            is_ycc = True if is_ycc is None else is_ycc
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            is_ycc = body[11] != 0
        elif (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME) or marker == JPEG_LS_FRAME:
            return _frame_header(body, marker, is_ycc)
        elif marker in (0xD9, 0xDA):
            break
        position += 2 + max(length, 2)
    raise DamagedFilm("The compressed picture is cut off before it says its size.")


def _frame_header(body: bytes, marker: int, is_ycc: bool | None) -> Codestream:
    if len(body) < 6:
        raise DamagedFilm("The compressed picture is cut off before it says its size.")
    if marker not in (0xC0, 0xC1, 0xC2, 0xC3, JPEG_LS_FRAME):
        raise UnsupportedFilm(
            f"The picture is compressed with a JPEG process (SOF{marker - 0xC0}) that is not decoded here."
        )
    precision, rows, columns, components = struct.unpack_from(">BHHB", body)
    return Codestream(rows, columns, components, precision, frame_marker=marker, is_ycc=is_ycc)


def _jpeg2000(data: bytes, start: int) -> Codestream:
    if len(data) < start + 45:
        raise DamagedFilm("The compressed picture is cut off before it says its size.")
    width, height, left, top, tile_width, tile_height = struct.unpack_from(">6L", data, start + 8)
    components = struct.unpack_from(">H", data, start + 40)[0]
    if not 1 <= components <= MAX_COMPONENTS:
        raise OversizedFilm(f"The compressed picture declares {components} components.")
    rows, columns = height - top, width - left
    if min(rows, columns, tile_width, tile_height) < 1:
        raise DamagedFilm("The compressed picture declares an impossible size.")
    if -(-rows // tile_height) * -(-columns // tile_width) > MAX_TILES:
        raise OversizedFilm(
            "The compressed picture is cut into more tiles than a film ever is; it was not decoded."
        )
    depth = data[start + 42]
    return Codestream(
        rows,
        columns,
        components,
        precision=(depth & 0x7F) + 1,
        is_signed=bool(depth & 0x80),
        is_ycc=_has_colour_transform(data, start),
    )


def _has_colour_transform(data: bytes, start: int) -> bool:
    """Read the multiple component transform byte of the COD marker (T.800 A.6.1)."""
    position = start + 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != 0x90:  # SOT
        if data[position + 1] == 0x52 and position + 9 <= len(data):
            return data[position + 8] != 0
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return False

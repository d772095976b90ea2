"""Pixel Data to stored values. Runs in the decode worker only; the window's process never imports it.

One decoder per transfer syntax, chosen because it survived fuzzing (a library's own search would take others that
abort on crafted files, or that we may not ship):

    uncompressed, deflated           numpy
    RLE Lossless                     pylibjpeg-rle
    JPEG (baseline to lossless)      libjpeg-turbo 3 through imagecodecs.jpeg8_decode
    JPEG-LS                          CharLS through pyjpegls
    JPEG 2000, HTJ2K                 OpenJPEG through pylibjpeg-openjpeg
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core import tags
from viewer.core.codestream import JPEG_LS_FRAME, Codestream, check_codestream, has_end, read_codestream
from viewer.core.colour import palette_to_rgb, shared_chroma_to_ybr, ybr_to_rgb
from viewer.core.dicom_file import DEFLATED_LE, EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE, DicomFile
from viewer.core.elements import UNDEFINED, Element
from viewer.core.errors import DamagedFilm, UnsupportedFilm
from viewer.core.frames import encapsulated_frame, native_frame
from viewer.core.lookup_tables import palette
from viewer.core.pixel_layout import stored_shape
from viewer.core.stored_bits import fit_to_header, unpack_stored
from viewer.core.study import LookupTable, PixelDescription
from viewer.core.transfer_syntax import name_of

RLE = "1.2.840.10008.1.2.5"
JPEG = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70))
JPEG_LS = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 202, 203))
NATIVE = frozenset({IMPLICIT_LE, EXPLICIT_LE, EXPLICIT_BE, DEFLATED_LE})
SUPPORTED = NATIVE | {RLE} | JPEG | JPEG_LS | JPEG_2000


_DECODERS = ("rle", "imagecodecs._jpeg8", "jpeg_ls", "openjpeg.utils", "PIL.Jpeg2KImagePlugin")


def load_decoders() -> None:
    """Import all decoders now, so that the first film of each kind does not wait for its own."""
    for name in _DECODERS:
        with contextlib.suppress(ImportError):  # said for the film that needs it
            importlib.import_module(name)


def check_transfer_syntax(uid: str) -> None:
    """Raise UnsupportedFilm, naming the transfer syntax, if we have no decoder for it."""
    if uid not in SUPPORTED:
        raise UnsupportedFilm(f"The picture is stored as {name_of(uid)}, which is not decoded here.")


def decode_frame(
    file: DicomFile, description: PixelDescription, frame: int
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return one frame's stored values, as `FilmPixels` wants them, and notices for the reader.

    Raises:
        FilmError: The frame can't be decoded, or what comes out contradicts the header.
    """
    if not 0 <= frame < description.frames:
        raise DamagedFilm(f"Frame {frame + 1} was asked for, the film has {description.frames}.")
    assert file.pixel_data is not None, "a film without Pixel Data was refused when it was opened"
    check_transfer_syntax(file.transfer_syntax_uid)
    if file.transfer_syntax_uid in NATIVE:
        values, notices = _native(file, file.pixel_data, description, frame)
    else:
        codestream = encapsulated_frame(file.data, file.pixel_data, description.frames, frame)
        if file.transfer_syntax_uid == RLE:
            values, notices = _rle(codestream, description)
        else:
            values, notices = _compressed(codestream, file.transfer_syntax_uid, description)
    if description.photometric_interpretation == "PALETTE COLOR":
        values = palette_to_rgb(values, _palettes(file))
    return np.ascontiguousarray(values), notices


def pixel_cells(file: DicomFile, description: PixelDescription, frame: int) -> NDArray[Any]:
    """Return the grey pixel cells of a frame as they lie in the file, unused bits and all, shape (rows, columns).

    Only uncompressed and RLE pixels keep their unused bits.

    Raises:
        FilmError: see `decode_frame`; or the pixels are kept otherwise.
    """
    assert file.pixel_data is not None
    if file.transfer_syntax_uid in NATIVE and file.pixel_data.declared != UNDEFINED:
        cells = native_frame(file.data, file.pixel_data, description, file.encoding, frame, 1).values
    elif file.transfer_syntax_uid == RLE:
        cells = _rle_cells(
            encapsulated_frame(file.data, file.pixel_data, description.frames, frame), description
        )
    else:
        raise DamagedFilm("The unused bits of the pixels were not kept.")
    return cells.reshape(description.rows, description.columns)


def _native(
    file: DicomFile, pixels: Element, description: PixelDescription, frame: int
) -> tuple[NDArray[Any], tuple[str, ...]]:
    if pixels.declared == UNDEFINED:
        raise DamagedFilm(
            "The header says the picture is uncompressed, but it is stored in fragments, as compressed ones are."
        )
    is_shared_chroma = description.photometric_interpretation == "YBR_FULL_422"
    if is_shared_chroma and description.columns % 2:
        raise DamagedFilm("YBR_FULL_422 needs an even number of columns.")
    samples = 2 if is_shared_chroma else description.samples_per_pixel
    flat = native_frame(file.data, pixels, description, file.encoding, frame, samples)
    if flat.values.dtype.kind == "f":
        return _finite(flat.values.reshape(stored_shape(description)), flat.notices)
    if description.bits_allocated == 64:
        raise UnsupportedFilm("Whole numbers of 64 bits are not shown here.")
    values = unpack_stored(flat.values, description)
    return _arranged(values, description, _planar_configuration(file), is_shared_chroma), flat.notices


def _finite(values: NDArray[Any], notices: tuple[str, ...]) -> tuple[NDArray[Any], tuple[str, ...]]:
    good = np.isfinite(values)
    if good.all():
        return values, notices
    if not good.any():
        raise DamagedFilm("The picture holds no number at all.")
    lowest = values[good].min()
    return np.where(good, values, lowest), (
        *notices,
        "Pixels that are no numbers are shown as the lowest value.",
    )


def _arranged(
    values: NDArray[Any], description: PixelDescription, planar: int, is_shared_chroma: bool = False
) -> NDArray[Any]:
    """Give flat values their shape; colour becomes RGB, channels last."""
    rows, columns = description.rows, description.columns
    if description.samples_per_pixel == 1:
        return values.reshape(rows, columns)
    if is_shared_chroma:
        return ybr_to_rgb(shared_chroma_to_ybr(values, rows, columns), description.bits_stored)
    picture = (
        np.moveaxis(values.reshape(3, rows, columns), 0, -1) if planar else values.reshape(rows, columns, 3)
    )
    is_ybr = description.photometric_interpretation.startswith("YBR")
    return ybr_to_rgb(picture, description.bits_stored) if is_ybr else picture


def _planar_configuration(file: DicomFile) -> int:
    raw = file.value(tags.PLANAR_CONFIGURATION) or b""
    return int.from_bytes(raw[:2], "little" if file.encoding.is_little else "big")


def _rle(codestream: bytes, description: PixelDescription) -> tuple[NDArray[Any], tuple[str, ...]]:
    # one plane after the other, whatever Planar Configuration says (PS3.5 G.2)
    cells = _rle_cells(codestream, description)
    return _arranged(unpack_stored(cells, description), description, planar=1), ()


def _rle_cells(codestream: bytes, description: PixelDescription) -> NDArray[Any]:
    import rle

    decoded = rle.decode_pixel_data(
        codestream,
        version=2,
        rows=description.rows,
        columns=description.columns,
        bits_allocated=description.bits_allocated,
        byteorder="<",
    )
    size = max(1, description.bits_allocated // 8)
    flat = np.frombuffer(decoded, f"<u{size}")
    if flat.size != description.rows * description.columns * description.samples_per_pixel:
        raise DamagedFilm("The RLE compressed picture is not as large as the header says.")
    return flat


def _compressed(
    codestream: bytes, syntax: str, description: PixelDescription
) -> tuple[NDArray[Any], tuple[str, ...]]:
    head = read_codestream(codestream)
    check_codestream(head, description)
    decoder = _decoder(head)
    values = decoder(codestream, head, description)
    if values.shape != (
        description.rows,
        description.columns,
        *((3,) if description.samples_per_pixel == 3 else ()),
    ):
        raise DamagedFilm("The compressed picture does not have the size that it declares.")
    fitted, notices = fit_to_header(values, head, description)
    if decoder is _jpeg and not has_end(codestream):
        notices = (*notices, "The compressed picture is cut off; the lower part that is shown is not real.")
    if not _agrees(head, syntax):
        notices = (
            *notices,
            f"The picture is not compressed as {name_of(syntax)} says; it was read as it is.",
        )
    photometric = description.photometric_interpretation
    if photometric in ("YBR_FULL", "YBR_FULL_422") and decoder is not _jpeg and not head.is_ycc:
        fitted = ybr_to_rgb(fitted, description.bits_stored)
    return fitted, notices


def _decoder(head: Codestream) -> Callable[[bytes, Codestream, PixelDescription], NDArray[Any]]:
    if head.frame_marker == 0:
        return _jpeg2000
    return _jpeg_ls if head.frame_marker == JPEG_LS_FRAME else _jpeg


def _agrees(head: Codestream, syntax: str) -> bool:
    if head.frame_marker == 0:
        return syntax in JPEG_2000
    return syntax in (JPEG_LS if head.frame_marker == JPEG_LS_FRAME else JPEG)


def _jpeg(codestream: bytes, head: Codestream, description: PixelDescription) -> NDArray[Any]:
    from imagecodecs import jpeg8_decode

    if head.components == 1:
        return np.asarray(jpeg8_decode(codestream))
    # The codestream's own markers are surer than the header: many writers leave RGB in it after compressing to YBR.
    is_ycc = description.photometric_interpretation != "RGB" if head.is_ycc is None else head.is_ycc
    if head.frame_marker == 0xC3 and description.photometric_interpretation == "RGB":
        is_ycc = False  # lossless JPEG does no colour transform of its own
    return np.asarray(jpeg8_decode(codestream, colorspace="YCBCR" if is_ycc else "RGB", outcolorspace="RGB"))


def _jpeg_ls(codestream: bytes, head: Codestream, description: PixelDescription) -> NDArray[Any]:
    import jpeg_ls

    decoded, about = jpeg_ls.decode_buffer(codestream)
    flat = np.frombuffer(decoded, "<u2" if head.precision > 8 else "u1")
    shape = (description.rows, description.columns)
    if flat.size != shape[0] * shape[1] * head.components:
        raise DamagedFilm("The compressed picture does not have the size that it declares.")
    if head.components == 1:
        return flat.reshape(shape)
    if about.get("interleave_mode") == 0:  # one plane after the other
        return np.moveaxis(flat.reshape(head.components, *shape), 0, -1)
    return flat.reshape(*shape, head.components)


def _jpeg2000(codestream: bytes, head: Codestream, description: PixelDescription) -> NDArray[Any]:
    from openjpeg.utils import decode

    del description
    decoded: NDArray[Any] = decode(
        codestream[codestream.find(b"\xff\x4f\xff\x51") :], j2k_format=0, reshape=False
    )
    size = {1: 1, 2: 2, 3: 4, 4: 4}[-(-head.precision // 8)]
    values = decoded.view(f"<{'i' if head.is_signed else 'u'}{size}")
    shape = (head.rows, head.columns) if head.components == 1 else (head.rows, head.columns, head.components)
    return values.reshape(shape)


def _palettes(file: DicomFile) -> tuple[LookupTable, LookupTable, LookupTable]:
    tables = []
    for descriptor, data in (
        (tags.RED_PALETTE_DESCRIPTOR, tags.RED_PALETTE),
        (tags.GREEN_PALETTE_DESCRIPTOR, tags.GREEN_PALETTE),
        (tags.BLUE_PALETTE_DESCRIPTOR, tags.BLUE_PALETTE),
    ):
        table = palette(file, descriptor, data)
        if isinstance(table, str):
            raise DamagedFilm(f"The picture needs a colour palette, but {table}")
        tables.append(table)
    return tables[0], tables[1], tables[2]

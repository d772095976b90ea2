"""Files made to break a viewer: cut, lying about lengths, nested, bombs. No blobs, no patients."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.filewriter import dcmwrite

from tests.factories.dicom_film import chest_film_dataset

JPEG_LS, J2K, RLE, DEFLATED = (
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.1.99",
)


def write_hostile_films(folder: Path) -> dict[str, Path]:
    """Write every hostile file into `folder`; return where each lies, by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.dcm" for name in HOSTILE}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wrong values are written on purpose
        for name, make in HOSTILE.items():
            paths[name].write_bytes(make())
    return paths


def film_bytes(**wishes: Any) -> bytes:
    """A sound film as bytes."""
    stream = io.BytesIO()
    dcmwrite(stream, chest_film_dataset(**wishes), enforce_file_format=True)
    return stream.getvalue()


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One element in Explicit VR Little Endian; `length` is what it claims, where that is a lie."""
    said = len(value) if length is None else length
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return struct.pack("<HH2sHL", group, number, vr, 0, said) + value
    return struct.pack("<HH2sH", group, number, vr, said) + value


def before_pixels(extra: bytes, **wishes: Any) -> bytes:
    """A sound film with other elements put in before its pixel description (0028,xxxx)."""
    data = film_bytes(**wishes)
    at = data.index(struct.pack("<HH", 0x0028, 0x0002))
    return data[:at] + extra + data[at:]


def _declared(keyword: str, value: int) -> Callable[[], bytes]:
    def make() -> bytes:
        dataset = chest_film_dataset()
        setattr(dataset, keyword, value)
        stream = io.BytesIO()
        dcmwrite(stream, dataset, enforce_file_format=True)
        return stream.getvalue()

    return make


def _nested(depth: int) -> bytes:
    """Sequences in sequences of undefined length, never closed."""
    level = struct.pack("<HH2sHL", 0x0008, 0x1115, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    return before_pixels(level * depth)


def _pixel_data_says(length: int) -> bytes:
    data = bytearray(film_bytes())
    at = data.rindex(b"\xe0\x7f\x10\x00") + 8
    data[at : at + 4] = struct.pack("<L", length)
    return bytes(data[: at + 200])


def _deflate_bomb() -> bytes:
    sound = film_bytes(transfer_syntax=DEFLATED)
    head = sound[: sound.index(DEFLATED.encode()) + len(DEFLATED)]
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    huge = element(0x0008, 0x0005, b"CS", b"ISO_IR 192") + struct.pack(
        "<HH2sHL", 0x0009, 0x1001, b"OB", 0, 200 << 20
    )
    body = machine.compress(huge)
    body += b"".join(machine.compress(bytes(1 << 20)) for _ in range(200))
    return head + body + machine.flush()


def _broken_stream(syntax: str) -> bytes:
    data = bytearray(film_bytes(transfer_syntax=syntax, rows=64, columns=64))
    at = data.rindex(b"\xe0\x7f\x10\x00")
    noise = np.random.default_rng(7).integers(0, 256, len(data), dtype=np.uint8).tobytes()
    data[at + 60 : -8] = noise[at + 60 : len(data) - 8]
    return bytes(data)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "preamble_only": lambda: bytes(128) + b"DICM",
    "noise_after_dicm": lambda: (
        bytes(128) + b"DICM" + np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    ),
    "cut_in_meta": lambda: film_bytes()[:200],
    "cut_in_header": lambda: film_bytes()[:700],
    "cut_in_pixels": lambda: film_bytes()[:-14000],
    "pixels_4_gib_in_200_bytes": lambda: _pixel_data_says(0xFFFFFFF0),
    "pixels_length_undefined_never_closed": lambda: _pixel_data_says(0xFFFFFFFF),
    "rows_zero": _declared("Rows", 0),
    "rows_65535": _declared("Rows", 65535),
    "frames_2_billion": _declared("NumberOfFrames", 2**31 - 1),
    "frames_negative": _declared("NumberOfFrames", -3),
    "bits_allocated_12": _declared("BitsAllocated", 12),
    "bits_stored_40": _declared("BitsStored", 40),
    "sequences_3000_deep": lambda: _nested(3000),
    "sequences_60_deep": lambda: _nested(60),
    "item_longer_than_file": lambda: before_pixels(element(0x0008, 0x1115, b"SQ", b"\xfe\xff\x00\xe0", 4000)),
    "private_tags_100000": lambda: before_pixels(
        b"".join(element(0x0009, 0x1000 + n % 0xE000, b"LO", b"x ") for n in range(100_000))
    ),
    "name_of_10_mb": lambda: before_pixels(element(0x0009, 0x1001, b"UT", b"A" * 10_000_000)),
    "long_study_description": lambda: film_bytes(StudyDescription="bomb " * 12_000),
    "html_name": lambda: film_bytes(patient_name="<img src=x><h1>Evil</h1>^&amp;"),
    "direction_override_name": lambda: film_bytes(patient_name="ABC\u202edcba\x00\x1b[31m^X"),
    "window_width_zero": lambda: film_bytes(window=(100, 0)),
    "slope_zero": lambda: film_bytes(rescale=(0, 5)),
    "lut_of_one_entry": lambda: film_bytes(voi_lut=[7]),
    "spacing_negative": lambda: film_bytes(ImagerPixelSpacing=[-1, 0]),
    "deflate_bomb": _deflate_bomb,
    "broken_jpeg_ls": lambda: _broken_stream(JPEG_LS),
    "broken_j2k": lambda: _broken_stream(J2K),
    "broken_rle": lambda: _broken_stream(RLE),
    "html_named_dcm": lambda: b"<html><script>alert(1)</script></html>",
    "program_named_dcm": lambda: b"\x7fELF" + bytes(5000),
}

"""What kind of file this is, by its first bytes. Names and suffixes are not looked at."""

from __future__ import annotations

import struct
from typing import Literal

Kind = Literal["dicom", "png", "jpeg", "tiff", "zip", "unknown"]
HEAD_BYTES = 132

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty archive
)


def kind_of(head: bytes) -> Kind:
    """Return the kind of a file from its first HEAD_BYTES bytes.

    DICOM is asked first: its preamble may hold anything, a TIFF header for instance (PS3.10 7.1).
    """
    if head[128:132] == b"DICM":
        return "dicom"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return "dicom" if _is_bare_data_set(head) else "unknown"


def _is_bare_data_set(head: bytes) -> bool:
    """True for a data set without preamble: it begins with a small element of group 0002 or 0008, either end first."""
    if len(head) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack_from(order + "HH", head)
        if group not in (0x0002, 0x0008) or element > 0x0100:
            continue
        vr = head[4:6]
        length = struct.unpack_from(order + "L", head, 4)[0]
        if (vr.isalpha() and vr.isupper()) or length <= 1024:
            return True
    return False


def why_no_film(head: bytes) -> str:
    """Say what a file is that is neither DICOM nor a picture, as far as its first bytes tell."""
    if not head:
        return "The file is empty."
    if kind_of(head) == "zip":
        return "The file is a ZIP archive, not a film."
    return "The file is neither DICOM nor a PNG, JPEG or TIFF picture."

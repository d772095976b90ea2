"""Bytes of a DICOM file to the elements that we use: file meta, transfer syntax, inflating, Pixel Data located."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Container
from dataclasses import dataclass

from viewer.core.elements import PIXEL_TAGS, UNDEFINED, Element, Encoding, FileBytes, walk
from viewer.core.errors import DamagedFilm, NotAnImage, OversizedFilm

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
DEFLATED_LE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
MEDIA_STORAGE_SOP_CLASS, TRANSFER_SYNTAX = 0x00020002, 0x00020010
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"

MAX_INFLATED_BYTES = 64 * 1024 * 1024
MAX_ELEMENT_BYTES = 512 * 1024 * 1024
"""A deflated film larger than this is not opened: 520 KB can inflate to gigabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class DicomFile:
    """What was found in the file. Element positions refer to `data` (inflated, where the file is deflated)."""

    data: FileBytes
    transfer_syntax_uid: str
    encoding: Encoding
    elements: dict[int, Element]
    pixel_data: Element | None
    notices: tuple[str, ...] = ()

    def value(self, tag: int) -> bytes | None:
        """Return an element's bytes, None where the file does not have it."""
        element = self.elements.get(tag)
        return None if element is None else self.data[element.start : element.start + element.length]


def open_dicom(data: FileBytes, wanted: Container[int], *, is_directory_wanted: bool = False) -> DicomFile:
    """Find the wanted elements and the Pixel Data of a DICOM file, with or without preamble and file meta.

    Raises:
        NotAnImage: It is a DICOMDIR.
        DamagedFilm, OversizedFilm: see `elements.walk`; the deflated part is broken or too large.
    """
    notices: list[str] = []
    start = 132 if data[128:132] == b"DICM" else 0
    meta, start = _file_meta(data, start)
    if meta.get(MEDIA_STORAGE_SOP_CLASS) == DICOMDIR_CLASS and not is_directory_wanted:
        raise NotAnImage(
            "This is a DICOMDIR, a directory of other files. The films it lists are found by opening their folder."
        )
    syntax = meta.get(TRANSFER_SYNTAX, "")
    if syntax == DEFLATED_LE:
        data, start = inflate(data[start:]), 0
    stated = _stated_encoding(syntax) if syntax else None
    encoding = _encoding_in_use(data, start, stated)
    if not syntax:
        syntax = _native_syntax(encoding)
        notices.append("The file names no transfer syntax; it was read as it looks.")
    elif encoding != stated:
        notices.append(
            "The header is written otherwise than its transfer syntax says; it was read as it looks."
        )
        if syntax in (IMPLICIT_LE, EXPLICIT_LE, EXPLICIT_BE):
            syntax = _native_syntax(encoding)
    elements, twice = _collect(data, start, encoding, wanted)
    if twice:
        names = ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in sorted(twice))
        notices.append(f"The header has {names} twice; the first is used.")
    pixel_data = next((elements.pop(tag) for tag in sorted(PIXEL_TAGS) if tag in elements), None)
    if pixel_data and MAX_ELEMENT_BYTES < pixel_data.declared != UNDEFINED:
        raise OversizedFilm(
            f"Pixel Data says it is {pixel_data.declared:,} bytes long, more than {MAX_ELEMENT_BYTES >> 20} MiB; "
            "the file is damaged and was not opened."
        )
    return DicomFile(data, syntax, encoding, elements, pixel_data, tuple(notices))


def inflate(deflated: bytes) -> bytes:
    """Inflate a Deflated Explicit VR Little Endian data set (PS3.5 A.5), at most MAX_INFLATED_BYTES.

    Raises:
        OversizedFilm: There would be more.
        DamagedFilm: The deflated bytes are broken from the start.
    """
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = machine.decompress(deflated, MAX_INFLATED_BYTES + 1)
    except zlib.error as error:
        raise DamagedFilm("The deflated data set can't be inflated; the file is damaged.") from error
    if len(inflated) > MAX_INFLATED_BYTES:
        raise OversizedFilm(
            f"The file inflates to more than {MAX_INFLATED_BYTES >> 20} MiB and was not opened."
        )
    return inflated


def _file_meta(data: FileBytes, start: int) -> tuple[dict[int, str], int]:
    """Return the UIDs we use of group 0002 and where the data set begins. The group length is not believed."""
    if data[start : start + 2] != b"\x02\x00":
        return {}, start
    encoding = Encoding(is_implicit=False)
    uids: dict[int, str] = {}
    end = start
    for element in walk(data, start, len(data), encoding, _AllTags(), stop_after_group=2):
        value = data[element.start : element.start + element.length]
        if element.tag in (MEDIA_STORAGE_SOP_CLASS, TRANSFER_SYNTAX):
            uids[element.tag] = value.decode("ascii", "replace").strip(" \0")
        end = element.start + element.length
    return uids, end


class _AllTags:
    """A container that holds every tag."""

    def __contains__(self, tag: object) -> bool:
        return True


def _collect(
    data: FileBytes, start: int, encoding: Encoding, wanted: Container[int]
) -> tuple[dict[int, Element], set[int]]:
    found: dict[int, Element] = {}
    twice: set[int] = set()
    for element in walk(data, start, len(data), encoding, _Both(wanted, PIXEL_TAGS)):
        if element.tag in found:
            twice.add(element.tag)
        else:
            found[element.tag] = element
    return found, twice


ALL_TAGS: Container[int] = _AllTags()


@dataclass(frozen=True, slots=True)
class _Both:
    first: Container[int]
    second: Container[int]

    def __contains__(self, tag: object) -> bool:
        return tag in self.first or tag in self.second


def _stated_encoding(syntax: str) -> Encoding:
    """Every transfer syntax but two is Explicit VR Little Endian outside the Pixel Data (PS3.5 A.4)."""
    return Encoding(is_implicit=syntax == IMPLICIT_LE, is_little=syntax != EXPLICIT_BE)


def _encoding_in_use(data: FileBytes, start: int, stated: Encoding | None) -> Encoding:
    """Look at the first element: is a VR written, and which end of the group number comes first?"""
    if start + 8 > len(data):
        return stated or Encoding(is_implicit=True)
    vr = data[start + 4 : start + 6]
    is_implicit = not (vr.isalpha() and vr.isupper())
    little, big = struct.unpack_from("<H", data, start)[0], struct.unpack_from(">H", data, start)[0]
    if stated is not None and stated.is_implicit == is_implicit:
        return stated
    # group numbers begin low: 0008 read from the wrong end is 0800
    return Encoding(is_implicit, is_little=is_implicit or little <= big)


def _native_syntax(encoding: Encoding) -> str:
    if encoding.is_implicit:
        return IMPLICIT_LE
    return EXPLICIT_LE if encoding.is_little else EXPLICIT_BE

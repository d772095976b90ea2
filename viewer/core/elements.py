"""Finds data elements in DICOM bytes, one pass, without recursion and without trusting a single length.

Why not a library's parser: crafted files make recursive readers overflow and eager ones allocate what a length
claims. Here nothing is copied or converted until it is asked for, and what we ask for is a short list of tags.

References:
    DICOM PS3.5 section 7 (data element structure), 7.5 (nesting), 6.2.2 (VR UN).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass

from viewer.core.errors import DamagedFilm, OversizedFilm

FileBytes = bytes | mmap.mmap
"""A file in memory, or where it lies in memory that is shared; a slice of either is bytes."""

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
FLOAT_PIXELS, DOUBLE_PIXELS, PIXEL_DATA = 0x7FE00008, 0x7FE00009, 0x7FE00010
PIXEL_TAGS = frozenset({FLOAT_PIXELS, DOUBLE_PIXELS, PIXEL_DATA})

MAX_ELEMENTS = 200_000
MAX_DEPTH = 128
MAX_VALUE_BYTES = 4 * 1024 * 1024
"""The longest value we keep, pixels apart: a lookup table has 128 KiB, everything else far less."""

LONG_VRS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
SHORT_VRS = frozenset(
    {
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH"),
        *(b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    }
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How element headers are written."""

    is_implicit: bool
    is_little: bool = True

    @property
    def byte_order(self) -> str:
        return "<" if self.is_little else ">"


@dataclass(frozen=True, slots=True)
class Element:
    """One data element where it lies: its value is `data[start : start + length]` of the walked bytes."""

    tag: int
    vr: bytes  # b"" where the file writes none (Implicit VR)
    start: int
    length: int  # as far as the bytes go, delimiters of an undefined length included
    declared: int  # as the file says; UNDEFINED for an undefined length
    encoding: Encoding


def walk(
    data: FileBytes,
    start: int,
    end: int,
    encoding: Encoding,
    wanted: Container[int],
    stop_after_group: int | None = None,
) -> Iterator[Element]:
    """Yield the wanted elements of one data set, in file order. Stops where the bytes stop making sense.

    Args:
        data: The whole file.
        start, end: Where the data set begins and ends.
        encoding: As the transfer syntax says; a single element that is plainly written otherwise is followed.
        wanted: Tags to yield; all others are stepped over.
        stop_after_group: Stop before the first element of a higher group (for the file meta group).

    Raises:
        OversizedFilm: More than MAX_ELEMENTS elements, or sequences deeper than MAX_DEPTH.
        DamagedFilm: A sequence of undefined length is never closed.
    """
    position = start
    budget = MAX_ELEMENTS
    while position + 8 <= end:
        tag, vr, length, value = _header(data, position, end, encoding)
        if stop_after_group is not None and tag >> 16 > stop_after_group:
            return
        budget -= 1
        if budget < 0:
            raise OversizedFilm(f"The file has more than {MAX_ELEMENTS:,} data elements and was not opened.")
        if tag in (ITEM_END, SEQUENCE_END):  # a stray delimiter carries nothing
            position = value
            continue
        if length == UNDEFINED:
            after, used = _skip_undefined(data, value, end, encoding, vr, budget)
            budget -= used
        else:
            after = min(value + length, end)
        if tag in wanted:
            yield Element(tag, vr, value, after - value, length, encoding)
        position = after


def items(
    data: FileBytes, sequence: Element, wanted: Container[int], most: int = 64
) -> list[dict[int, Element]]:
    """Return the wanted elements of each item of a sequence, at most `most` items."""
    found: list[dict[int, Element]] = []
    encoding = _inner_encoding(sequence.encoding, sequence.vr, is_undefined=sequence.declared == UNDEFINED)
    position, end = sequence.start, sequence.start + sequence.length
    while position + 8 <= end and len(found) < most:
        tag, _, length, value = _header(data, position, end, encoding)
        if tag != ITEM:
            break
        if length == UNDEFINED:
            after, _ = _skip_undefined(data, value, end, encoding, b"", MAX_ELEMENTS, is_item=True)
        else:
            after = min(value + length, end)
        found.append({element.tag: element for element in walk(data, value, after, encoding, wanted)})
        position = after
    return found


def _header(data: FileBytes, position: int, end: int, encoding: Encoding) -> tuple[int, bytes, int, int]:
    """Return (tag, VR or b"", declared length, position of the value). At least 8 bytes are there."""
    order = encoding.byte_order
    group, element = struct.unpack_from(order + "HH", data, position)
    tag = group << 16 | element
    vr = data[position + 4 : position + 6]
    if encoding.is_implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
        return tag, b"", struct.unpack_from(order + "L", data, position + 4)[0], position + 8
    is_long = vr in LONG_VRS or (vr not in SHORT_VRS and data[position + 6 : position + 8] == b"\0\0")
    if not is_long:  # an unknown VR without the two reserved zeros is written the short way, too
        return tag, vr, struct.unpack_from(order + "H", data, position + 6)[0], position + 8
    if position + 12 > end:
        return tag, vr, 0, end
    return tag, vr, struct.unpack_from(order + "L", data, position + 8)[0], position + 12


def _inner_encoding(outer: Encoding, vr: bytes, *, is_undefined: bool) -> Encoding:
    """UN of undefined length holds Implicit VR Little Endian whatever surrounds it (PS3.5 6.2.2, note 4)."""
    return Encoding(is_implicit=True) if vr == b"UN" and is_undefined else outer


def _skip_undefined(
    data: FileBytes,
    position: int,
    end: int,
    encoding: Encoding,
    vr: bytes,
    budget: int,
    *,
    is_item: bool = False,
) -> tuple[int, int]:
    """Return (position after the closing delimiter, elements passed). Sequences are counted on a stack of our own."""
    # one entry for each thing that is open: (delimiter that closes it, encoding inside)
    inner = _inner_encoding(encoding, vr, is_undefined=True)
    open_things = [(ITEM_END if is_item else SEQUENCE_END, inner)]
    used = 0
    while open_things:
        if position + 8 > end:
            raise DamagedFilm("A sequence or the compressed picture is never closed: the file is cut off.")
        closing, inner = open_things[-1]
        tag, vr, length, value = _header(data, position, end, inner)
        used += 1
        if used > budget:
            raise OversizedFilm(f"The file has more than {MAX_ELEMENTS:,} data elements and was not opened.")
        if tag == closing:
            open_things.pop()
            position = value
        elif length == UNDEFINED:
            if len(open_things) > 2 * MAX_DEPTH:
                raise OversizedFilm(
                    f"Sequences are nested more than {MAX_DEPTH} deep; the file was not opened."
                )
            closes_with = ITEM_END if tag == ITEM else SEQUENCE_END
            open_things.append((closes_with, _inner_encoding(inner, vr, is_undefined=True)))
            position = value
        else:
            position = min(value + length, end)
    return position, used

"""One frame's bytes out of Pixel Data, native (PS3.5 8.1) or encapsulated (PS3.5 A.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.core.elements import DOUBLE_PIXELS, FLOAT_PIXELS, ITEM, Element, Encoding, FileBytes
from viewer.core.errors import DamagedFilm
from viewer.core.study import PixelDescription

_CODESTREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")


@dataclass(frozen=True, slots=True)
class FrameBytes:
    """What is there of one native frame."""

    values: NDArray[
        np.generic
    ]  # flat, native byte order, as many as the frame should have; missing ones are 0
    notices: tuple[str, ...] = ()


def native_frame(
    data: FileBytes,
    pixels: Element,
    description: PixelDescription,
    encoding: Encoding,
    frame: int,
    samples: int,
) -> FrameBytes:
    """Return the values of one uncompressed frame.

    Args:
        data: The file.
        pixels: Its Pixel Data element.
        description: Rows, columns, bits.
        encoding: For the byte order.
        frame: Which frame, from 0.
        samples: Stored samples per pixel: 1, 3, or 2 where chroma is shared (YBR_FULL_422).

    Raises:
        DamagedFilm: Not even one row of the frame is there.
    """
    row_values = description.columns * samples
    count = description.rows * row_values
    if description.bits_allocated == 1:
        values = _unpacked_bits(data, pixels, count, frame)
    else:
        kind = {FLOAT_PIXELS: "f4", DOUBLE_PIXELS: "f8"}.get(
            pixels.tag, f"u{description.bits_allocated // 8}"
        )
        file_type = np.dtype(encoding.byte_order + kind)
        begin = pixels.start + frame * count * file_type.itemsize
        available = min(begin + count * file_type.itemsize, pixels.start + pixels.length) - begin
        there = max(0, available // file_type.itemsize)
        if there and file_type.itemsize == 1 and pixels.vr == b"OW" and not encoding.is_little:
            values = _swapped_bytes(data, begin, there)
        else:
            values = np.frombuffer(data, file_type, there, begin) if there else np.empty(0, file_type)
        values = values.astype(file_type.newbyteorder("="), copy=False)
    return _completed(values, count, row_values, description.rows)


def _completed(values: NDArray[np.generic], count: int, row_values: int, rows: int) -> FrameBytes:
    """Fill a frame that is cut off with zeros and say so; a frame without one whole row is refused."""
    if values.size == count:
        return FrameBytes(values)
    rows_there = values.size // row_values
    if rows_there == 0:
        raise DamagedFilm("The Pixel Data is cut off: not one row of the picture is there.")
    whole = np.zeros(count, values.dtype)
    whole[: rows_there * row_values] = values[: rows_there * row_values]
    return FrameBytes(whole, (f"{rows_there} of {rows} rows are there; the rest of the picture is missing.",))


def _unpacked_bits(data: FileBytes, pixels: Element, count: int, frame: int) -> NDArray[np.generic]:
    """One bit per pixel, the first in the lowest bit; frames follow each other without padding (PS3.5 8.1.1)."""
    first_bit = frame * count
    begin = pixels.start + first_bit // 8
    end = min(pixels.start + pixels.length, pixels.start + -(-(first_bit + count) // 8))
    if end <= begin:
        return np.empty(0, np.uint8)
    bits = np.unpackbits(np.frombuffer(data, np.uint8, end - begin, begin), bitorder="little")
    return bits[first_bit % 8 :][:count]


def _swapped_bytes(data: FileBytes, begin: int, there: int) -> NDArray[np.generic]:
    """8-bit pixels that a big endian file holds in 16-bit words (PS3.5 8.1.1, example in Annex D)."""
    words = np.frombuffer(data, np.uint8, there - there % 2, begin).reshape(-1, 2)[:, ::-1].ravel()
    return np.append(words, np.zeros(there % 2, np.uint8))


def encapsulated_frame(data: FileBytes, pixels: Element, frames: int, frame: int) -> bytes:
    """Return the codestream of one frame.

    A single frame is all fragments together. Several frames are told apart by their number, by the Basic Offset
    Table, or by how each fragment begins, in this order.

    Raises:
        DamagedFilm: There are no fragments, or it can't be told which belong to the frame.
    """
    fragments = _fragments(data, pixels)
    if not fragments:
        raise DamagedFilm("The Pixel Data is said to be compressed but holds no fragments.")
    table, *rest = fragments
    filled = [(begin, end) for begin, end in rest if end > begin]
    if not filled:
        raise DamagedFilm("The compressed Pixel Data is empty.")
    if frames == 1:
        return b"".join(data[begin:end] for begin, end in filled)
    groups = _frame_groups(data, data[table[0] : table[1]], filled, frames)
    if frame >= len(groups):
        raise DamagedFilm(f"Frame {frame + 1} of {frames} is not in the file.")
    return b"".join(data[begin:end] for begin, end in groups[frame])


def _fragments(data: FileBytes, pixels: Element) -> list[tuple[int, int]]:
    """Return (begin, end) of each item; the first is the Basic Offset Table."""
    found: list[tuple[int, int]] = []
    position, end = pixels.start, pixels.start + pixels.length
    order = pixels.encoding.byte_order
    while position + 8 <= end:
        group, element, length = struct.unpack_from(order + "HHL", data, position)
        if group << 16 | element != ITEM:
            break
        begin = position + 8
        position = min(begin + length, end)
        found.append((begin, position))
    return found


def _frame_groups(
    data: FileBytes, offset_table: bytes, fragments: list[tuple[int, int]], frames: int
) -> list[list[tuple[int, int]]]:
    if len(fragments) == frames:
        return [[fragment] for fragment in fragments]
    if len(offset_table) == 4 * frames:
        offsets = set(struct.unpack(f"<{frames}L", offset_table))
        base = fragments[0][0] - 8
        starts = [begin - 8 - base in offsets for begin, _ in fragments]
    else:
        starts = [data[begin : begin + 12].startswith(_CODESTREAM_STARTS) for begin, _ in fragments]
    if sum(starts) != frames or not starts[0]:
        raise DamagedFilm(
            f"It can't be told which of the {len(fragments)} fragments belong to which of the {frames} frames."
        )
    groups: list[list[tuple[int, int]]] = []
    for fragment, is_start in zip(fragments, starts, strict=True):
        if is_start:
            groups.append([])
        groups[-1].append(fragment)
    return groups

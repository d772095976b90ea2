"""Bits of overlay planes, in both encodings, laid over the film. Runs in the decode worker (PS3.5 8.1.2, 8.2).

60xx,3000 Overlay Data        its own bits, eight to a byte, the first in the lowest bit, rows not padded
60xx,0102 Overlay Bit Position  one unused bit of each pixel cell (retired, but archives are full of it)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core import tags
from viewer.core.decode import pixel_cells
from viewer.core.dicom_file import DicomFile
from viewer.core.overlay_bits import packed_shape
from viewer.core.study import OverlayPlane, PixelDescription


def read_overlays(file: DicomFile, description: PixelDescription, frame: int) -> NDArray[np.uint8]:
    """Return all planes as the film has its pixels: shape `packed_shape`, `np.packbits` of each row.

    A plane may be smaller or larger than the film and may begin outside of it; what lies beyond the film is cut off.
    """
    packed = np.zeros(packed_shape(description), np.uint8)
    for number, plane in enumerate(description.overlays):
        bits = (
            _own_bits(file, plane)
            if plane.bit_position is None
            else _bits_of_pixels(file, description, plane, frame)
        )
        packed[number] = np.packbits(_laid_over(bits, plane, description), axis=1)
    return packed


def _own_bits(file: DicomFile, plane: OverlayPlane) -> NDArray[np.uint8]:
    element = file.elements[plane.group << 16 | tags.OVERLAY_DATA]
    count = plane.rows * plane.columns
    there = min(element.length, -(-count // 8))
    raw = np.frombuffer(file.data, np.uint8, there, element.start)
    if element.vr != b"OB" and not file.encoding.is_little:  # words, turned round
        raw = raw[: there - there % 2].reshape(-1, 2)[:, ::-1].ravel()
    bits = np.zeros(count, np.uint8)
    found = np.unpackbits(raw, bitorder="little")[:count]
    bits[: len(found)] = found
    return bits.reshape(plane.rows, plane.columns)


def _bits_of_pixels(
    file: DicomFile, description: PixelDescription, plane: OverlayPlane, frame: int
) -> NDArray[np.uint8]:
    assert plane.bit_position is not None
    cells = pixel_cells(file, description, frame)
    bits: NDArray[np.uint8] = ((cells >> plane.bit_position) & 1).astype(np.uint8)
    return bits


def _laid_over(
    bits: NDArray[np.uint8], plane: OverlayPlane, description: PixelDescription
) -> NDArray[np.uint8]:
    """The plane at its origin on a film without it; bits that lie in the pixels lie where the pixels do."""
    whole = np.zeros((description.rows, description.columns), np.uint8)
    top, left = (0, 0) if plane.bit_position is not None else (plane.origin[0] - 1, plane.origin[1] - 1)
    rows, columns = bits.shape
    first_row, first_column = max(0, top), max(0, left)
    last_row, last_column = min(description.rows, top + rows), min(description.columns, left + columns)
    if first_row < last_row and first_column < last_column:
        whole[first_row:last_row, first_column:last_column] = bits[
            first_row - top : last_row - top, first_column - left : last_column - left
        ]
    return whole

"""Overlay bits as they travel and are kept: one bit per pixel of the film, eight to a byte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer.core.study import FilmPixels, PixelDescription

NOTHING, REGION, GRAPHICS = 0, 1, 2


def packed_shape(description: PixelDescription) -> tuple[int, int, int]:
    """Return (planes, rows, bytes per row) of the packed overlays of a film, from its description alone."""
    return len(description.overlays), description.rows, -(-description.columns // 8)


def unpacked(packed: NDArray[np.uint8], columns: int) -> NDArray[np.bool_]:
    """Return one packed plane as booleans, shape (rows, columns)."""
    return np.unpackbits(packed, axis=1, count=columns).view(np.bool_)


def overlay_codes(pixels: FilmPixels) -> NDArray[np.uint8] | None:
    """Return what is drawn over each pixel: NOTHING, REGION or GRAPHICS, shape (rows, columns); None for no overlay.

    The plane that a bitmap shutter is made of is not drawn.
    """
    description = pixels.description
    shutter_group = description.shutter.overlay_group if description.shutter else None
    codes: NDArray[np.uint8] | None = None
    for plane, packed in _planes(pixels):
        if description.overlays[plane].group == shutter_group:
            continue
        code = REGION if description.overlays[plane].kind == "R" else GRAPHICS
        drawn = unpacked(packed, description.columns) * np.uint8(code)
        codes = drawn if codes is None else np.maximum(codes, drawn)
    return codes


def shutter_bitmap(pixels: FilmPixels) -> NDArray[np.bool_] | None:
    """Return which pixels the bitmap of the shutter covers, shape (rows, columns); None where there is no bitmap.

    References:
        DICOM PS3.3 C.7.6.15.
    """
    description = pixels.description
    if description.shutter is None or description.shutter.overlay_group is None:
        return None
    for plane, packed in _planes(pixels):
        if description.overlays[plane].group == description.shutter.overlay_group:
            return unpacked(packed, description.columns)
    return None


def halved(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return codes at half the resolution, the highest of each two by two, so that no thin line is lost."""
    rows, columns = codes.shape
    even = np.pad(codes, ((0, rows % 2), (0, columns % 2)))
    across = np.maximum(even[:, ::2], even[:, 1::2])
    return np.maximum(across[::2], across[1::2])


def _planes(pixels: FilmPixels) -> list[tuple[int, NDArray[np.uint8]]]:
    return [] if pixels.overlays is None else list(enumerate(pixels.overlays))

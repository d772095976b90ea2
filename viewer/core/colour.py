"""Colour to RGB (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.modality import look_up
from viewer.core.study import LookupTable


def ybr_to_rgb(ybr: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return YBR_FULL as RGB, same shape (rows, columns, 3) and dtype.

    References:
        DICOM PS3.3 C.7.6.3.1.2 (full range, coefficients of ITU-R BT.601).
    """
    top = 2**bits - 1
    middle = 2 ** (bits - 1)
    luma = ybr[..., 0].astype(np.float32)
    blue, red = (ybr[..., channel].astype(np.float32) - middle for channel in (1, 2))
    rgb = np.stack(
        (luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue), axis=-1
    )
    whole: NDArray[Any] = np.rint(rgb.clip(0, top)).astype(ybr.dtype)
    return whole


def shared_chroma_to_ybr(values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Return native YBR_FULL_422 (Y1 Y2 CB CR for two pixels) as YBR_FULL, shape (rows, columns, 3)."""
    pairs = values.reshape(rows, columns // 2, 4)
    ybr = np.empty((rows, columns, 3), values.dtype)
    ybr[..., 0] = pairs[..., :2].reshape(rows, columns)
    ybr[..., 1] = np.repeat(pairs[..., 2], 2, axis=1)
    ybr[..., 2] = np.repeat(pairs[..., 3], 2, axis=1)
    return ybr


def palette_to_rgb(
    index: NDArray[Any], tables: tuple[LookupTable, LookupTable, LookupTable]
) -> NDArray[np.uint8]:
    """Return PALETTE COLOR indices, shape (rows, columns), as 8-bit RGB.

    Entries of 16 bits are scaled to 8; some files declare 16 bits and store 8, these are taken as they are.
    """
    channels = []
    for table in tables:
        values = look_up(table, index)
        channels.append(values >> max(0, table.bits - 8) if max(table.values) > 255 else values)
    return np.stack(channels, axis=-1).astype(np.uint8)

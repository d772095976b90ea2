"""Shutters and 60xx overlays put into the datasets of `chest_film_dataset`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset


def add_overlay(
    dataset: Dataset,
    bits: NDArray[Any],
    *,
    group: int = 0x6000,
    origin: tuple[int, int] = (1, 1),
    kind: str = "G",
    vr: str = "OW",
) -> None:
    """Give a dataset an overlay plane with Overlay Data of its own."""
    _describe(dataset, bits, group, origin, kind, 1, 0)
    packed = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
    dataset.add_new(group << 16 | 0x3000, vr, packed + b"\0" * (len(packed) % 2))


def add_overlay_in_pixels(dataset: Dataset, bits: NDArray[Any], *, bit: int, group: int = 0x6000) -> None:
    """Hide an overlay plane in one bit of a 16-bit dataset's uncompressed pixel cells."""
    cells = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
    dataset.PixelData = (cells | (bits.astype("<u2") << bit)).astype("<u2").tobytes()
    _describe(dataset, bits, group, (1, 1), "G", 16, bit)


def add_shutter(
    dataset: Dataset,
    *,
    rectangle: tuple[int, int, int, int] | None = None,
    circle: tuple[int, int, int] | None = None,
    polygon: tuple[tuple[int, int], ...] = (),
    overlay_group: int | None = None,
    value: int | None = None,
) -> None:
    """Give a dataset a Display Shutter: left, right, upper, lower; row, column, radius; rows and columns."""
    given = {
        "RECTANGULAR": rectangle,
        "CIRCULAR": circle,
        "POLYGONAL": polygon or None,
        "BITMAP": overlay_group,
    }
    dataset.ShutterShape = [shape for shape, is_there in given.items() if is_there is not None]
    if rectangle:
        dataset.ShutterLeftVerticalEdge, dataset.ShutterRightVerticalEdge = rectangle[:2]
        dataset.ShutterUpperHorizontalEdge, dataset.ShutterLowerHorizontalEdge = rectangle[2:]
    if circle:
        dataset.CenterOfCircularShutter, dataset.RadiusOfCircularShutter = list(circle[:2]), circle[2]
    if polygon:
        dataset.VerticesOfThePolygonalShutter = [number for vertex in polygon for number in vertex]
    if overlay_group is not None:
        dataset.ShutterOverlayGroup = overlay_group
    if value is not None:
        dataset.ShutterPresentationValue = value


def _describe(
    dataset: Dataset,
    bits: NDArray[Any],
    group: int,
    origin: tuple[int, int],
    kind: str,
    allocated: int,
    bit: int,
) -> None:
    for element, vr, value in (
        (0x0010, "US", bits.shape[0]),
        (0x0011, "US", bits.shape[1]),
        (0x0022, "LO", "test lines"),
        (0x0040, "CS", kind),
        (0x0050, "SS", list(origin)),
        (0x0100, "US", allocated),
        (0x0102, "US", bit),
    ):
        dataset.add_new(group << 16 | element, vr, value)

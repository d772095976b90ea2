"""The display conformance grid: films of every kind, each a ramp of 64 x 64 over the whole range of its bits.

Base, 200 cells: {MONOCHROME1, MONOCHROME2} x {LINEAR, LINEAR_EXACT, SIGMOID, VOI LUT, none} x {8, 10, 12, 14, 16 bits}
x {unsigned, signed} x {slope 1, slope -1}. Then the odd ones. Built as CR where a DX may not be so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.factories.dicom_film import chest_film_dataset
from tests.factories.layers import add_overlay, add_overlay_in_pixels

SIDE = 64
MIN_MAX = ("minmax", 0)
"""No VOI of the file: from the lowest to the highest modality value."""


@dataclass(frozen=True)
class Cell:
    """One film, the VOI it is drawn through, and the DCMTK program and options that draw the same."""

    name: str
    wishes: dict[str, Any]
    voi: tuple[str, int] = ("window", 0)  # "window" or "lut" and its number in the file, or MIN_MAX
    dcmtk: str = "dcm2pnm"  # empty where DCMTK has no code for it
    change: Callable[[FileDataset], None] | None = None
    has_notice: bool = False
    is_lossy: bool = False
    padding: tuple[int, int] | None = None  # stored values from, to
    tolerance: float = 1.0  # grey levels, against DCMTK
    options: tuple[str, ...] = field(default=())

    def dataset(self) -> FileDataset:
        dataset = chest_film_dataset(**({"modality": "CR"} | self.wishes))
        if self.change is not None:
            self.change(dataset)
        return dataset

    @property
    def dcmtk_options(self) -> tuple[str, ...]:
        kind, number = self.voi
        chosen = {"window": ("+Wi", str(number + 1)), "lut": ("+Wl", str(number + 1)), "minmax": ("+Wm",)}
        return (*chosen[kind], *self.options)


def ramp(bits: int, is_signed: bool = False) -> NDArray[np.int64]:
    """64 x 64 values over the whole range of so many bits."""
    values = np.linspace(0, 2**bits - 1, SIDE * SIDE).astype(np.int64).reshape(SIDE, SIDE)
    return values - 2 ** (bits - 1) if is_signed else values


def base_cells() -> list[Cell]:
    """The 200 cells of the grid."""
    return [
        _base_cell(*kind)
        for kind in itertools.product(
            ["MONOCHROME1", "MONOCHROME2"],
            ["LINEAR", "LINEAR_EXACT", "SIGMOID", "LUT", "none"],
            [8, 10, 12, 14, 16],
            [False, True],
            [1, -1],
        )
    ]


def _base_cell(photometric: str, voi: str, bits: int, is_signed: bool, slope: int) -> Cell:
    lowest = -(2 ** (bits - 1)) if is_signed else 0
    highest = lowest + 2**bits - 1
    intercept = highest if slope < 0 else 0  # keeps the values of both slopes close to the stored range
    middle = slope * (lowest + highest) / 2 + intercept
    wishes: dict[str, Any] = {
        "stored": ramp(bits, is_signed),
        "bits": bits,
        "is_signed": is_signed,
        "photometric": photometric,
        "rescale": (slope, intercept) if slope < 0 else None,
    }
    if voi == "LUT":  # a curve over part of the range, so that both ends are beyond the table
        count = 2 ** (bits - 1)
        wishes |= {"voi_lut": _root(count), "voi_lut_first": int(middle) - count // 2}
    elif voi != "none":
        wishes |= {
            "window": (round(middle + 0.1 * 2**bits, 1), round(0.45 * 2**bits, 1)),
            "voi_function": voi,
        }
    return Cell(
        name=f"{photometric} {voi} {bits} bit {'signed' if is_signed else 'unsigned'} slope {slope}",
        wishes=wishes,
        voi={"LUT": ("lut", 0), "none": MIN_MAX}.get(voi, ("window", 0)),
        dcmtk="" if voi == "LINEAR_EXACT" else "dcm2pnm",  # which DCMTK draws as LINEAR
    )


def extra_cells() -> list[Cell]:
    """Everything that a grid of equal steps leaves out."""
    return [
        *_windows(),
        *_luts(),
        *_modality(),
        *_presentation(),
        *_pixels(),
        *_broken(),
        *_transfer_syntaxes(),
    ]


def _film(bits: int = 12, **wishes: Any) -> dict[str, Any]:
    return {"stored": ramp(bits, wishes.get("is_signed", False)), "bits": bits} | wishes


def _window_cell(name: str, window: tuple[float, float], function: str = "LINEAR", **more: Any) -> Cell:
    wishes = _film(window=window, voi_function=function, **more.pop("wishes", {}))
    return Cell(name, wishes, dcmtk="" if function == "LINEAR_EXACT" or window[1] < 1 else "dcm2pnm", **more)


def _windows() -> list[Cell]:
    two = _film(window=([1000, 3000], [800, 1200]))
    negative = {"photometric": "MONOCHROME1"}
    return [
        _window_cell("width 1", (2048, 1)),
        _window_cell("width 1, MONOCHROME1", (2048, 1), wishes=negative),
        _window_cell("width 2", (2048, 2)),
        _window_cell("width 2, MONOCHROME1", (2048, 2), wishes=negative),
        _window_cell("width 0.5, LINEAR_EXACT", (2048, 0.5), "LINEAR_EXACT"),
        _window_cell("width 1, LINEAR_EXACT", (2048, 1), "LINEAR_EXACT"),
        _window_cell("width 0.5, SIGMOID", (2048, 0.5), "SIGMOID"),
        _window_cell("width 1, SIGMOID", (2048, 1), "SIGMOID"),
        _window_cell("centre on a half, LINEAR", (2047.5, 1001)),
        _window_cell("centre on a half, LINEAR_EXACT", (2047.5, 1001), "LINEAR_EXACT"),
        _window_cell("centre on a half, SIGMOID", (2047.5, 1001), "SIGMOID"),
        _window_cell("width far beyond the film", (100, 9000.5)),
        _window_cell("centre below the film", (-500, 6000)),
        Cell("two windows, the first", two, ("window", 0)),
        Cell("two windows, the second", two, ("window", 1)),
    ]


def _luts() -> list[Cell]:
    two = _film(voi_lut=_root(4096))
    both = _film(voi_lut=_root(4096), window=(1500, 900))
    whole = _film(16, voi_lut=_root(65536))
    eight = _film(voi_lut=[value >> 8 for value in _root(4096)], voi_lut_bits=8)
    below = _film(is_signed=True, voi_lut=_root(3000), voi_lut_first=-1700)
    return [
        Cell("two LUTs, the first", two, ("lut", 0), change=_second_lut),
        Cell("two LUTs, the second", two, ("lut", 1), change=_second_lut),
        Cell("window and LUT, the LUT", both, ("lut", 0)),
        Cell("window and LUT, the window", both, ("window", 0)),
        Cell("LUT with 0 for 65,536 entries", whole, ("lut", 0)),
        Cell("LUT of 8-bit entries in 16-bit words", eight, ("lut", 0)),
        Cell("LUT of 8-bit entries, two to a word", eight, ("lut", 0), change=_packed_entries),
        Cell(
            "LUT of 10-bit entries", _film(voi_lut=[v >> 6 for v in _root(4096)], voi_lut_bits=10), ("lut", 0)
        ),
        Cell("LUT whose first value is negative", below, ("lut", 0)),
        Cell(
            "LUT that begins above and ends below", _film(voi_lut=_root(500), voi_lut_first=1800), ("lut", 0)
        ),
        Cell("LUT that falls", _film(voi_lut=_root(4096)[::-1]), ("lut", 0)),
    ]


def _modality() -> list[Cell]:
    curve = [65535 - value for value in _root(4096)]
    half = _film(rescale=(0.5, -1024), window=(-100, 900))
    return [
        Cell("Modality LUT Sequence and window", _film(modality_lut=curve, window=(30000, 40000))),
        Cell("Modality LUT Sequence alone", _film(modality_lut=curve), MIN_MAX),
        Cell(
            "Modality LUT Sequence and VOI LUT",
            _film(modality_lut=curve, voi_lut=_root(60000), voi_lut_first=2000),
            ("lut", 0),
        ),
        Cell("slope 0.5, intercept -1024", half),
        Cell("slope 0.5, intercept -1024, MONOCHROME1", half | {"photometric": "MONOCHROME1"}),
        Cell("slope 0.5, intercept -1024, SIGMOID", half | {"voi_function": "SIGMOID"}),
        Cell("slope 0.5, intercept -1024, LINEAR_EXACT", half | {"voi_function": "LINEAR_EXACT"}, dcmtk=""),
        Cell("slope -10", _film(rescale=(-10, 20000), window=(5000, 15000))),
    ]


def _presentation() -> list[Cell]:
    plain, inverse = {"window": (2000, 3000)}, {"photometric": "MONOCHROME1", "window": (2000, 3000)}
    shape = "presentation_lut_shape"
    return [
        Cell("Presentation LUT Shape IDENTITY", _film(**plain, **{shape: "IDENTITY"})),
        Cell("Presentation LUT Shape INVERSE", _film(**plain, **{shape: "INVERSE"}), options=("+Piv",)),
        Cell("DX, MONOCHROME2 and IDENTITY", _film(modality="DX", **plain, **{shape: "IDENTITY"})),
        Cell(
            "DX, MONOCHROME1 and INVERSE: one inversion",
            _film(modality="DX", **inverse, **{shape: "INVERSE"}),
        ),
        Cell("Presentation LUT Sequence", _film(**plain), change=_presentation_lut, dcmtk=""),
        Cell("Presentation LUT Sequence, MONOCHROME1", _film(**inverse), change=_presentation_lut, dcmtk=""),
    ]


def _pixels() -> list[Cell]:
    window = {"window": (2000, 3000)}
    padded = ramp(12)
    padded[:8] = 0
    ranged = ramp(12)
    ranged[:8] = 4000
    return [
        Cell("padding value", {"stored": padded, "bits": 12, "padding_value": 0, **window}, padding=(0, 0)),
        Cell(
            "padding range",
            {"stored": ranged, "bits": 12, "padding_value": 4095, "PixelPaddingRangeLimit": 4000, **window},
            padding=(4000, 4095),
        ),
        Cell(
            "padding value, MONOCHROME1",
            {"stored": padded, "bits": 12, "padding_value": 0, **window} | {"photometric": "MONOCHROME1"},
            padding=(0, 0),
        ),
        Cell("High Bit 15 of 12 bits stored", _film(**window), change=_at_the_top),
        Cell(
            "High Bit 13 of 12 bits stored, signed",
            _film(is_signed=True, window=(0, 3000)),
            change=_shifted_by_two,
        ),
        Cell("garbage in the unused bits", _film(**window), change=_garbage),
        Cell("garbage in the unused bits, signed", _film(is_signed=True, window=(0, 3000)), change=_garbage),
        Cell(
            "overlay in a 60xx group",
            _film(**window),
            change=lambda d: add_overlay(d, _CROSS),
            options=("-O",),
        ),
        Cell(
            "overlay in pixel bits",
            _film(**window),
            change=lambda d: add_overlay_in_pixels(d, _CROSS, bit=14),
            options=("-O",),
        ),
    ]


def _broken() -> list[Cell]:
    """Falls back to the automatic window, with a notice where something was not followed; never an exception."""
    return [
        Cell("empty VOI LUT Function", _film(window=(2000, 3000), voi_function=""), MIN_MAX, has_notice=True),
        Cell(
            "unknown VOI LUT Function",
            _film(window=(2000, 3000), voi_function="CUBIC"),
            MIN_MAX,
            has_notice=True,
        ),
        Cell("width 0", _film(window=(2000, 0)), MIN_MAX, has_notice=True),
        Cell("width below 1, LINEAR", _film(window=(2000, 0.5)), MIN_MAX, has_notice=True),
        Cell(
            "width -100, SIGMOID",
            _film(window=(2000, -100), voi_function="SIGMOID"),
            MIN_MAX,
            has_notice=True,
            dcmtk="",
        ),
        Cell("two centres, one width", _film(window=([1000, 2000], 800)), MIN_MAX, has_notice=True),
        Cell("slope 0", _film(rescale=(0, 0)), MIN_MAX, has_notice=True, dcmtk=""),
        Cell(
            "VOI LUT of fewer entries than it says",
            _film(voi_lut=_root(64)),
            MIN_MAX,
            has_notice=True,
            change=_short_lut,
        ),
    ]


def _transfer_syntaxes() -> list[Cell]:
    window = {"window": (2000, 3000)}
    kinds = [
        ("Implicit VR Little Endian", ImplicitVRLittleEndian, "dcm2pnm"),
        ("Explicit VR Little Endian", ExplicitVRLittleEndian, "dcm2pnm"),
        ("Explicit VR Big Endian", ExplicitVRBigEndian, "dcm2pnm"),
        ("Deflated", DeflatedExplicitVRLittleEndian, "dcm2pnm"),
        ("RLE Lossless", RLELossless, "dcm2pnm"),
        ("JPEG Lossless", JPEGLossless, "dcmj2pnm"),
        ("JPEG Lossless SV1", JPEGLosslessSV1, "dcmj2pnm"),
        ("JPEG-LS Lossless", JPEGLSLossless, "dcml2pnm"),
        ("JPEG 2000 Lossless", JPEG2000Lossless, ""),
        ("HTJ2K Lossless", HTJ2KLossless, ""),
        ("HTJ2K", HTJ2K, ""),  # may lose something, the test's encoder does not
    ]
    lossy = [
        ("JPEG Extended", JPEGExtended12Bit, "dcmj2pnm"),
        ("JPEG-LS Near-Lossless", JPEGLSNearLossless, "dcml2pnm"),
        ("JPEG 2000", JPEG2000, ""),
    ]
    baseline = {"stored": ramp(8), "bits": 8, "window": (120, 200), "transfer_syntax": JPEGBaseline8Bit}
    return [
        *(Cell(name, _film(transfer_syntax=syntax, **window), dcmtk=tool) for name, syntax, tool in kinds),
        *(
            Cell(name, _film(transfer_syntax=syntax, **window), dcmtk=tool, is_lossy=True)
            for name, syntax, tool in lossy
        ),
        Cell(
            "JPEG Baseline", baseline, dcmtk="dcmj2pnm", is_lossy=True, tolerance=3.0
        ),  # IDCTs differ by one value
    ]


def _root(count: int) -> list[int]:
    return [int(value) for value in np.rint(65535 * np.sqrt(np.linspace(0, 1, count)))]


_CROSS = np.zeros((SIDE, SIDE), dtype=bool)
_CROSS[20] = _CROSS[:, 30] = True


def _second_lut(dataset: FileDataset) -> None:
    second = Dataset()
    second.add_new(0x00283002, "US", [4096, 0, 16])
    second.add_new(0x00283006, "US", [65535 - value for value in _root(4096)])
    dataset.VOILUTSequence.append(second)


def _packed_entries(dataset: FileDataset) -> None:
    item = dataset.VOILUTSequence[0]
    entries = np.asarray(item[0x00283006].value, np.uint8)
    del item[0x00283006]
    item.add_new(0x00283006, "OW", entries.tobytes())


def _short_lut(dataset: FileDataset) -> None:
    dataset.VOILUTSequence[0][0x00283002].value = [4096, 0, 16]


def _presentation_lut(dataset: FileDataset) -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [256, 0, 12])
    item.add_new(0x00283006, "US", [round(4095 * (i / 255) ** 2) for i in range(256)])
    dataset.PresentationLUTSequence = Sequence([item])


def _at_the_top(dataset: FileDataset) -> None:
    _shift(dataset, 4)


def _shifted_by_two(dataset: FileDataset) -> None:
    _shift(dataset, 2)


def _shift(dataset: FileDataset, by: int) -> None:
    cells = np.frombuffer(dataset.PixelData, "<u2")
    dataset.PixelData = ((cells & 0x0FFF) << by).astype("<u2").tobytes()
    dataset.HighBit = 11 + by


def _garbage(dataset: FileDataset) -> None:
    cells = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
    noise = np.random.default_rng(7).integers(0, 16, cells.size).astype("<u2") << 12
    dataset.PixelData = (cells | noise).astype("<u2").tobytes()

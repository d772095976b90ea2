"""The display conformance grid: 200 films of every kind, from file to grey, against pydicom's float formulas.

{MONOCHROME1, MONOCHROME2} x {LINEAR, LINEAR_EXACT, SIGMOID, VOI LUT, none} x {8, 10, 12, 14, 16 bits} x {unsigned,
signed} x {slope 1, slope -1}. Built as CR: a DX may only have slope 1 and unsigned pixels.
"""

from __future__ import annotations

import io
import itertools
import warnings

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.factories import chest_film_dataset
from viewer.core import tags
from viewer.core.decode import decode_frame
from viewer.core.dicom_file import open_dicom
from viewer.core.header import read_header
from viewer.core.pixel_layout import decoded_description
from viewer.core.presentation import render
from viewer.core.study import FilmPixels
from viewer.core.voi import apply_voi, auto_voi

SIDE = 64
GRID = list(
    itertools.product(
        ["MONOCHROME1", "MONOCHROME2"],
        ["LINEAR", "LINEAR_EXACT", "SIGMOID", "LUT", "none"],
        [8, 10, 12, 14, 16],
        [False, True],
        [1, -1],
    )
)


def ramp(bits: int, is_signed: bool) -> np.ndarray:
    """64 x 64 values over the whole range of so many bits."""
    values = np.linspace(0, 2**bits - 1, SIDE * SIDE).astype(np.int64).reshape(SIDE, SIDE)
    return values - 2 ** (bits - 1) if is_signed else values


def grid_film(photometric: str, voi: str, bits: int, is_signed: bool, slope: int) -> pydicom.FileDataset:
    lowest = -(2 ** (bits - 1)) if is_signed else 0
    highest = lowest + 2**bits - 1
    intercept = (
        highest if slope < 0 else 0
    )  # keeps the modality values of both slopes close to the stored range
    middle = slope * (lowest + highest) / 2 + intercept
    wishes: dict[str, object] = {}
    if voi == "LUT":  # a curve over part of the range, so that both ends are beyond the table
        count = 2 ** (bits - 1)
        curve = np.rint(65535 * np.sqrt(np.linspace(0, 1, count))).astype(int)
        wishes = {"voi_lut": curve.tolist(), "voi_lut_first": int(middle) - count // 2}
    elif voi != "none":
        wishes = {"window": (round(middle + 0.1 * 2**bits, 1), round(0.45 * 2**bits, 1)), "voi_function": voi}
    return chest_film_dataset(
        stored=ramp(bits, is_signed),
        bits=bits,
        is_signed=is_signed,
        photometric=photometric,
        modality="CR",
        rescale=(slope, intercept) if slope < 0 else None,
        **wishes,
    )


def drawn(dataset: pydicom.FileDataset) -> tuple[np.ndarray, FilmPixels]:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    file = open_dicom(out.getvalue(), tags.HEADER)
    header = read_header(file, "ab" * 32)
    assert header.notices == ()
    stored, notices = decode_frame(file, header.pixels, 0)
    pixels = FilmPixels(decoded_description(header.pixels), stored, notices)
    return render(pixels), pixels


def expected_grey(dataset: pydicom.FileDataset, voi: str, pixels: FilmPixels) -> np.ndarray:
    """Grey before MONOCHROME1, 0 to 1, by pydicom; the auto window by our own formula, which has its own tests."""
    values = apply_modality_lut(dataset.pixel_array, dataset).astype(np.float64)
    if voi == "none":
        return apply_voi(values, auto_voi(pixels))
    if voi == "LUT":
        return apply_voi_lut(values.astype(np.int64), dataset) / 65535
    only_window = Dataset()
    only_window.PhotometricInterpretation, only_window.BitsStored = "MONOCHROME2", 16
    only_window.PixelRepresentation = 0
    for keyword in ("WindowCenter", "WindowWidth", "VOILUTFunction"):
        setattr(only_window, keyword, dataset[keyword].value)
    return apply_voi_lut(values, only_window) / 65535


@pytest.mark.parametrize(("photometric", "voi", "bits", "is_signed", "slope"), GRID)
def test_a_film_is_drawn_as_the_standard_says(photometric, voi, bits, is_signed, slope):
    dataset = grid_film(photometric, voi, bits, is_signed, slope)

    picture, pixels = drawn(dataset)

    grey = expected_grey(dataset, voi, pixels)
    wanted = 255 * (1 - grey if photometric == "MONOCHROME1" else grey)
    assert np.abs(picture - wanted).max() <= 0.5 + 1e-6
    assert np.ptp(picture) > 100  # a cell that shows nothing proves nothing


def test_the_grid_has_two_hundred_cells():
    assert len(set(GRID)) == 200

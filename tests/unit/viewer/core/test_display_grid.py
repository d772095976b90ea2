"""The display conformance grid: 200 films of every kind and more odd ones, from file to grey.

Two judges who are not our code: DCMTK's pictures (to one grey level: it truncates, we round) and the standard's
formulas with pydicom's tables (to half a grey level). LINEAR_EXACT and widths below 1 DCMTK has no code for.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
import pydicom
import pytest
from golden.display_oracle import ask_dcmtk, is_installed, kept_answers, key_of
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.factories.display_cells import MIN_MAX, SIDE, Cell, base_cells, extra_cells
from viewer.core import tags
from viewer.core.decode import decode_frame
from viewer.core.dicom_file import open_dicom
from viewer.core.header import read_header
from viewer.core.pixel_layout import decoded_description
from viewer.core.presentation import render
from viewer.core.study import FilmHeader, FilmPixels
from viewer.core.voi import LutVoi, Voi, WindowVoi, choose_voi, stored_vois

BASE, EXTRA = base_cells(), extra_cells()
CELLS = [*BASE, *EXTRA]
KEPT = kept_answers()


def opened(dataset: pydicom.FileDataset) -> tuple[FilmHeader, FilmPixels]:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    file = open_dicom(out.getvalue(), tags.HEADER)
    header = read_header(file, "ab" * 32)
    stored, notices = decode_frame(file, header.pixels, 0)
    return header, FilmPixels(decoded_description(header.pixels), stored, notices)


def voi_of(cell: Cell, pixels: FilmPixels, values: np.ndarray) -> Voi:
    """What the cell is drawn through; taken from what the viewer offers wherever the file brings it along."""
    kind, number = cell.voi
    if cell.voi == MIN_MAX:
        low, high = float(values.min()), float(values.max())
        return WindowVoi((low + high) / 2, high - low, "LINEAR_EXACT")
    wanted = LutVoi if kind == "lut" else WindowVoi
    return [voi for voi in stored_vois(pixels.description) if isinstance(voi, wanted)][number]


def modality_values(cell: Cell, dataset: pydicom.FileDataset, pixels: FilmPixels) -> np.ndarray:
    """By pydicom, from what was put into the file, or from what lossy compression left of it."""
    stored = pixels.stored if cell.is_lossy else cell.wishes["stored"]
    if dataset.get("RescaleSlope") == 0:
        return stored.astype(np.float64)
    return apply_modality_lut(stored, dataset).astype(np.float64)


def grey_by_formula(cell: Cell, dataset: pydicom.FileDataset, values: np.ndarray) -> np.ndarray:
    """0 to 1 as it leaves the VOI step: the table in PS3.3 C.11.2.1.2 and C.11.2.1.3 word by word, LUTs by pydicom."""
    kind, number = cell.voi
    if kind == "lut":
        bits = dataset.VOILUTSequence[number][0x00283002].value[2]
        if bits == 8:  # pydicom reads these wrong, or not at all
            entries = np.asarray(cell.wishes["voi_lut"])
            return entries[values.astype(np.int64).clip(0, len(entries) - 1)] / 255
        return apply_voi_lut(values.astype(np.int64), dataset, index=number) / (2**bits - 1)
    if cell.voi == MIN_MAX:
        return (values - values.min()) / (values.max() - values.min())
    centers, widths = (np.atleast_1d(dataset[k].value) for k in ("WindowCenter", "WindowWidth"))
    c, w = float(centers[number]), float(widths[number])
    match dataset.get("VOILUTFunction") or "LINEAR":
        case "SIGMOID":
            with np.errstate(over="ignore"):
                return 1 / (1 + np.exp(-4 * (values - c) / w))
        case "LINEAR_EXACT":
            ramp, low, high = (values - c) / w + 0.5, c - w / 2, c + w / 2
        case _:
            low, high = c - 0.5 - (w - 1) / 2, c - 0.5 + (w - 1) / 2
            ramp = (values - (c - 0.5)) / (w - 1) + 0.5 if w > 1 else np.zeros_like(values)
    return np.where(values <= low, 0.0, np.where(values > high, 1.0, ramp))


def picture_by_formula(cell: Cell, dataset: pydicom.FileDataset, grey: np.ndarray) -> np.ndarray:
    """Presentation LUT, one inversion, padding black; 0 to 255, not rounded."""
    if "PresentationLUTSequence" in dataset:
        table = np.asarray(dataset.PresentationLUTSequence[0][0x00283006].value)
        grey = table[np.rint(grey * 255).astype(int)] / 4095
    is_dark_high = dataset.PhotometricInterpretation == "MONOCHROME1"
    if is_dark_high or dataset.get("PresentationLUTShape") == "INVERSE":
        grey = 1 - grey
    return np.where(padding_of(cell), 0.0, 255 * grey)


def padding_of(cell: Cell) -> np.ndarray:
    if cell.padding is None:
        return np.zeros((SIDE, SIDE), bool)
    low, high = cell.padding
    return (cell.wishes["stored"] >= low) & (cell.wishes["stored"] <= high)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_film_is_drawn_as_the_standard_says(cell, tmp_path):
    dataset = cell.dataset()
    header, pixels = opened(dataset)
    values = modality_values(cell, dataset, pixels)

    picture = render(pixels, voi_of(cell, pixels, values)).astype(float)

    wanted = picture_by_formula(cell, dataset, grey_by_formula(cell, dataset, values))
    assert np.abs(picture - wanted).max() <= 0.5 + 1e-6
    assert np.ptp(picture) > 100  # a cell that shows nothing proves nothing
    assert bool(header.notices) == cell.has_notice
    if cell.dcmtk:
        inside = ~padding_of(cell)  # DCMTK draws padding as any other value
        key = key_of(cell, dataset)
        assert key in KEPT, "the cell has changed: make the kept answers again, see golden/display_oracle.py"
        assert np.abs(picture - KEPT[key])[inside].max() <= cell.tolerance
        if is_installed(cell):
            live = ask_dcmtk(cell, dataset, tmp_path)
            assert np.abs(picture - live)[inside].max() <= cell.tolerance


@pytest.mark.parametrize(
    "cell", [cell for cell in CELLS if cell.voi == MIN_MAX and not cell.is_lossy], ids=lambda cell: cell.name
)
def test_a_film_without_a_window_that_can_be_drawn_is_opened_with_its_percentiles(cell):
    dataset = cell.dataset()
    _, pixels = opened(dataset)
    values = modality_values(cell, dataset, pixels)
    low, high = np.percentile(values, (0.5, 99.5))

    picture = render(pixels).astype(float)

    grey = ((values - low) / (high - low)).clip(0, 1)
    assert np.abs(picture - picture_by_formula(cell, dataset, grey)).max() <= 0.5 + 1e-6
    _, notices = choose_voi(pixels)
    assert isinstance(notices, tuple)


def test_a_film_is_opened_with_its_first_lut_or_window():
    for name in ("two windows, the first", "two LUTs, the first", "window and LUT, the LUT"):
        cell = next(cell for cell in EXTRA if cell.name == name)
        dataset = cell.dataset()
        _, pixels = opened(dataset)
        chosen = voi_of(cell, pixels, modality_values(cell, dataset, pixels))
        assert choose_voi(pixels)[0] == chosen


def test_the_grid_has_its_cells():
    assert len({cell.name for cell in BASE}) == 200
    assert len({cell.name for cell in EXTRA}) == len(EXTRA) >= 40
    assert len(KEPT) >= 200

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence

from viewer.core.modality import apply_modality, look_up
from viewer.core.study import FilmPixels, LookupTable, PixelDescription

PIXELS = hnp.arrays(np.int16, (4, 5), elements=st.integers(-30000, 30000))  # pydicom overflows beyond


def film(stored: np.ndarray, **description: object) -> FilmPixels:
    return FilmPixels(PixelDescription(rows=stored.shape[0], columns=stored.shape[1], **description), stored)


@given(stored=PIXELS, slope=st.sampled_from([0.5, -1.0, -10.0, 2.5]), intercept=st.integers(-2048, 4096))
def test_a_rescale_agrees_with_pydicom(stored, slope, intercept):
    dataset = Dataset()
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    ours = apply_modality(film(stored, rescale_slope=slope, rescale_intercept=float(intercept)))
    np.testing.assert_allclose(ours, apply_modality_lut(stored, dataset))


@given(
    stored=PIXELS,
    first=st.integers(-300, 300),
    values=st.lists(st.integers(0, 65535), min_size=2, max_size=400),
)
def test_a_modality_lut_agrees_with_pydicom(stored, first, values):
    item = Dataset()
    item.add_new(0x00283002, "SS", [len(values), first, 16])
    item.add_new(0x00283006, "US", values)
    dataset = Dataset()
    dataset.ModalityLUTSequence = Sequence([item])
    table = LookupTable(first, 16, tuple(values))

    ours = apply_modality(film(stored, modality_lut=table, rescale_slope=7.0))

    np.testing.assert_array_equal(ours, apply_modality_lut(stored, dataset))


@pytest.mark.parametrize("slope", [0.0, math.inf, math.nan])
def test_a_slope_that_would_flatten_the_film_is_ignored(slope):
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(apply_modality(film(stored, rescale_slope=slope)), stored)


def test_colour_has_no_modality_step():
    stored = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert apply_modality(film(stored, rescale_slope=2.0)) is stored


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="at least one entry"):
        look_up(LookupTable(0, 8, ()), np.zeros(1))

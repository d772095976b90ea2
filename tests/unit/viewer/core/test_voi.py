"""The VOI step: against the standard's closed forms, and against pydicom."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut
from pydicom.sequence import Sequence

from viewer.core.study import FilmPixels, LookupTable, PixelDescription, Window
from viewer.core.voi import (
    LutVoi,
    WindowVoi,
    apply_voi,
    auto_voi,
    choose_voi,
    initial_voi,
    lut_bits,
    window_level,
    window_problem,
)

WHOLE_PIXELS = hnp.arrays(np.int16, hnp.array_shapes(max_dims=2))
FUNCTIONS = st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"])


def film(stored: np.ndarray, **description: object) -> FilmPixels:
    rows, columns = stored.shape[:2]
    return FilmPixels(PixelDescription(rows=rows, columns=columns, **description), stored)


@given(pixels=WHOLE_PIXELS, center=st.floats(-2048, 4095), width=st.floats(1, 4096))
def test_windowing_never_swaps_dark_and_bright(pixels, center, width):
    grey = window_level(pixels, center, width)

    darkest_first = np.argsort(pixels, axis=None)
    assert (np.diff(grey.ravel()[darkest_first].astype(int)) >= 0).all()


@given(pixels=WHOLE_PIXELS, center=st.floats(-2048, 4095), width=st.floats(1, 4096), function=FUNCTIONS)
def test_windowing_agrees_with_pydicom(pixels, center, width, function):
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = center, width, function
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 1
    # pydicom reads the window back as decimal strings of 16 characters: give both the same numbers
    center, width = float(dataset.WindowCenter), float(dataset.WindowWidth)
    if function == "LINEAR" and width == 1:
        return  # pydicom divides by zero there; the threshold has its own test

    with np.errstate(over="ignore"):  # pydicom's sigmoid leaves float64 far from the window
        theirs = apply_voi_lut(pixels, dataset)
    ours = apply_voi(pixels, WindowVoi(center, width, function))

    their_grey = (theirs + 32768) / 65535  # pydicom's output range is that of the stored bits
    np.testing.assert_allclose(255 * ours, 255 * their_grey, atol=0.5)


@pytest.mark.parametrize(
    ("function", "value", "grey"),
    [
        ("LINEAR", 99.5 - 49.5, 0.0),  # c - 0.5 - (w - 1) / 2 is still black
        ("LINEAR", 99.5, 0.5),
        ("LINEAR", 99.5 + 49.5, 1.0),
        ("LINEAR_EXACT", 50.0, 0.0),
        ("LINEAR_EXACT", 100.0, 0.5),
        ("LINEAR_EXACT", 150.0, 1.0),
        ("SIGMOID", 100.0, 0.5),
        ("SIGMOID", 150.0, 1 / (1 + math.exp(-2))),
    ],
)
def test_functions_follow_their_closed_form(function, value, grey):
    assert apply_voi(np.array([value]), WindowVoi(100, 100, function))[0] == pytest.approx(grey)


def test_a_window_of_width_1_is_a_threshold():
    values = np.array([99.0, 99.5, 99.6, 100.0])
    assert window_level(values, center=100, width=1).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("width", [0, 0.5, -1, math.nan])
def test_a_window_below_width_1_is_refused(width):
    with pytest.raises(ValueError, match="Window Width"):
        window_level(np.zeros(3), center=0, width=width)


@pytest.mark.parametrize(
    ("window", "function"),
    [
        (Window(100, 0), "LINEAR"),
        (Window(100, -5), "LINEAR_EXACT"),
        (Window(100, 0), "SIGMOID"),
        (Window(math.inf, 5), "LINEAR"),
        (Window(100, math.nan), "SIGMOID"),
        (Window(100, 50), ""),
        (Window(100, 50), "CUBIC"),
    ],
)
def test_a_window_that_cannot_be_drawn_gives_way_to_auto_and_says_why(window, function):
    ramp = film(
        np.arange(4096, dtype=np.uint16).reshape(64, 64), windows=(window,), voi_lut_function=function
    )

    voi, notices = choose_voi(ramp)

    assert window_problem(window, function)
    assert voi == auto_voi(ramp)
    assert len(notices) == 1
    assert "chosen from the picture" in notices[0]


def test_width_below_1_is_fine_for_linear_exact():
    assert not window_problem(Window(0.5, 0.5), "LINEAR_EXACT")


@given(
    first=st.integers(-500, 500),
    values=st.lists(st.integers(0, 4095), min_size=2, max_size=300),
    pixels=WHOLE_PIXELS,
)
def test_a_voi_lut_agrees_with_pydicom(first, values, pixels):
    item = Dataset()
    item.add_new(0x00283002, "SS", [len(values), first, 12])
    item.add_new(0x00283006, "US", values)
    dataset = Dataset()
    dataset.VOILUTSequence = Sequence([item])
    theirs = apply_voi_lut(pixels, dataset)

    ours = apply_voi(pixels, LutVoi(LookupTable(first, 12, tuple(values))))

    np.testing.assert_allclose(4095 * ours, theirs, atol=1e-6)


def test_a_lut_that_needs_more_bits_than_it_declares_is_not_cut():
    assert lut_bits(LookupTable(0, 8, (0, 4095))) == 12


def test_the_stored_curve_comes_before_the_stored_window():
    ramp = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    table = LookupTable(0, 12, tuple(range(4096)))
    pixels = film(ramp, windows=(Window(2048, 4096),), voi_luts=(table,))
    assert initial_voi(pixels) == LutVoi(table)


def test_a_stored_window_that_blackens_the_film_gives_way_to_auto():
    ramp = film(np.arange(4096, dtype=np.uint16).reshape(64, 64), windows=(Window(60000, 100),))

    voi, notices = choose_voi(ramp)

    assert voi == auto_voi(ramp)
    assert "empty picture" in notices[0]


def test_auto_leaves_padding_and_collimation_out():
    random = np.random.default_rng(0)
    stored = random.integers(1000, 2000, (200, 200)).astype(np.uint16)
    stored[:, :40] = 4095  # collimator, one flat value
    stored[90:110, 90:110] = 65535  # padding inside
    voi = auto_voi(film(stored, padding_value=65535))
    assert 990 < voi.center - voi.width / 2 < 1020
    assert 1980 < voi.center + voi.width / 2 < 2000


@pytest.mark.parametrize("stored", [np.full((8, 8), 7, np.uint8), np.full((1, 1), -3, np.int16)])
def test_a_flat_film_still_gets_a_window(stored):
    assert initial_voi(film(stored)).width > 0


def test_a_film_that_is_all_padding_still_gets_a_window():
    assert initial_voi(film(np.full((8, 8), 7, np.uint8), padding_value=7)).width > 0

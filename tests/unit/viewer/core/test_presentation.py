from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from viewer.core.presentation import STRIP_VALUES, apply_table, display_table, has_display_table, render
from viewer.core.study import FilmPixels, LookupTable, PixelDescription, Window
from viewer.core.voi import LutVoi, WindowVoi, apply_voi, window_level

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
WHOLE = WindowVoi(2048, 4096)


def film(stored: np.ndarray, **description: object) -> FilmPixels:
    rows, columns = stored.shape[:2]
    return FilmPixels(PixelDescription(rows=rows, columns=columns, **description), stored)


def test_monochrome1_is_the_negative_of_monochrome2():
    bright = render(film(RAMP, photometric_interpretation="MONOCHROME1"), WHOLE)
    dark = render(film(RAMP, photometric_interpretation="MONOCHROME2"), WHOLE)
    assert bright[0, 0] == 255
    np.testing.assert_allclose(bright.astype(int), 255 - dark.astype(int), atol=1)


def test_monochrome1_and_inverse_together_invert_once():
    once = render(film(RAMP, photometric_interpretation="MONOCHROME1"), WHOLE)
    both = render(
        film(RAMP, photometric_interpretation="MONOCHROME1", presentation_lut_shape="INVERSE"), WHOLE
    )
    np.testing.assert_array_equal(both, once)


def test_the_readers_invert_undoes_that_of_the_film():
    film1 = film(RAMP, photometric_interpretation="MONOCHROME1")
    np.testing.assert_array_equal(render(film1, WHOLE, invert=True), render(film(RAMP), WHOLE))


def test_a_presentation_lut_comes_after_the_window_and_before_the_inversion():
    table = LookupTable(0, 12, tuple(int(4095 * (i / 255) ** 2) for i in range(256)), "gamma")
    grey = apply_voi(RAMP, WHOLE)
    wanted = 255 * np.floor(4095 * (np.rint(grey * 255) / 255) ** 2) / 4095

    plain = render(film(RAMP, presentation_lut=table), WHOLE)
    inverse = render(film(RAMP, presentation_lut=table, photometric_interpretation="MONOCHROME1"), WHOLE)

    assert np.abs(plain - wanted).max() <= 0.5 + 1e-6
    assert np.abs(inverse - (255 - wanted)).max() <= 0.5 + 1e-6


@given(
    stored=st.sampled_from([np.uint8, np.int8, np.uint16, np.int16]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2))
    ),
    center=st.floats(-1000, 3000),
    width=st.floats(1, 5000),
    invert=st.booleans(),
    slope=st.sampled_from([1.0, -1.0, 0.25]),
    padding=st.sampled_from([None, 0, 5]),
)
def test_the_table_gives_the_same_picture_as_the_formula(stored, center, width, invert, slope, padding):
    pixels = film(stored, rescale_slope=slope, rescale_intercept=3.0, padding_value=padding)
    voi = WindowVoi(center, width)

    table, offset = display_table(pixels, voi, invert)
    picture = apply_table(stored, table, offset)

    grey = apply_voi(stored.astype(float) * slope + 3.0, voi)
    expected = np.rint(255 * (1 - grey if invert else grey))
    if padding is not None:
        expected[stored == padding] = 0
    np.testing.assert_array_equal(picture, expected)
    np.testing.assert_array_equal(picture, render(pixels, voi, invert=invert))
    assert table[int(stored[0, 0]) - offset] == picture[0, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("shape", [(3, 2 * STRIP_VALUES), (1000, 301), (0, 5)])
def test_a_picture_that_is_looked_up_in_several_strips_has_no_seam(dtype, shape):
    limits = np.iinfo(dtype)
    random = np.random.default_rng(1)
    stored = random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    table = random.integers(0, 255, int(limits.max) - int(limits.min) + 1, dtype=np.uint8)

    picture = apply_table(stored, table, int(limits.min))

    np.testing.assert_array_equal(picture, table[stored.astype(int) - int(limits.min)])


def test_render_matches_the_plain_window_for_a_plain_film():
    np.testing.assert_array_equal(render(film(RAMP), WindowVoi(1000, 500)), window_level(RAMP, 1000, 500))


def test_the_stored_window_is_used_when_none_is_given():
    stored = film(RAMP, windows=(Window(1000, 500),))
    np.testing.assert_array_equal(render(stored), window_level(RAMP, 1000, 500))


def test_a_curve_is_drawn_through_its_table():
    table = LookupTable(0, 12, tuple(4095 - i for i in range(4096)))
    picture = render(film(RAMP), LutVoi(table))
    assert (picture[0, 0], picture[-1, -1]) == (255, 0)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("invert", [False, True])
def test_padding_is_black_whatever_is_inverted(photometric, invert):
    stored = RAMP.copy()
    stored[:5] = 4095
    description = {"photometric_interpretation": photometric, "padding_value": 4095}
    assert (render(film(stored, **description), WHOLE, invert=invert)[:5] == 0).all()


def test_a_padding_range_counts_both_ends_in_any_order():
    for value, limit in ((10, 20), (20, 10)):
        picture = render(
            film(RAMP, padding_value=value, padding_range_limit=limit), WindowVoi(0, 1), invert=False
        )
        assert picture.ravel()[:25].tolist() == [255] * 10 + [0] * 11 + [255] * 4


def test_colour_of_more_than_8_bits_is_brought_to_8():
    stored = np.array([[[0, 2048, 4095]]], dtype=np.uint16)
    picture = render(film(stored, samples_per_pixel=3, photometric_interpretation="RGB", bits_stored=12))
    assert picture.tolist() == [[[0, 128, 255]]]


def test_inverting_colour_inverts_each_channel():
    stored = np.array([[[0, 10, 255]]], dtype=np.uint8)
    pixels = film(stored, samples_per_pixel=3, photometric_interpretation="RGB")
    assert render(pixels, invert=True).tolist() == [[[255, 245, 0]]]
    assert render(pixels) is not stored


def test_float_pixels_have_no_table_but_are_drawn():
    pixels = film(np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10))
    assert not has_display_table(pixels)
    with pytest.raises(ValueError, match="no display table"):
        display_table(pixels, WHOLE)
    picture = render(pixels)
    assert (picture[0, 0], picture[-1, -1]) == (0, 255)

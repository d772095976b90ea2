"""The model sees what the reader sees, and its boxes find the way back to the stored pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.backend import FilmInput
from inference.errors import InvalidFilm
from inference.film_picture import luminance, model_picture, pixel_height_to_width
from viewer.core.presentation import render
from viewer.core.study import FilmPixels, PixelDescription, Window

ORIENTATIONS = [
    None,
    ("L", "F"),
    ("R", "F"),
    ("L", "H"),
    ("R", "H"),
    ("F", "L"),
    ("H", "R"),
    ("F", "R"),
    ("H", "L"),
]


def film(stored: np.ndarray, **description) -> FilmInput:
    rows, columns = stored.shape[:2]
    bits = 8 * stored.dtype.itemsize
    told = PixelDescription(
        rows, columns, bits_allocated=bits, bits_stored=bits, high_bit=bits - 1, **description
    )
    return FilmInput("0" * 64, stored, told)


def ramp(rows: int, columns: int) -> np.ndarray:
    return np.linspace(0, 60000, rows * columns).reshape(rows, columns).astype(np.uint16)


def test_the_grey_levels_are_those_that_the_reader_sees_first():
    one = film(ramp(40, 30), windows=(Window(20000, 15000),), photometric_interpretation="MONOCHROME1")

    seen = render(FilmPixels(one.description, one.stored))
    assert np.array_equal(model_picture(one).grey, seen)
    assert seen[0, 0] == 255


def test_colour_becomes_luminance():
    colour = np.zeros((4, 4, 3), np.uint8)
    colour[..., 1] = 255

    assert (luminance(colour) == 150).all()  # 0.587 of 255
    assert model_picture(film(colour, samples_per_pixel=3, photometric_interpretation="RGB")).grey.shape == (
        4,
        4,
    )


@pytest.mark.parametrize(
    ("description", "shape"),
    [
        ({"pixel_aspect_ratio": (2, 1)}, (80, 30)),
        ({"pixel_aspect_ratio": (1, 2)}, (40, 60)),
        ({"pixel_spacing_mm": (0.3, 0.2)}, (60, 30)),
        ({"imager_pixel_spacing_mm": (0.2, 0.3)}, (40, 45)),
        ({"pixel_spacing_mm": (0.2, 0.2), "pixel_aspect_ratio": (2, 1)}, (40, 30)),
        ({"pixel_aspect_ratio": (100, 1)}, (40, 30)),  # a wrong header
        ({"pixel_aspect_ratio": (0, 0)}, (40, 30)),
        ({}, (40, 30)),
    ],
    ids=str,
)
def test_pixels_become_square_by_stretching_the_coarser_axis(description, shape):
    assert model_picture(film(ramp(40, 30), **description)).grey.shape == shape


def test_nonsense_spacings_are_ignored():
    assert pixel_height_to_width(PixelDescription(1, 1, pixel_spacing_mm=(float("nan"), 0.1))) == 1.0
    assert pixel_height_to_width(PixelDescription(1, 1, pixel_spacing_mm=(-0.1, 0.1))) == 1.0


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_a_box_on_the_picture_lands_on_the_same_spot_of_the_film(orientation):
    stored = np.full((60, 40), 100, np.uint16)
    stored[12:20, 6:16] = 60000  # the spot
    picture = model_picture(film(stored, patient_orientation=orientation, windows=(Window(30000, 1000),)))

    rows, columns = np.nonzero(picture.grey > 128)
    on_picture = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert picture.to_film(on_picture) == (6, 12, 16, 20)
    assert picture.from_film((6, 12, 16, 20)) == tuple(on_picture)


def test_the_spot_is_found_again_through_stretched_pixels_too():
    stored = np.full((60, 40), 100, np.uint16)
    stored[12:20, 6:16] = 60000
    picture = model_picture(
        film(
            stored, pixel_aspect_ratio=(3, 2), patient_orientation=("R", "H"), windows=(Window(30000, 1000),)
        )
    )

    rows, columns = np.nonzero(picture.grey > 128)
    found = picture.to_film((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    assert found == pytest.approx((6, 12, 16, 20), abs=1.0)


edges = st.floats(-1e4, 1e4)


@given(
    st.tuples(edges, edges, edges, edges),
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(ORIENTATIONS),
    st.floats(0.25, 4),
)
def test_whatever_the_model_says_the_box_is_inside_the_film_and_has_an_area(
    box, rows, columns, orientation, ratio
):
    picture = model_picture(
        film(ramp(rows, columns), patient_orientation=orientation, pixel_spacing_mm=(ratio, 1.0))
    )
    x1, y1, x2, y2 = picture.to_film(box)

    assert 0 <= x1 < x2 <= columns
    assert 0 <= y1 < y2 <= rows


@given(st.integers(2, 60), st.integers(2, 60), st.sampled_from(ORIENTATIONS), st.floats(0.3, 3), st.data())
def test_the_way_to_the_film_and_back_changes_nothing(rows, columns, orientation, ratio, data):
    picture = model_picture(
        film(ramp(rows, columns), patient_orientation=orientation, pixel_spacing_mm=(ratio, 1.0))
    )
    x1 = data.draw(st.floats(0, columns - 1))
    y1 = data.draw(st.floats(0, rows - 1))
    box = (x1, y1, data.draw(st.floats(x1 + 1, columns)), data.draw(st.floats(y1 + 1, rows)))

    assert picture.to_film(picture.from_film(box)) == pytest.approx(box, abs=1e-6)


def test_pixels_that_do_not_fit_their_description_are_refused():
    one = film(ramp(40, 30))
    wrong = FilmInput("0" * 64, one.stored[:20], one.description)

    with pytest.raises(InvalidFilm, match="Rows, Columns"):
        model_picture(wrong)

"""The prior laid on the current film, and their difference: found on drawings whose answer is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.factories.chest_picture import chest_picture
from viewer.core.difference import OUTSIDE, SAME, difference
from viewer.core.exposure import is_padding
from viewer.core.orientation import upright
from viewer.core.registration import Affine, NotAlike, laid_over, register
from viewer.core.study import FilmPixels, PixelDescription

ROWS, COLUMNS = 420, 380


def film(picture, orientation=("L", "F"), is_inverse=False, bits=12):
    top = 2**bits - 1
    values = np.rint((1 - picture if is_inverse else picture) * top)
    described = PixelDescription(
        *picture.shape,
        bits_allocated=16,
        bits_stored=bits,
        high_bit=bits - 1,
        photometric_interpretation="MONOCHROME1" if is_inverse else "MONOCHROME2",
        patient_orientation=orientation,
    )
    return FilmPixels(described, values.astype(np.uint16))


def moved(picture, right=0.0, down=0.0, turn_deg=0.0, scale=1.0, shape=(ROWS, COLUMNS)):
    """The same chest, elsewhere on the film: so much to the right and down, turned and enlarged about its middle."""
    from scipy import ndimage

    turn = math.radians(turn_deg)
    there = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]) * scale
    back = np.linalg.inv(there)
    middle, new_middle = np.array(picture.shape) / 2, np.array(shape) / 2 + (down, right)
    return ndimage.affine_transform(
        picture, back, middle - back @ new_middle, output_shape=shape, order=1, mode="nearest"
    )


CHEST = chest_picture(ROWS, COLUMNS)


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"right": 30, "down": -25},
        {"turn_deg": 5, "right": -15},
        {"scale": 1.1, "down": 20},
        {"turn_deg": -4, "scale": 0.93, "right": 12, "down": 18},
        {"shape": (500, 300), "right": 5},
    ],
)
def test_a_chest_that_lay_elsewhere_is_found_to_a_few_pixels(way):
    prior = film(moved(CHEST, **way))
    found = register(film(CHEST), prior)
    back = laid_over(prior, found, film(CHEST)).stored.astype(float)
    inside = np.s_[80:-80, 80:-80]
    error = np.abs(back[inside] - film(CHEST).stored[inside]).mean()
    unmoved = np.abs(prior.stored.mean() - film(CHEST).stored[inside]).mean()
    assert error < 0.12 * unmoved
    assert found.turn_deg == pytest.approx(way.get("turn_deg", 0), abs=1)


def test_another_vendors_scale_and_inverse_storage_change_nothing():
    prior = film(0.2 + 0.5 * moved(CHEST, right=20), is_inverse=True, bits=10)
    x, y = register(film(CHEST), prior).to_prior.point(COLUMNS / 2, ROWS / 2)
    assert (x, y) == pytest.approx((COLUMNS / 2 + 20, ROWS / 2), abs=3)


def test_a_prior_that_is_stored_mirrored_or_turned_is_brought_upright_first():
    lain = film(np.ascontiguousarray(moved(CHEST, down=15)[:, ::-1]), orientation=("R", "F"))
    back = laid_over(lain, register(film(CHEST), lain), film(CHEST)).stored.astype(float)
    inside = np.s_[60:-60, 60:-60]
    assert np.abs(back[inside] - film(CHEST).stored[inside]).mean() < 120  # of 4095
    turned = film(np.ascontiguousarray(np.rot90(CHEST, 2)), orientation=("R", "H"))
    assert upright(turned.description).quarter_turns == 2
    x, y = register(film(CHEST), turned).to_prior.point(0, 0)
    assert (x, y) == pytest.approx((COLUMNS, ROWS), abs=3)


def test_pictures_with_nothing_in_common_are_refused():
    noise = np.random.default_rng(1).random((ROWS, COLUMNS))
    with pytest.raises(NotAlike, match="differ too much"):
        register(film(CHEST), film(noise))


def test_a_flat_film_is_refused_and_does_not_warn():
    with pytest.raises(NotAlike):
        register(film(CHEST), film(np.full((50, 40), 0.5)))


def test_the_work_can_be_stopped():
    with pytest.raises(NotAlike, match="stopped"):
        register(film(CHEST), film(CHEST), lambda: True)


def test_what_the_prior_does_not_cover_is_padding_and_the_rest_keeps_its_values():
    prior = film(CHEST)
    found = replace(register(prior, prior), to_prior=Affine(c=100))
    over = laid_over(prior, found, prior)
    assert over.stored.dtype == np.uint16
    assert is_padding(over.description, over.stored)[:, COLUMNS - 99 :].all()
    assert (over.stored[:, : COLUMNS - 100] == prior.stored[:, 100:]).all()


def test_signed_eight_bit_float_and_colour_priors_are_laid_over():
    same = replace(register(film(CHEST), film(CHEST)), to_prior=Affine())
    grey = film(CHEST)
    for stored in (
        (CHEST * 255).astype(np.uint8),
        (CHEST * 2000 - 1000).astype(np.int16),
        CHEST.astype(np.float32),
        np.repeat((CHEST * 255).astype(np.uint8)[..., None], 3, axis=2),
    ):
        over = laid_over(FilmPixels(grey.description, stored), same, grey)
        expected = stored if stored.ndim == 2 else stored[..., 0]
        assert over.stored == pytest.approx(expected.astype(float), abs=0.51)


def test_a_maps_inverse_takes_it_back():
    there = Affine(1.2, 0.1, 5, -0.1, 0.9, -7)
    assert there.after(there.inverse()).point(3, 4) == pytest.approx((3, 4))


def test_what_became_denser_is_bright_and_the_rest_is_the_middle_grey():
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    shadow = np.hypot(x - 110, y - 200) < 30
    now = np.clip(CHEST + 0.25 * shadow, 0, 1)
    seen = difference(film(now), film(CHEST)).stored.astype(int)
    assert seen[200, 110] > SAME + 30
    assert abs(np.median(seen[~shadow]) - SAME) <= 4
    other = difference(film(CHEST), film(now)).stored.astype(int)
    assert other[200, 110] < SAME - 30


def test_where_there_is_no_prior_there_is_no_difference():
    prior = film(CHEST)
    over = laid_over(prior, replace(register(prior, prior), to_prior=Affine(c=100)), prior)
    assert (difference(prior, over).stored[:, COLUMNS - 99 :] == OUTSIDE).all()


@pytest.mark.parametrize("shape", [(3, 3), (2000, 5), (1, 900)])
def test_a_picture_too_small_to_be_found_again_is_refused(shape):
    with pytest.raises(NotAlike, match="too small or too narrow"):
        register(film(CHEST), film(np.full(shape, 0.5)))

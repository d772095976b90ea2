"""The difference map of two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.synthesis.difference import ALIKE, DARKER, LIGHTER, difference_picture, fitted, signed_difference

RNG = np.random.default_rng(7)
FILM = RNG.integers(40, 200, (32, 32), np.uint8)


def test_a_film_differs_from_itself_nowhere():
    assert np.all(signed_difference(FILM, FILM) == 0)
    assert np.all(difference_picture(signed_difference(FILM, FILM)) == ALIKE)


@given(gain=st.floats(0.5, 1.2), lift=st.integers(-10, 10))
def test_another_exposure_alone_is_no_difference(gain, lift):
    other = np.clip(FILM * gain + lift, 0, 255).astype(np.uint8)

    assert np.abs(signed_difference(FILM, other)).max() < 0.1


def test_what_has_become_lighter_is_positive_and_orange_and_what_darker_negative_and_blue():
    made = FILM.copy()
    made[:12, :12], made[20:, 20:] = 255, 0

    difference = signed_difference(FILM, made)
    picture = difference_picture(difference)

    assert difference[:10, :10].min() > 0 > difference[22:, 22:].max()
    assert tuple(difference_picture(np.full((1, 1), 9.0, np.float32))[0, 0]) == LIGHTER
    assert tuple(difference_picture(np.full((1, 1), -9.0, np.float32))[0, 0]) == DARKER
    assert picture.shape == (32, 32, 3)


def test_pictures_of_two_sizes_are_not_compared():
    with pytest.raises(ValueError, match="fit the source first"):
        signed_difference(FILM, FILM[:16])


def test_a_film_is_fitted_by_its_middle():
    wide = np.zeros((20, 60), np.uint8)
    wide[:, 20:40] = 200

    assert fitted(wide, 10, 10).min() > 180  # bicubic: the edges ring a little

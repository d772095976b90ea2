from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.orientation import Orientation, upright
from viewer.core.study import PixelDescription

EVERY = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def described(*orientation: str) -> PixelDescription:
    return PixelDescription(3, 5, patient_orientation=orientation or None)


def lettered(rows_to: str, columns_to: str) -> np.ndarray:
    """A picture of the letters at its edges, for a film whose rows run to `rows_to` and columns to `columns_to`."""
    opposite = {"L": "R", "R": "L", "H": "F", "F": "H", "A": "P", "P": "A"}
    picture = np.full((3, 5), ".", dtype="<U1")
    picture[1, 4], picture[1, 0] = rows_to, opposite[rows_to]
    picture[2, 2], picture[0, 2] = columns_to, opposite[columns_to]
    return picture


@pytest.mark.parametrize(
    "stated", [(a, b) for a, b in itertools.product("LRHF", repeat=2) if (a in "LR") != (b in "LR")]
)
def test_every_frontal_orientation_comes_upright(stated):
    picture = upright(described(*stated)).apply(lettered(*stated))

    rows, columns = picture.shape
    assert (picture[0, columns // 2], picture[-1, columns // 2]) == ("H", "F")
    assert (picture[rows // 2, 0], picture[rows // 2, -1]) == ("R", "L")


@pytest.mark.parametrize("stated", [("A", "F"), ("P", "F"), ("A", "H"), ("P", "H"), ("H", "A"), ("F", "P")])
def test_a_lateral_film_comes_head_up_and_is_never_mirrored(stated):
    orientation = upright(described(*stated))
    picture = orientation.apply(lettered(*stated))
    assert (picture[0, picture.shape[1] // 2], picture[-1, picture.shape[1] // 2]) == ("H", "F")
    assert not orientation.is_mirrored


@pytest.mark.parametrize("stated", [(), ("L", "R"), ("H", "H"), ("A", "P")])
def test_unstated_or_impossible_orientations_change_nothing(stated):
    assert upright(described(*stated)).is_identity


def test_oblique_directions_go_by_their_first_letter():
    assert upright(described("RP", "HA")) == upright(described("R", "H"))


@pytest.mark.parametrize("orientation", EVERY)
def test_a_box_moves_with_its_pixels(orientation):
    rows, columns = 7, 11
    picture = np.zeros((rows, columns), int)
    picture[2:5, 3:9] = 1

    turned = orientation.apply(picture)
    x1, y1, x2, y2 = (int(edge) for edge in orientation.box_from_stored((3, 2, 9, 5), rows, columns))

    assert turned[y1:y2, x1:x2].all()
    assert turned.sum() == turned[y1:y2, x1:x2].size


@given(
    orientation=st.sampled_from(EVERY),
    size=st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_a_box_comes_back_to_where_it_was(orientation, size, corners):
    rows, columns = size
    x1, x2 = sorted(corner * columns for corner in corners[:2])
    y1, y2 = sorted(corner * rows for corner in corners[2:])
    there = orientation.box_from_stored((x1, y1, x2, y2), rows, columns)
    assert orientation.box_to_stored(there, rows, columns) == pytest.approx((x1, y1, x2, y2), abs=1e-6)
    assert there[0] <= there[2]
    assert there[1] <= there[3]


def test_colour_pictures_turn_as_well():
    assert Orientation(1).apply(np.zeros((4, 6, 3))).shape == (6, 4, 3)

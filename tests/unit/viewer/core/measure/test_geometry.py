from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from viewer.core.measure.geometry import (
    angle,
    cardiothoracic_ratio,
    cobb_angle,
    ellipse_area,
    length,
    rectangle_area,
)

SQUARE = (1.0, 1.0)
TALL = (2.0, 1.0)  # rows are twice as far apart as columns
coordinates = st.floats(-4000, 4000)
points = st.tuples(coordinates, coordinates)
sizes = st.tuples(st.floats(0.05, 2), st.floats(0.05, 2))


def test_a_length_follows_the_pixels_shape():
    assert length((0, 0), (30, 40), (0.2, 0.2)) == pytest.approx(10)
    assert length((0, 0), (0, 10), TALL) == 20
    assert length((0, 0), (10, 0), TALL) == 10


def test_an_angle_is_that_of_the_film_not_of_its_pixels():
    corner = [(10, 0), (0, 0), (10, 10)]
    assert angle(corner, SQUARE) == pytest.approx(45)
    assert angle(corner, TALL) == pytest.approx(math.degrees(math.atan(2)))
    assert angle([(5, 5), (0, 0), (-5, -5)], SQUARE) == pytest.approx(180)
    assert angle([(0, 0), (0, 0), (1, 1)], SQUARE) is None


def test_cobb_is_the_acute_angle_whichever_way_the_lines_were_drawn():
    upper = [(0, 0), (100, 20)]
    lower = [(0, 200), (100, 160)]
    expected = math.degrees(math.atan(0.2) + math.atan(0.4))
    for first in (upper, upper[::-1]):
        for second in (lower, lower[::-1]):
            assert cobb_angle([*first, *second], SQUARE) == pytest.approx(expected)


@given(st.tuples(points, points, points, points), sizes)
def test_cobb_is_never_obtuse(four, size):
    found = cobb_angle(four, size)
    assert found is None or 0 <= found <= 90


def test_the_cardiothoracic_ratio_counts_only_what_lies_along_the_thorax():
    level = [(40, 150), (90, 150), (10, 200), (110, 200)]
    assert cardiothoracic_ratio(level, SQUARE) == pytest.approx(0.5)
    borders_at_two_heights = [(40, 170), (90, 130), (10, 200), (110, 200)]
    assert cardiothoracic_ratio(borders_at_two_heights, SQUARE) == pytest.approx(0.5)
    assert cardiothoracic_ratio([(40, 1), (90, 1), (10, 2), (10, 2)], SQUARE) is None


@given(st.tuples(points, points, points, points), st.floats(0, 2 * math.pi), st.floats(0.05, 2))
def test_the_cardiothoracic_ratio_needs_no_scale_and_no_upright_patient(four, turn, mm):
    assume(math.dist(four[2], four[3]) > 1)

    def turned(point):
        x, y = point
        return x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)

    before = cardiothoracic_ratio(four, SQUARE)
    after = cardiothoracic_ratio([turned(point) for point in four], (mm, mm))
    assert after == pytest.approx(before, rel=1e-6, abs=1e-6)


def test_areas():
    assert rectangle_area((10, 10), (0, 0), (0.5, 0.2)) == pytest.approx(10)
    assert ellipse_area((0, 0), (20, 10), SQUARE) == pytest.approx(math.pi * 10 * 5)

"""Where a film lies on the screen: there and back, for every flip, turn, zoom and pixel shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import description
from viewer.ui.film_view import FilmView, at_zoom, panned, placement_of, same_look, zoom_of, zoomed
from viewer.ui.placement import Placement, Posture, fitting_zoom, pixel_shape, place, shown_size
from viewer.ui.raster import postured

postures = st.builds(Posture, st.integers(0, 3), st.booleans())
sizes = st.tuples(st.integers(20, 3000), st.integers(20, 3000))
inside = st.floats(0, 1)


@given(postures, st.floats(0.05, 20), inside, inside)
def test_a_point_comes_back_from_the_screen(posture, zoom, x, y):
    there = place(description(600, 500), posture, zoom, (250, 300), (800, 700))
    back = there.to_stored(*there.to_screen(500 * x, 600 * y))
    assert back == pytest.approx((500 * x, 600 * y), abs=1e-6)


@given(postures, sizes, sizes)
def test_a_fitted_film_fills_the_viewport_and_stays_inside(posture, film, size):
    what = description(*film)
    box = placement_of(FilmView(posture=posture), what, size).box_to_screen((0, 0, what.columns, what.rows))
    assert box[0] >= -1e-6
    assert box[1] >= -1e-6
    assert box[2] <= size[0] + 1e-6
    assert box[3] <= size[1] + 1e-6
    assert (box[2] - box[0], box[3] - box[1]) == pytest.approx(
        tuple(side * fitting_zoom(what, posture, size) for side in shown_size(what, posture))
    )
    touches = abs(box[2] - box[0] - size[0]) < 1e-6 or abs(box[3] - box[1] - size[1]) < 1e-6
    assert touches


@pytest.mark.parametrize("posture", [Posture(t, m) for t in range(4) for m in (False, True)])
def test_the_geometry_and_the_picture_are_turned_alike(posture):
    picture = np.arange(6).reshape(2, 3)
    shown = postured(picture, posture)
    there = Placement(posture, 1, 1, 0, 0)
    left, top, _, _ = there.box_to_screen((0, 0, 3, 2))
    for y in range(2):
        for x in range(3):
            u, v = there.to_screen(x + 0.5, y + 0.5)
            assert shown[int(v - top), int(u - left)] == picture[y, x]


@given(postures)
def test_flipping_twice_and_turning_four_times_change_nothing(posture):
    assert posture.flipped_left_right().flipped_left_right() == posture
    assert posture.flipped_top_bottom().flipped_top_bottom() == posture
    assert posture.turned(1).turned(-1) == posture
    assert posture.turned(4) == posture
    assert posture.flipped_left_right().flipped_top_bottom() == posture.turned(2)


@given(postures)
def test_a_flip_mirrors_what_is_on_the_screen_whatever_was_done_before(posture):
    picture = np.arange(12).reshape(3, 4)
    before = postured(picture, posture)
    assert (postured(picture, posture.flipped_left_right()) == before[:, ::-1]).all()
    assert (postured(picture, posture.flipped_top_bottom()) == before[::-1]).all()
    assert (postured(picture, posture.turned(1)) == np.rot90(before, -1)).all()


@given(st.floats(0.8, 5), inside, inside)  # further out the film is held in the middle
def test_zooming_keeps_the_point_under_the_cursor(factor, u, v):
    what, size = description(600, 500), (700, 640)
    view = FilmView(zoom=1.3, center=(250, 300))
    at = (size[0] * (0.3 + 0.4 * u), size[1] * (0.3 + 0.4 * v))
    before = placement_of(view, what, size).to_stored(*at)
    after = placement_of(zoomed(view, what, size, factor, at), what, size).to_stored(*at)
    assert after == pytest.approx(before, abs=1e-6)


def test_panning_moves_the_film_with_the_hand():
    what, size = description(600, 500), (400, 400)
    view = FilmView(zoom=2.0, center=(250, 300))
    before = placement_of(view, what, size).to_screen(250, 300)
    after = placement_of(panned(view, what, size, 30, -10), what, size).to_screen(250, 300)
    assert after == pytest.approx((before[0] + 30, before[1] - 10))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_no_pan_can_lose_the_film(right, down):
    what, size = description(600, 500), (400, 400)
    view = panned(FilmView(zoom=1.0), what, size, right, down)
    left, top, far_right, bottom = placement_of(view, what, size).box_to_screen((0, 0, 500, 600))
    assert left <= 200.001
    assert far_right >= 199.999
    assert top <= 200.001
    assert bottom >= 199.999


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        ({}, (1, 1)),
        ({"pixel_aspect_ratio": (2, 1)}, (1, 2)),
        ({"pixel_spacing_mm": (0.1, 0.2)}, (2, 1)),
        ({"imager_pixel_spacing_mm": (0.2, 0.1)}, (1, 2)),
        ({"pixel_aspect_ratio": (0, 1)}, (1, 1)),
        ({"pixel_spacing_mm": (1000.0, 0.1)}, (1, 1)),
    ],
)
def test_pixels_that_are_not_square_are_shown_in_their_shape(said, shape):
    assert pixel_shape(description(**said)) == pytest.approx(shape)


def test_a_film_of_tall_pixels_is_shown_taller():
    assert shown_size(description(100, 100, pixel_aspect_ratio=(2, 1)), Posture()) == (100, 200)
    assert shown_size(description(100, 100, pixel_aspect_ratio=(2, 1)), Posture(1)) == (200, 100)


@given(postures, postures, st.floats(0.5, 8), inside, inside)
def test_the_film_beside_shows_the_same_part_at_the_same_relative_zoom(posture, other, relative, x, y):
    first, second = description(600, 500), description(3000, 2500)
    size, other_size = (500, 500), (400, 700)
    zoom = relative * fitting_zoom(first, posture, size)
    view = FilmView(posture=posture, zoom=zoom, center=(500 * x, 600 * y))
    beside = same_look((view, first, size), (FilmView(posture=other), second, other_size))
    assert zoom_of(beside, second, other_size) == pytest.approx(
        min(max(relative * fitting_zoom(second, other, other_size), 0.02), 40)
    )
    back = same_look((beside, second, other_size), (view, first, size))
    assert back.center == pytest.approx(view.center, abs=1e-6)


def test_fitting_again_forgets_zoom_and_place():
    assert at_zoom(FilmView(zoom=3, center=(1, 1)), None) == FilmView()

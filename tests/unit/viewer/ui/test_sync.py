"""Zoom, pan and window of films side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import description
from viewer.core.presentation import is_inverse, render
from viewer.core.study import FilmPixels, LookupTable
from viewer.core.voi import LutVoi, WindowVoi
from viewer.ui.film_view import FilmView, fitted_together, placement_of, same_look
from viewer.ui.placement import Posture
from viewer.ui.windowing import dragged, grey_range

FINE = description(3000, 2400, imager_pixel_spacing_mm=(0.1, 0.1))
COARSE = description(1000, 1200, imager_pixel_spacing_mm=(0.2, 0.2))
UNSTATED = description(1000, 1200)
POSTURES = st.builds(Posture, st.integers(0, 3), st.booleans())


def mm_on_screen(view, film, size):
    return placement_of(view, film, size).step_x / film.imager_pixel_spacing_mm[0]


@given(zoom=st.floats(0.1, 5), own=POSTURES, other=POSTURES)
def test_a_millimetre_at_the_detector_is_equally_long_in_both_films(zoom, own, other):
    view = FilmView(zoom=zoom, center=(1200, 1500), posture=own)
    beside = same_look((view, FINE, (800, 900)), (FilmView(posture=other), COARSE, (500, 300)))
    assert mm_on_screen(beside, COARSE, (500, 300)) == pytest.approx(mm_on_screen(view, FINE, (800, 900)))


@given(own=POSTURES, other=POSTURES, right=st.floats(-50, 50), down=st.floats(-50, 50))
def test_both_films_are_looked_at_the_same_way_off_their_middle(own, other, right, down):
    """`right` and `down` in mm on the screen, whatever way the two pictures are stored."""
    middle = placement_of(FilmView(zoom=2.0, posture=own), FINE, (800, 900))
    seen = middle.to_stored(400 + right * 20, 450 + down * 20)  # 20 screen pixels are one mm here
    view = FilmView(zoom=2.0, posture=own, center=seen)
    beside = same_look((view, FINE, (800, 900)), (FilmView(posture=other), COARSE, (500, 300)))
    u, v = placement_of(beside, COARSE, (500, 300)).to_screen(600, 500)  # where the other film's middle lies
    assert (250 - u, 150 - v) == pytest.approx((right * 20, down * 20), abs=1e-6)


def test_without_a_spacing_the_zoom_is_relative_to_fitting():
    view = FilmView(zoom=2.0)
    beside = same_look((view, FINE, (800, 900)), (FilmView(), UNSTATED, (800, 900)))
    fit_fine, fit_unstated = 900 / 3000, 800 / 1200
    assert beside.zoom / fit_unstated == pytest.approx(2.0 / fit_fine)


def test_fitted_films_get_one_scale_and_each_is_seen_whole():
    sizes = ((800, 900), (500, 900))
    shown = fitted_together([(FilmView(), FINE, sizes[0]), (FilmView(), COARSE, sizes[1])])
    scales = [mm_on_screen(v, f, s) for v, f, s in zip(shown, (FINE, COARSE), sizes, strict=True)]
    assert scales[0] == pytest.approx(scales[1])
    for view, film, size in zip(shown, (FINE, COARSE), sizes, strict=True):
        left, top, right, bottom = placement_of(view, film, size).box_to_screen(
            (0, 0, film.columns, film.rows)
        )
        assert left >= -0.001 and top >= -0.001 and right <= size[0] + 0.001 and bottom <= size[1] + 0.001


@pytest.mark.parametrize("beside", [UNSTATED, description(1000, 1200, imager_pixel_spacing_mm=(90, 90))])
def test_an_unstated_or_impossible_spacing_leaves_fitted_films_fitted(beside):
    views = (FilmView(), FilmView())
    assert fitted_together([(FilmView(), FINE, (9, 9)), (FilmView(), beside, (9, 9))]) == views


def films_alike():
    """One picture as two vendors store it: 12 bits, and 16 bits with low values bright."""
    y, x = np.mgrid[0:200, 0:160]
    picture = 0.1 + 0.8 * (y / 200 * 0.7 + x / 160 * 0.3)
    low = np.rint(picture * 4000).astype(np.uint16)
    high = (60_000 - low.astype(np.int64) * 12).astype(np.uint16)
    plain = FilmPixels(description(200, 160), low)
    inverse = FilmPixels(
        description(200, 160, bits_stored=16, high_bit=15, photometric_interpretation="MONOCHROME1"), high
    )
    return plain, inverse


@given(right=st.floats(-300, 300), down=st.floats(-300, 300))
def test_a_window_drag_changes_two_vendors_films_alike(right, down):
    drawn = []
    for pixels in films_alike():
        grey, _ = grey_range(pixels)
        view = dragged(FilmView(voi=grey.automatic), grey, right, down, is_inverse(pixels.description))
        drawn.append(render(pixels, view.voi).astype(int))
    assert abs(drawn[0] - drawn[1]).max() <= 2


def test_a_film_shown_through_a_lut_goes_along_in_its_own_range():
    plain, _ = films_alike()
    curve = LookupTable(0, 12, tuple(int(4095 * (i / 4095) ** 0.8) for i in range(4096)))
    with_lut = FilmPixels(description(200, 160, voi_luts=(curve,)), plain.stored)
    grey, _ = grey_range(with_lut)
    assert grey.as_acquired == LutVoi(curve)
    after = dragged(FilmView(voi=grey.as_acquired), grey, 50, 30)
    assert after.is_lut_off
    assert isinstance(after.voi, WindowVoi)
    assert render(with_lut, after.voi).mean() < render(with_lut, grey.as_acquired).mean()  # down darkens

"""What is on screen is what the display pipeline says, quick and fine, and a drag never looks at the whole film."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories_ui import description, ramp
from viewer.core.presentation import render
from viewer.core.study import FilmPixels
from viewer.core.voi import WindowVoi
from viewer.ui.film_view import FilmView, placement_of
from viewer.ui.placement import Posture
from viewer.ui.raster import fine_patch, postured, quick_grey, quick_patch, thumbnail

VOI = WindowVoi(2048, 3000)
EVERY_POSTURE = [Posture(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def one_to_one(pixels, posture):
    shown = (pixels.stored.shape[1], pixels.stored.shape[0])
    size = shown[::-1] if posture.is_sideways else shown
    return placement_of(FilmView(posture=posture, zoom=1.0), pixels.description, size), size


@pytest.mark.parametrize("posture", EVERY_POSTURE)
def test_quick_and_fine_agree_with_the_pipeline_at_one_to_one(posture):
    pixels = ramp()
    placement, size = one_to_one(pixels, posture)
    expected = postured(render(pixels, VOI), posture)
    quick = quick_patch(pixels, placement, size)
    assert (quick_grey(pixels, quick, VOI, False) == expected).all()
    assert (fine_patch(pixels, placement, size, VOI, False).values == expected).all()


@pytest.mark.parametrize("posture", EVERY_POSTURE)
def test_colour_is_turned_like_grey(posture):
    stored = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    what = description(
        20, 30, samples_per_pixel=3, photometric_interpretation="RGB", bits_allocated=8, bits_stored=8
    )
    pixels = FilmPixels(what, stored)
    placement, size = one_to_one(pixels, posture)
    quick = quick_patch(pixels, placement, size)
    assert (quick_grey(pixels, quick, VOI, True) == postured(255 - stored, posture)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.builds(Posture, st.integers(0, 3), st.booleans()),
    st.floats(0.05, 20),
    st.floats(-100, 700),
    st.floats(-100, 700),
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
)
def test_a_quick_patch_never_holds_more_than_the_screen_and_lies_inside_it(posture, zoom, x, y, size):
    pixels = ramp(200, 150)
    placement = placement_of(FilmView(posture=posture, zoom=zoom, center=(x, y)), pixels.description, size)
    patch = quick_patch(pixels, placement, size)
    if patch is None:
        return
    left, top, right, bottom = patch.target
    assert patch.values.shape == (bottom - top, right - left)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]


@settings(max_examples=60, deadline=None)
@given(
    st.builds(Posture, st.integers(0, 3), st.booleans()),
    st.floats(0.3, 20),
    st.floats(0, 150),
    st.floats(0, 200),
)
def test_every_screen_pixel_shows_the_stored_value_under_it(posture, zoom, x, y):
    pixels, size = ramp(200, 150), (90, 70)
    placement = placement_of(FilmView(posture=posture, zoom=zoom, center=(x, y)), pixels.description, size)
    patch = quick_patch(pixels, placement, size)
    left, top, right, bottom = (int(side) for side in patch.target)
    for u, v in ((left, top), (right - 1, bottom - 1), ((left + right) // 2, (top + bottom) // 2)):
        column, row = placement.to_stored(u + 0.5, v + 0.5)
        column, row = min(max(int(np.floor(column)), 0), 149), min(max(int(np.floor(row)), 0), 199)
        assert patch.values[v - top, u - left] == pixels.stored[row, column]


def test_a_film_out_of_view_gives_nothing_to_draw():
    pixels = ramp()
    placement = placement_of(FilmView(zoom=1.0, center=(5000.0, 5000.0)), pixels.description, (40, 40))
    assert quick_patch(pixels, placement, (40, 40)) is None
    assert fine_patch(pixels, placement, (40, 40), VOI, False) is None


def test_fine_takes_only_what_is_in_view():
    pixels = ramp(1000, 1000)
    placement = placement_of(FilmView(zoom=2.0, center=(500.0, 500.0)), pixels.description, (100, 80))
    assert fine_patch(pixels, placement, (100, 80), VOI, False).values.shape == (40, 50)


def test_signed_and_float_films_are_drawn_too():
    signed = replace(ramp(), stored=ramp().stored.astype(np.int16) - 2000)
    floats = replace(ramp(), stored=ramp().stored.astype(np.float32))
    for pixels in (signed, floats):
        placement, size = one_to_one(pixels, Posture())
        assert (fine_patch(pixels, placement, size, VOI, False).values == render(pixels, VOI)).all()


def test_a_thumbnail_is_small_and_the_same_way_up():
    small = thumbnail(ramp(600, 400), VOI, Posture(1), 60)
    assert small.shape[0] < small.shape[1] <= 80

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import description
from viewer.core.measure import region
from viewer.core.measure.region import region_statistics
from viewer.core.study import FilmPixels


def noise(rows=40, columns=30, **changes):
    stored = np.random.default_rng(7).integers(0, 4096, (rows, columns)).astype(np.uint16)
    return FilmPixels(description(rows, columns, **changes), stored)


corners = st.tuples(st.floats(-5, 35), st.floats(-5, 45))


@given(one=corners, other=corners, strip=st.sampled_from([7, 64, 1 << 20]))
def test_a_rectangle_holds_the_pixels_whose_centres_lie_in_it(one, other, strip):
    pixels = noise()
    region.STRIP_PIXELS, kept = strip, region.STRIP_PIXELS
    try:
        found = region_statistics(pixels, one, other, is_ellipse=False)
    finally:
        region.STRIP_PIXELS = kept
    y, x = np.mgrid[0:40, 0:30] + 0.5
    (x1, x2), (y1, y2) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    inside = pixels.stored[(x >= x1) & (x < x2) & (y >= y1) & (y < y2)]
    if inside.size == 0:
        assert found is None
        return
    assert found.count == inside.size
    assert (found.minimum, found.maximum) == (inside.min(), inside.max())
    assert found.mean == pytest.approx(inside.mean())
    assert found.sd == pytest.approx(inside.std(), abs=1e-6)


def test_an_ellipse_leaves_the_corners_of_its_box_out():
    stored = np.zeros((40, 40), np.uint16)
    y, x = np.mgrid[0:40, 0:40] + 0.5
    stored[(x - 20) ** 2 + (y - 20) ** 2 <= 100] = 500
    found = region_statistics(FilmPixels(description(40, 40), stored), (10, 10), (30, 30), is_ellipse=True)
    assert (found.mean, found.sd) == (500, 0)
    assert found.count == (stored == 500).sum()


def test_values_are_modality_values_with_their_unit():
    pixels = noise(rescale_slope=-0.5, rescale_intercept=100.0, rescale_type="OD")
    found = region_statistics(pixels, (0, 0), (30, 40), is_ellipse=False)
    assert found.mean == pytest.approx(100 - 0.5 * pixels.stored.mean())
    assert found.unit == "OD"
    unspecified = noise(rescale_type="US")
    assert region_statistics(unspecified, (0, 0), (30, 40), is_ellipse=False).unit == ""


def test_padding_is_no_measurement():
    pixels = noise(padding_value=0)
    pixels.stored[:20] = 0
    pixels.stored[20:] = 100
    found = region_statistics(pixels, (0, 0), (30, 40), is_ellipse=False)
    assert (found.mean, found.count, found.left_out) == (100, 600, 600)


def test_colour_has_no_modality_values():
    colour = FilmPixels(description(4, 4, samples_per_pixel=3), np.zeros((4, 4, 3), np.uint8))
    assert region_statistics(colour, (0, 0), (4, 4), is_ellipse=False) is None

"""Which pixels of a film count when its greys are measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from viewer.core.exposure import _spread, exposed_area


@given(
    values=hnp.arrays(
        st.sampled_from([np.uint8, np.int16, np.uint16]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.integers(0, 255),
    ),
    padding=st.one_of(st.none(), st.integers(0, 255)),
    axis=st.sampled_from([0, 1]),
)
def test_the_spread_of_a_line_is_that_of_its_percentiles_without_padding(values, padding, axis):
    kept = np.ones(values.shape, bool) if padding is None else values != padding

    spread = _spread(values, kept, axis)

    lines = zip(np.moveaxis(values, axis, -1), np.moveaxis(kept, axis, -1), strict=True)
    expected = [np.ptp(np.percentile(line[ok], (5, 95))) if ok.any() else 0 for line, ok in lines]
    np.testing.assert_allclose(spread, expected, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_flat_borders_are_taken_off_whatever_the_padding_between_them(dtype):
    film = np.full((100, 80), 10, dtype)
    film[20:70, 15:60] = np.random.default_rng(1).integers(50, 120, (50, 45))
    film[30:40] = 127  # padding across the exposed area

    assert exposed_area(film, film != 127) == (slice(20, 70), slice(15, 60))

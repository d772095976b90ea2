"""Where slices lie, read from files."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import chest_film_dataset, write_dataset
from tests.factories.slices import CORONAL, enhanced_dataset, slice_dataset
from viewer.core.decode_worker import read_film_header
from viewer.core.slice_geometry import direction_letters, plane_of


@pytest.fixture
def read(tmp_path):
    def _read(dataset):
        data = write_dataset(tmp_path / "slice.dcm", dataset).read_bytes()
        return read_film_header(data, hashlib.sha256(data).hexdigest())

    return _read


def test_a_slice_says_where_it_lies_and_which_side_is_which(read):
    header = read(slice_dataset(3, position_mm=-120.5))
    assert header.plane.position_mm == (0, 0, -120.5)
    assert header.plane.column_direction == (0, 1, 0)
    assert header.pixels.patient_orientation == ("L", "P")
    assert header.pixels.rescale_type == "HU"


def test_coronal_slices_have_their_own_letters(read):
    assert read(slice_dataset(1, position_mm=4, orientation=CORONAL)).pixels.patient_orientation == ("L", "F")


def test_an_enhanced_instance_says_it_per_frame(read):
    header = read(enhanced_dataset([10, 5, 0]))
    assert [plane.position_mm[2] for plane in header.frame_planes] == [10, 5, 0]
    assert header.pixels.patient_orientation == ("L", "P")
    assert (header.pixels.rescale_intercept, header.pixels.rescale_type) == (-1024, "HU")
    assert header.pixels.windows[0].width == 300
    assert header.pixels.pixel_spacing_mm == (0.5, 0.5)
    assert header.frames_per_second == 10


def test_frame_time_gives_the_speed(read):
    assert read(chest_film_dataset(FrameTime="40")).frames_per_second == 25
    assert read(chest_film_dataset(FrameTime="0")).frames_per_second is None


def test_a_radiograph_has_no_plane(read):
    header = read(chest_film_dataset())
    assert header.plane is None
    assert header.frame_planes == ()


@pytest.mark.parametrize(
    ("position", "orientation"),
    [
        ((1, 2), (1, 0, 0, 0, 1, 0)),
        ((1, 2, 3), (1, 0, 0)),
        ((1, 2, 3), (0, 0, 0, 0, 0, 0)),
        ((1, 2, 3), (1, 0, 0, 1, 0, 0)),
        ((1, 2, 1e9), (1, 0, 0, 0, 1, 0)),
        ((1, 2, float("nan")), (1, 0, 0, 0, 1, 0)),
    ],
)
def test_numbers_that_are_no_plane_give_none(position, orientation):
    assert plane_of(position, orientation) is None


@given(st.lists(st.floats(), max_size=4), st.lists(st.floats(), max_size=7))
def test_wild_numbers_never_raise(position, orientation):
    plane_of(position, orientation)


def test_oblique_directions_name_every_axis_they_follow():
    assert direction_letters((0.8, -0.6, 0.0)) == "LA"
    assert direction_letters((0.0, 0.1, -0.99)) == "F"

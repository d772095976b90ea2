"""The display shutter: what is open, against other people's outlines, and what of a header is not followed."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tests.factories import chest_film_dataset, write_dataset
from tests.factories.layers import add_shutter
from tests.factories_ui import description
from viewer.core import tags
from viewer.core.dicom_file import open_dicom
from viewer.core.exposure import exposed_sample
from viewer.core.header import read_header
from viewer.core.reader import FilmReader
from viewer.core.shutter import open_pixels, shutter_grey
from viewer.core.study import FilmPixels, Shutter, Source

ROWS, COLUMNS = 60, 50


def header(**wishes):
    made = chest_film_dataset(rows=ROWS, columns=COLUMNS)
    add_shutter(made, **wishes)
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return read_header(open_dicom(out.getvalue(), tags.HEADER), "ab" * 32)


def is_open(shutter, height_to_width=1.0):
    return open_pixels(shutter, np.arange(ROWS), np.arange(COLUMNS), height_to_width)


def test_every_shape_is_read():
    read = header(
        rectangle=(3, 40, 5, 50), circle=(30, 25, 20), polygon=((1, 1), (1, 50), (60, 25)), value=0x8000
    ).pixels.shutter
    assert read == Shutter((3, 40, 5, 50), (30, 25, 20), ((1, 1), (1, 50), (60, 25)), None, 0x8000)
    assert shutter_grey(read) == 128


def test_a_rectangle_leaves_open_what_lies_between_its_edges():
    wanted = np.zeros((ROWS, COLUMNS), bool)
    wanted[4:50, 2:40] = True  # rows 5 to 50 and columns 3 to 40, counted from 1
    np.testing.assert_array_equal(is_open(Shutter(rectangle=(3, 40, 5, 50))), wanted)


@given(st.integers(-10, 70), st.integers(-10, 60), st.integers(1, 60))
def test_a_circle_leaves_open_what_is_nearer_than_its_radius(row, column, radius):
    y, x = np.mgrid[1 : ROWS + 1, 1 : COLUMNS + 1]
    np.testing.assert_array_equal(
        is_open(Shutter(circle=(row, column, radius))), np.hypot(y - row, x - column) <= radius
    )


def test_a_circle_is_round_on_the_screen_where_pixels_are_not_square():
    tall = is_open(Shutter(circle=(30, 25, 20)), height_to_width=2.0)
    assert tall[29].sum() == 41  # the radius counts pixels along a row
    assert tall[:, 24].sum() == 21


@given(st.lists(st.tuples(st.integers(-20, 80), st.integers(-20, 70)), min_size=3, max_size=12, unique=True))
def test_a_polygon_agrees_with_pillows_away_from_its_outline(vertices):
    shift, scale = 30, 8  # Pillow draws without subpixels, so it draws large
    size = ((COLUMNS + 2 * shift) * scale, (ROWS + 2 * shift) * scale)
    outline = [((column - 1 + shift) * scale, (row - 1 + shift) * scale) for row, column in vertices]
    filled, edge = Image.new("1", size), Image.new("1", size)
    ImageDraw.Draw(edge).polygon(outline, outline=1, width=2 * scale)
    ImageDraw.Draw(edge).line([*outline, outline[0]], fill=1, width=2 * scale)
    crossings = np.zeros((ROWS, COLUMNS), int)
    for first, second in zip(outline, [*outline[1:], outline[0]], strict=True):
        filled = Image.new("1", size)
        ImageDraw.Draw(filled).polygon([first, second, (size[0], second[1]), (size[0], first[1])], fill=1)
        crossings += np.asarray(filled)[shift * scale :: scale, shift * scale :: scale][:ROWS, :COLUMNS]
    near = np.asarray(edge)[shift * scale :: scale, shift * scale :: scale][:ROWS, :COLUMNS]

    found = is_open(Shutter(polygon=tuple(vertices)))

    on_a_vertex_row = np.isin(np.arange(1, ROWS + 1), [row for row, _ in vertices])[:, None]
    sure = ~near & ~on_a_vertex_row
    np.testing.assert_array_equal(found[sure], (crossings % 2 == 1)[sure])


def test_several_shapes_leave_open_what_lies_in_all_of_them():
    both = Shutter(rectangle=(1, 25, 1, 60), circle=(30, 25, 20))
    apart = is_open(Shutter(rectangle=(1, 25, 1, 60))) & is_open(Shutter(circle=(30, 25, 20)))
    np.testing.assert_array_equal(is_open(both), apart)


@pytest.mark.parametrize(
    "wishes",
    [
        {"rectangle": (40, 3, 5, 50)},  # the right edge is left of the left one
        {"rectangle": (300, 400, 5, 50)},  # beside the film
        {"circle": (500, 500, 20)},
        {"polygon": ((10, 10), (10, 10), (10, 10))},
    ],
)
def test_a_shutter_that_would_cover_everything_is_not_followed(wishes):
    read = header(**wishes)
    assert read.pixels.shutter is None
    assert any("cover the whole film" in notice for notice in read.notices)


@pytest.mark.parametrize(
    ("keyword", "value", "reason"),
    [
        ("ShutterLeftVerticalEdge", None, "lacks an edge"),
        ("RadiusOfCircularShutter", None, "lacks its center"),
        ("RadiusOfCircularShutter", -4, "lacks its center"),
        ("CenterOfCircularShutter", [3], "lacks its center"),
        ("VerticesOfThePolygonalShutter", [1, 2, 3], "no usable outline"),
    ],
)
def test_half_a_shutter_is_told_and_left_out(keyword, value, reason):
    made = chest_film_dataset(rows=ROWS, columns=COLUMNS)
    add_shutter(made, rectangle=(3, 40, 5, 50), circle=(30, 25, 20), polygon=((1, 1), (1, 50), (60, 25)))
    if value is None:
        del made[keyword]
    else:
        setattr(made, keyword, value)
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)

    read = read_header(open_dicom(out.getvalue(), tags.HEADER), "ab" * 32)

    assert any(reason in notice for notice in read.notices)
    assert read.pixels.shutter is not None  # the other shapes hold


def test_what_the_shutter_covers_does_not_move_the_automatic_window():
    rng = np.random.default_rng(0)
    stored = rng.integers(1000, 2000, (ROWS, COLUMNS)).astype(np.uint16)
    stored[:, 25:] = rng.integers(50_000, 60_000, (ROWS, 25))
    told = description(ROWS, COLUMNS, bits_stored=16, high_bit=15)
    shut = replace(told, shutter=Shutter(rectangle=(1, 25, 1, 60)))

    assert exposed_sample(FilmPixels(told, stored)).max() >= 50_000
    assert exposed_sample(FilmPixels(shut, stored)).max() < 2000


def test_the_pixels_under_a_shutter_are_never_touched(tmp_path):
    plain, shut = (
        chest_film_dataset(rows=ROWS, columns=COLUMNS),
        chest_film_dataset(rows=ROWS, columns=COLUMNS),
    )
    add_shutter(shut, rectangle=(20, 30, 20, 30))
    paths = [write_dataset(tmp_path / "a.dcm", plain), write_dataset(tmp_path / "b.dcm", shut)]
    with FilmReader() as films:
        read = [films.pixels(films.open(Source(path))).stored for path in paths]
    np.testing.assert_array_equal(*read)

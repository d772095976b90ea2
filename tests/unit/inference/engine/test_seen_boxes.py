"""Boxes between a film's own pixels and the model's grid: inside the film, and there and back within a cell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.backend import FilmInput
from inference.boxes import SIDE, crop_square, usable
from inference.engine.grounding import film_boxes, seen_box
from inference.errors import InvalidRequest
from inference.film_picture import ModelPicture, model_picture, pixel_height_to_width
from viewer.core.orientation import upright
from viewer.core.study import PixelDescription

ORIENTATIONS = [None, *[(a, b) for a in "LR" for b in "FH"], *[(b, a) for a in "LR" for b in "FH"]]
sides = st.integers(400, 4000)  # a cell of the grid is at least a pixel of the film, however stretched
stretches = st.sampled_from([1.0, 1.0, 0.5, 1.3, 3.0])
intervals = st.lists(st.integers(0, SIDE), min_size=2, max_size=2, unique=True).map(sorted)
cells = st.tuples(intervals, intervals).map(lambda xy: (xy[0][0], xy[1][0], xy[0][1], xy[1][1]))
shares = st.tuples(st.floats(0, 0.9), st.floats(0.02, 1)).map(lambda part: (part[0], min(1, sum(part))))


def film(rows: int, columns: int, orientation=None, stretch: float = 1.0) -> FilmInput:
    description = PixelDescription(
        rows, columns, patient_orientation=orientation, pixel_spacing_mm=(stretch, 1.0)
    )
    return FilmInput("f", np.broadcast_to(np.uint8(0), (rows, columns)), description)


def picture_of(one: FilmInput) -> ModelPicture:
    """As `inference.film_picture.model_picture`, but without any grey level."""
    told = one.description
    stretch = pixel_height_to_width(told)
    rows = round(told.rows * stretch) if stretch > 1 else told.rows
    columns = round(told.columns / stretch) if stretch < 1 else told.columns
    orientation = upright(told)
    grey = orientation.apply(np.broadcast_to(np.uint8(0), (rows, columns)))
    return ModelPicture(grey, told.rows, told.columns, rows, columns, orientation)


def job_of(one: FilmInput) -> Any:
    """As much of a job as boxes need."""
    picture = picture_of(one)
    return SimpleNamespace(film=lambda _: one, eyes=SimpleNamespace(picture=lambda _: picture))


def cell_on_film(picture: ModelPicture) -> tuple[float, float]:
    """Width and height of a cell of the grid in stored pixels of the film."""
    left, top, right, _ = crop_square(picture.width, picture.height)
    x1, y1, x2, y2 = picture.orientation.box_to_stored(
        (left, top, right, top + (right - left)), picture.square_rows, picture.square_columns
    )
    across = (x2 - x1) * picture.columns / picture.square_columns / SIDE
    down = (y2 - y1) * picture.rows / picture.square_rows / SIDE
    return across, down


@settings(deadline=None)
@given(cells, sides, sides, st.sampled_from(ORIENTATIONS), stretches)
def test_a_box_of_the_model_lies_inside_the_film_and_comes_back_within_a_cell(
    box, rows, columns, orientation, stretch
):
    one = film(rows, columns, orientation, stretch)
    job = job_of(one)
    (on_film,) = film_boxes(job, "f", [box])
    x1, y1, x2, y2 = on_film
    assert 0 <= x1 < x2 <= columns
    assert 0 <= y1 < y2 <= rows

    back = seen_box(job, "f", on_film).box
    assert all(abs(told - came) <= 1 for told, came in zip(box, back, strict=True))


@settings(deadline=None)
@given(shares, shares, sides, sides, st.sampled_from(ORIENTATIONS), stretches)
def test_a_box_of_the_reader_inside_the_square_comes_back_within_a_cell(
    horizontal, vertical, rows, columns, orientation, stretch
):
    one = film(rows, columns, orientation, stretch)
    job = job_of(one)
    picture = job.eyes.picture(one)
    across, down = cell_on_film(picture)
    left, top, right, bottom = seen_part(picture)
    x1, x2 = (left + part * (right - left) for part in horizontal)
    y1, y2 = (top + part * (bottom - top) for part in vertical)

    seen = seen_box(job, "f", (x1, y1, x2, y2))
    (back,) = film_boxes(job, "f", [seen.box])

    assert usable(seen.box) == seen.box
    assert not seen.is_cut
    assert abs(back[0] - x1) <= across
    assert abs(back[2] - x2) <= across
    assert abs(back[1] - y1) <= down
    assert abs(back[3] - y2) <= down


def seen_part(picture: ModelPicture) -> tuple[float, float, float, float]:
    """The square that the model sees, in stored pixels of the film."""
    x1, y1, x2, y2 = picture.orientation.box_to_stored(
        crop_square(picture.width, picture.height), picture.square_rows, picture.square_columns
    )
    across, down = picture.columns / picture.square_columns, picture.rows / picture.square_rows
    return x1 * across, y1 * down, x2 * across, y2 * down


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("stretch", [1.0, 0.5, 3.0])
def test_the_picture_of_this_file_is_laid_out_as_the_models_own(orientation, stretch):
    one = film(40, 60, orientation, stretch)
    mine, real = picture_of(one), model_picture(one)

    assert mine.grey.shape == real.grey.shape
    assert (mine.square_rows, mine.square_columns) == (real.square_rows, real.square_columns)


WIDE = job_of(film(100, 300))  # the model sees columns 100 to 200


@pytest.mark.parametrize("box", [(0, 10, 90, 50), (0, 10, 100, 50), (210, 0, 290, 100)])
def test_a_box_in_the_strips_that_the_model_does_not_see_is_refused(box):
    with pytest.raises(InvalidRequest, match="central square"):
        seen_box(WIDE, "f", box)


@pytest.mark.parametrize("box", [(400, 10, 500, 50), (120, -50, 150, -1), (-9, -9, -1, -1)])
def test_a_box_beside_the_film_is_refused(box):
    with pytest.raises(InvalidRequest, match="300 x 100"):
        seen_box(WIDE, "f", box)


@pytest.mark.parametrize(
    "box", [(150, 10, 120, 50), (120, 10, 120, 50), (float("nan"), 10, 150, 50), (120, 10, 150, float("nan"))]
)
def test_a_box_without_an_area_is_refused(box):
    with pytest.raises(InvalidRequest, match="x1 < x2"):
        seen_box(WIDE, "f", box)


@pytest.mark.parametrize(
    "box", [(80, 10, 150, 50), (150, 10, 220, 50), (120, -10, 150, 50), (0, 0, 300, 100)]
)
def test_a_box_partly_outside_is_cut_and_says_so(box):
    seen = seen_box(WIDE, "f", box)

    assert seen.is_cut
    assert usable(seen.box) == seen.box
    assert not seen_box(WIDE, "f", (100, 0, 200, 100)).is_cut


def test_a_box_smaller_than_a_cell_becomes_one_cell():
    assert seen_box(WIDE, "f", (120.1, 10.1, 120.2, 10.2)).box == (20, 10, 21, 11)
    assert seen_box(WIDE, "f", (199.9, 99.9, 200, 100)).box == (99, 99, 100, 100)

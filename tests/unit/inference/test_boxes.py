"""The grid over the central square, there and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.boxes import SIDE, box_text, crop_square, from_grid, to_grid, usable

sides = st.integers(200, 4000)
grid_numbers = st.integers(0, SIDE)


@given(sides, sides, st.tuples(grid_numbers, grid_numbers, grid_numbers, grid_numbers))
def test_a_box_of_the_grid_comes_back_the_same(width, height, box):
    assert to_grid(from_grid(box, width, height), width, height) == box


@given(sides, sides, st.tuples(grid_numbers, grid_numbers, grid_numbers, grid_numbers))
def test_pixels_of_a_grid_box_lie_in_the_picture(width, height, box):
    x1, y1, x2, y2 = from_grid(box, width, height)
    assert all(0 <= x <= width for x in (x1, x2))
    assert all(0 <= y <= height for y in (y1, y2))


@given(sides, sides)
def test_the_square_is_central_and_as_large_as_can_be(width, height):
    left, top, right, bottom = crop_square(width, height)
    assert right - left == bottom - top == min(width, height)
    assert left == width - right
    assert top == height - bottom


@given(*[st.integers(-60, 160)] * 4)
def test_what_is_usable_can_be_drawn(x1, y1, x2, y2):
    box = usable((x1, y1, x2, y2))
    if box is None:
        assert x1 >= x2 or y1 >= y2 or max(x1, y1) >= SIDE or min(x2, y2) <= 0
    else:
        assert 0 <= box[0] < box[2] <= SIDE
        assert 0 <= box[1] < box[3] <= SIDE


def test_reversed_and_empty_boxes_are_not_usable():
    assert usable((40, 40, 10, 10)) is None
    assert usable((0, 0, 0, 0)) is None
    assert usable((101, 10, 120, 20)) is None


def test_ties_are_rounded_to_the_even_number():
    assert to_grid((0.5, 1.5, 2.5, 3.5), 100, 100) == (0, 2, 2, 4)


def test_only_the_cropped_axis_is_clipped():
    assert to_grid((-7, -9, 512, 850), 1023, 1700) == (-1, 0, 50, 50)


def test_text_has_no_blanks():
    assert box_text((12, 34, 56, 78)) == "[12,34,56,78]"

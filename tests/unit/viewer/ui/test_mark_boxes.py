"""A box under the hand: it never leaves its film, never turns inside out, and follows the hand under any posture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.api import Mark
from viewer.core.study import PixelDescription
from viewer.ui.film_view import FilmView
from viewer.ui.marking.boxes import (
    CORNERS,
    LEAST_STORED,
    WHOLE,
    Grip,
    clipped,
    drawn,
    grip_under,
    handle_at,
    handle_under,
    handles_of,
    moved,
    on_screen,
    resized,
)
from viewer.ui.marking.sight import ROOM, in_sight
from viewer.ui.placement import Posture, place

FILM = (200, 300)  # columns, rows
HANDLES = (*CORNERS, (0, -1), (0, 1), (-1, 0), (1, 0))
POSTURES = [Posture(turns, is_mirrored) for turns in range(4) for is_mirrored in (False, True)]
far = st.floats(-1000, 1000)


@st.composite
def boxes(draw):
    x1, y1 = draw(st.floats(0, FILM[0] - 5)), draw(st.floats(0, FILM[1] - 5))
    return x1, y1, draw(st.floats(x1 + 4, FILM[0])), draw(st.floats(y1 + 4, FILM[1]))


def placement(posture=Posture(), zoom=2.0):  # noqa: B008 - frozen
    described = PixelDescription(FILM[1], FILM[0], bits_allocated=16)
    return place(described, posture, zoom, (100, 150), (500, 700))


def lies_on_the_film(box):
    x1, y1, x2, y2 = box
    return 0 <= x1 < x2 <= FILM[0] and 0 <= y1 < y2 <= FILM[1]


@given(boxes(), far, far)
def test_a_moved_box_stays_on_the_film_and_keeps_its_size(box, right, down):
    there = moved(box, right, down, FILM)

    assert lies_on_the_film(there)
    assert there[2] - there[0] == pytest.approx(box[2] - box[0])
    assert there[3] - there[1] == pytest.approx(box[3] - box[1])


@given(boxes(), st.sampled_from(HANDLES), far, far)
def test_a_resized_box_stays_on_the_film_and_is_never_inverted(box, handle, right, down):
    there = resized(box, handle, right, down, FILM)

    assert lies_on_the_film(there)
    assert min(there[2] - there[0], there[3] - there[1]) >= LEAST_STORED - 1e-9


@given(boxes(), st.sampled_from(HANDLES), far, far)
def test_a_handle_moves_only_its_own_edges(box, handle, right, down):
    there = resized(box, handle, right, down, FILM)

    left, top, rightmost, bottom = (new == old for new, old in zip(there, box, strict=True))
    assert left or handle[0] == -1
    assert rightmost or handle[0] == 1
    assert top or handle[1] == -1
    assert bottom or handle[1] == 1


def test_a_box_that_reaches_over_the_edge_is_clipped_before_it_moves():
    assert clipped((-20, -5, 250, 310), FILM) == (0, 0, 200, 300)
    assert moved((150, 150, 250, 250), -10, 0, FILM) == (140, 150, 190, 250)


def test_a_box_smaller_than_the_least_is_not_blown_up_by_its_handle():
    assert resized((10, 10, 12, 12), (1, 1), -50, -50, FILM) == (10, 10, 12, 12)


@given(far, far, far, far)
def test_a_drawn_box_lies_on_the_film_whichever_corner_came_first(x1, y1, x2, y2):
    box = drawn((x1, y1), (x2, y2), FILM)

    assert box == drawn((x2, y2), (x1, y1), FILM) == drawn((x1, y2), (x2, y1), FILM)
    assert box is None or lies_on_the_film(box)


def test_too_small_a_drag_draws_no_box():
    assert drawn((10, 10), (12.9, 40), FILM) is None
    assert drawn((10, 10), (13, 40), FILM) == (10, 10, 13, 40)


@pytest.mark.parametrize("posture", POSTURES)
@pytest.mark.parametrize("handle", HANDLES)
def test_every_handle_is_found_where_it_is_drawn_and_pulls_its_own_edges(posture, handle):
    mark = Mark("1", "film", (40, 50, 140, 250), is_editable=True)
    lies = placement(posture)
    at = handles_of(mark.xyxy, lies, 1.0)[handle]

    assert handle_under(mark, lies, at, 1.0) == handle
    grip = grip_under([mark], "", lies, at, 1.0)
    across, down = on_screen(handle, lies)
    pulled = grip.dragged(lies.to_stored(at[0] + 10 * across, at[1] + 10 * down), FILM)
    x, y = handle_at(pulled, handle)
    before_x, before_y = handle_at(mark.xyxy, handle)
    assert (x - before_x, y - before_y) == pytest.approx(
        (5 * handle[0], 5 * handle[1])
    )  # outwards, at zoom 2


def test_a_small_box_has_handles_at_its_corners_only():
    assert set(handles_of((40, 50, 50, 60), placement(), 1.0)) == set(CORNERS)
    assert set(handles_of((40, 50, 140, 60), placement(), 1.0)) == {*CORNERS, (0, -1), (0, 1)}
    sideways = placement(Posture(1))
    assert set(handles_of((40, 50, 140, 60), sideways, 1.0)) == {*CORNERS, (0, -1), (0, 1)}


def test_the_line_moves_the_box_and_its_inside_is_left_to_the_window():
    mark = Mark("1", "film", (40, 50, 140, 250), is_editable=True)
    lies = placement()

    assert handle_under(mark, lies, lies.to_screen(60, 50), 1.0) == WHOLE
    assert handle_under(mark, lies, lies.to_screen(90, 150), 1.0) is None
    assert handle_under(mark, lies, lies.to_screen(10, 150), 1.0) is None


def test_marks_that_are_not_editable_can_not_be_held():
    mark = Mark("1", "film", (40, 50, 140, 250))
    lies = placement()
    assert grip_under([mark], "1", lies, lies.to_screen(40, 50), 1.0) is None


def test_of_two_boxes_the_selected_one_is_held_and_else_the_smaller():
    large = Mark("large", "film", (40, 50, 140, 250), is_editable=True)
    small = Mark("small", "film", (40, 50, 80, 100), is_editable=True)
    lies = placement()
    corner = lies.to_screen(40, 50)

    assert grip_under([large, small], "", lies, corner, 1.0).mark is small
    assert grip_under([large, small], "large", lies, corner, 1.0).mark is large


def test_a_drag_keeps_the_distance_between_hand_and_edge():
    mark = Mark("1", "film", (40, 50, 140, 250), is_editable=True)
    assert Grip(mark, WHOLE, (41, 60)).dragged((41, 60), FILM) == mark.xyxy
    assert Grip(mark, (1, 0), (143, 60)).dragged((153, 0), FILM) == (40, 50, 150, 250)


# ── bringing a region into sight ────────────────────────────────────────────────────────────────────────────

DESCRIBED = PixelDescription(1000, 1000, bits_allocated=16)
SIZE = (400.0, 400.0)


def test_a_region_in_sight_changes_nothing():
    fitted = FilmView()
    assert in_sight(fitted, DESCRIBED, SIZE, (0, 0, 1000, 1000)) is fitted
    near = FilmView(zoom=1.0, center=(300, 300))
    assert in_sight(near, DESCRIBED, SIZE, (200, 200, 300, 300)) is near


def test_a_region_out_of_sight_is_brought_to_the_middle_at_the_same_zoom():
    there = in_sight(FilmView(zoom=1.0, center=(300, 300)), DESCRIBED, SIZE, (800, 800, 900, 900))
    assert (there.zoom, there.center) == (1.0, (850, 850))


@pytest.mark.parametrize("posture", POSTURES)
def test_a_region_larger_than_the_viewport_is_shown_whole(posture):
    before = FilmView(zoom=4.0, center=(300, 300), posture=posture)
    there = in_sight(before, DESCRIBED, SIZE, (500, 600, 900, 700))
    assert there.zoom == pytest.approx(ROOM)  # 400 pixels wide, in a viewport of 400
    assert there.posture == posture


def test_no_region_makes_the_film_smaller_than_whole():
    there = in_sight(FilmView(zoom=4.0, center=(300, 300)), DESCRIBED, SIZE, (0, 0, 1000, 1000))
    assert there.zoom == pytest.approx(0.4)

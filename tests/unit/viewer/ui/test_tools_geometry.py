"""Drawing, taking hold and labelling, without a window."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from viewer.core.measure.annotation import POINTS, Annotation, Kind, handles
from viewer.core.measure.spacing import Rule, Spacing
from viewer.ui.placement import Placement, Posture
from viewer.ui.tools.labels import free_plate
from viewer.ui.tools.pencil import Pencil, hovered, pressed, released
from viewer.ui.tools.shown import HumanMarks, Part, ShownMark, distance_to, hit_at

SPACING = Spacing(Rule.PIXELS, (1.0, 1.0), "px")
PLACE = {
    Kind.LENGTH: ((10.0, 10.0), (90.0, 10.0)),
    Kind.ANGLE: ((10.0, 10.0), (50.0, 50.0), (90.0, 10.0)),
    Kind.COBB: ((10.0, 10.0), (90.0, 15.0), (10.0, 80.0), (90.0, 70.0)),
    Kind.CTR: ((30.0, 40.0), (70.0, 30.0), (10.0, 80.0), (90.0, 80.0)),
    Kind.ELLIPSE: ((10.0, 20.0), (90.0, 60.0)),
    Kind.RECTANGLE: ((10.0, 20.0), (90.0, 60.0)),
    Kind.ARROW: ((10.0, 10.0), (90.0, 90.0)),
}


def mark(kind, name="m"):
    return Annotation(name, kind, PLACE[kind], SPACING)


def drag(pencil, start, end):
    return released(hovered(pressed(pencil, start), end), end, 2.0)


def click(pencil, at):
    pencil = pressed(hovered(pencil, at), at)
    return released(pencil, at, 2.0)


@pytest.mark.parametrize("kind", Kind)
def test_every_mark_can_be_clicked_point_by_point(kind):
    pencil = Pencil(kind)
    for number, point in enumerate(PLACE[kind], start=1):
        assert not pencil.is_done
        pencil = click(pencil, point)
        assert len(pencil.placed) == number
    assert pencil.is_done
    assert pencil.placed == PLACE[kind]


@pytest.mark.parametrize("kind", Kind)
def test_every_mark_can_be_dragged(kind):
    points, pencil = PLACE[kind], Pencil(kind)
    pencil = drag(pencil, points[0], points[1])
    if kind is Kind.ANGLE:
        pencil = click(pencil, points[2])
    elif len(points) == 4:
        pencil = drag(pencil, points[2], points[3])
    assert pencil.is_done
    assert pencil.placed == points


@given(
    st.sampled_from(Kind),
    st.lists(st.tuples(st.sampled_from(["press", "hover", "release"]), st.floats(0, 9), st.floats(0, 9))),
)
def test_no_sequence_of_the_mouse_draws_more_points_than_a_mark_has(kind, moves):
    pencil = Pencil(kind)
    for what, x, y in moves:
        if pencil.is_done:
            break
        at = (x, y)
        pencil = {
            "press": lambda p=pencil, a=at: pressed(p, a),
            "hover": lambda p=pencil, a=at: hovered(p, a),
            "release": lambda p=pencil, a=at: released(p, a, 2.0),
        }[what]()
    assert len(pencil.placed) <= POINTS[kind]
    assert len(pencil.shown) <= POINTS[kind] + pencil.is_done


def test_a_click_twice_on_one_place_makes_no_line_without_length():
    pencil = click(click(Pencil(Kind.LENGTH), (10, 10)), (11, 10))
    assert not pencil.is_done


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("posture", [Posture(), Posture(1), Posture(3, True)])
def test_every_handle_and_line_can_be_taken_hold_of(kind, posture):
    placement = Placement(posture, 3.0, 3.0, 200.0, 300.0)
    shown = HumanMarks((ShownMark(mark(kind)),))
    for index, point in enumerate(handles(mark(kind))):
        u, v = placement.to_screen(*point)
        hit = hit_at(shown, placement, (u + 2, v - 2), 1.0)
        assert (hit.part, hit.handle) == (Part.HANDLE, index)
    far = placement.to_screen(500, 500)
    assert hit_at(shown, placement, far, 1.0) is None


def test_the_rim_of_a_region_is_its_line_and_its_inside_is_not():
    placement = Placement(Posture(), 4.0, 4.0, 0.0, 0.0)
    for kind in (Kind.ELLIPSE, Kind.RECTANGLE):
        assert distance_to(mark(kind), placement, placement.to_screen(50, 20)) < 1
        assert distance_to(mark(kind), placement, placement.to_screen(50, 40)) > 50
    corner = distance_to(mark(Kind.ELLIPSE), placement, placement.to_screen(10, 20))
    assert corner > 20  # an ellipse has no corners


def test_of_marks_over_each_other_the_selected_one_is_taken():
    placement = Placement(Posture(), 1.0, 1.0, 0.0, 0.0)
    both = (ShownMark(mark(Kind.LENGTH, "under")), ShownMark(mark(Kind.LENGTH, "over")))
    assert hit_at(HumanMarks(both), placement, (50, 10), 1.0).mark_id == "over"
    assert hit_at(HumanMarks(both, "under"), placement, (50, 10), 1.0).mark_id == "under"


BOUNDS = QRectF(0, 0, 800, 600)
plates = st.builds(QRectF, st.floats(-50, 750), st.floats(-50, 550), st.floats(20, 200), st.floats(15, 60))


@given(plates, st.lists(plates, max_size=4))
def test_a_label_stays_inside_and_clear_wherever_there_is_room(wanted, taken):
    place = free_plate(wanted, BOUNDS, taken)
    assert BOUNDS.contains(place)
    assert place.size() == wanted.size()
    if not taken or all(area.bottom() < 300 for area in taken):  # the lower half is free
        assert not any(area.intersects(place) for area in taken)


def test_a_label_that_is_free_stays_where_it_was_wanted():
    wanted = QRectF(100, 100, 80, 20)
    assert free_plate(wanted, BOUNDS, [QRectF(0, 0, 90, 90)]) == wanted
    moved = free_plate(wanted, BOUNDS, [QRectF(90, 90, 100, 40)])
    assert not moved.intersects(QRectF(90, 90, 100, 40))
    assert math.dist(moved.center().toTuple(), wanted.center().toTuple()) < 60

"""Larger, smaller or the same: from what each of two films shows of a finding, by the pack's own measure."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inference.backend import Finding
from inference.engine.changes import (
    ChangeRules,
    Sight,
    area_error,
    change_of,
    covered,
    size_ratio,
    uses_sizes,
)

BY_SIZE = ChangeRules()
BY_CERTAINTY = ChangeRules(certainty_band=1.0)
SMALL = ((0.2, 0.2, 0.4, 0.4),)
LARGE = ((0.2, 0.2, 0.5, 0.5),)
HARDLY_LARGER = ((0.2, 0.2, 0.41, 0.41),)
LUNGS = ((0.1, 0.1, 0.4, 0.9), (0.6, 0.1, 0.9, 0.9))


def seen(presence="present", confidence=0.5, boxes=(), lungs=(), id_="f1") -> Sight:
    return Sight(Finding(id_, "edema", presence, confidence, False, "film"), boxes, lungs)


def scaled(boxes, by):
    return tuple(tuple(edge * by for edge in box) for box in boxes)


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ("absent", "present", "new"),
        ("present", "absent", "resolved"),
        ("present", "present", "still present"),
        ("absent", "absent", "absent"),
        ("not assessed", "present", "not assessed"),
        ("present", "not assessed", "not assessed"),
    ],
)
def test_a_findings_states_on_both_films_come_first(before, now, change):
    told = change_of(seen(before), seen(now, id_="f2"), BY_SIZE)

    assert (told.label, told.change, told.prior_finding_id, told.finding_id) == ("edema", change, "f1", "f2")
    assert told.basis == "each film's own findings"


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (SMALL, LARGE, "larger"),
        (LARGE, SMALL, "smaller"),
        (SMALL, HARDLY_LARGER, "unchanged"),
        (HARDLY_LARGER, SMALL, "unchanged"),
    ],
)
def test_boxes_tell_what_grew_where_they_differ_by_more_than_their_error(before, now, change):
    told = change_of(seen(boxes=before), seen(boxes=now), BY_SIZE)

    assert (told.change, told.basis) == (change, "size of the boxes")
    assert "short side" in told.why


def test_a_pack_with_coarser_boxes_must_see_more_growth():
    assert change_of(seen(boxes=SMALL), seen(boxes=LARGE), ChangeRules(edge_error=0.1)).change == "unchanged"


def test_where_both_films_show_the_lungs_they_are_the_yardstick():
    taken_closer = seen(boxes=scaled(SMALL, 1.2), lungs=scaled(LUNGS, 1.2))

    told = change_of(seen(boxes=SMALL, lungs=LUNGS), taken_closer, BY_SIZE)

    assert told.change == "unchanged"
    assert "lungs" in told.why
    assert change_of(seen(boxes=SMALL), taken_closer, BY_SIZE).change == "larger"


@pytest.mark.parametrize(("before", "now"), [(SMALL, ()), ((), SMALL), ((), ())])
def test_without_boxes_on_both_films_nothing_is_said_about_size(before, now):
    told = change_of(seen(boxes=before), seen(boxes=now), BY_SIZE)

    assert told.change == "still present"
    assert "boxes" in told.why


@pytest.mark.parametrize(
    ("before", "now", "change", "words"),
    [
        (0.3, 0.8, "larger", "surer of it now: 30 % then, 80 % now"),
        (0.8, 0.3, "smaller", "less sure of it now: 80 % then, 30 % now"),
        (0.5, 0.6, "unchanged", "About as likely on both films: 50 % then, 60 % now"),
    ],
)
def test_a_pack_whose_boxes_are_too_coarse_is_judged_by_how_sure_it_is(before, now, change, words):
    told = change_of(seen(confidence=before, boxes=SMALL), seen(confidence=now, boxes=SMALL), BY_CERTAINTY)

    assert (told.change, told.basis) == (change, "the model's certainty")
    assert words in told.why
    assert "Its size was not compared." in told.why


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (("absent", 0.28), ("present", 0.31), "unchanged"),
        (("present", 0.31), ("absent", 0.28), "unchanged"),
        (("absent", 0.05), ("present", 0.6), "new"),
        (("present", 0.6), ("absent", 0.05), "resolved"),
    ],
)
def test_what_crosses_the_threshold_by_a_hairs_breadth_is_not_called_new_or_resolved(before, now, change):
    told = change_of(seen(*before), seen(*now), BY_CERTAINTY)

    assert told.change == change
    assert told.why.count("%") == 2


def test_without_probabilities_the_states_and_the_boxes_are_left():
    told = change_of(seen("absent", None), seen("present", 0.5), BY_CERTAINTY)

    assert (told.change, told.why) == ("new", "absent then, present now.")
    assert change_of(seen(confidence=None, boxes=SMALL), seen(boxes=LARGE), BY_CERTAINTY).change == "larger"


def test_the_lungs_are_asked_for_only_where_sizes_decide():
    here, gone = seen().finding, seen("absent").finding

    assert uses_sizes(here, here, BY_SIZE)
    assert not uses_sizes(here, gone, BY_SIZE)
    assert not uses_sizes(here, here, BY_CERTAINTY)


def boxes():
    edges = st.tuples(*(st.integers(0, 99) for _ in range(2)), *(st.integers(1, 60) for _ in range(2)))
    box = edges.map(lambda e: (e[0] / 100, e[1] / 100, (e[0] + e[2]) / 100, (e[1] + e[3]) / 100))
    return st.lists(box, min_size=1, max_size=4).map(tuple)


@given(boxes(), boxes())
def test_the_covered_area_lies_between_the_largest_box_and_the_sum_of_all(one, other):
    each = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (*one, *other)]

    assert max(each) - 1e-9 <= covered((*one, *other)) <= sum(each) + 1e-9
    assert covered((*one, *one)) == pytest.approx(covered(one))


@given(boxes(), boxes(), st.floats(0.001, 0.2))
def test_a_small_change_is_never_told_as_growth_one_way_and_back(before, now, edge_error):
    rules = ChangeRules(edge_error=edge_error)
    assume(
        abs(size_ratio(before, now) / max(area_error(before, edge_error), area_error(now, edge_error)) - 1)
        > 1e-6
    )
    there = change_of(seen(boxes=before), seen(boxes=now), rules).change
    back = change_of(seen(boxes=now), seen(boxes=before), rules).change

    assert (there, back) in {("larger", "smaller"), ("smaller", "larger"), ("unchanged", "unchanged")}

"""The reader's hand on a box: the AI's original is never touched (OV-2)."""

from __future__ import annotations

import pytest
from unit.plugin.review.test_fold_review import AT, HEART, known

from inference.backend import Box, Finding, Sentence
from plugin.fold import fold
from plugin.review.reviewed import StandingBox, reviewed_finding
from plugin.review.state import (
    BoxAdded,
    BoxDeleted,
    BoxMoved,
    BoxRestored,
    FindingAdded,
    FindingWords,
)
from plugin.state import StudyReading

AI = Box("b1", "aa", (10.0, 20.0, 30.0, 60.0), "f1")
THERE = (11.0, 22.0, 33.0, 66.0)
MOVED = BoxMoved("b1", THERE, AT, "h1", "2.25.7")
DELETED = BoxDeleted("b1", AT, "h1", "2.25.7")


def boxes(state, finding_id="f1"):
    return reviewed_finding(state, finding_id).boxes


def with_box(*events, findings=(HEART, AI)) -> StudyReading:
    return known(*events, findings=findings)


def test_an_untouched_box_is_the_ai_s():
    assert boxes(with_box()) == (StandingBox("b1", "aa", AI.xyxy, "ai"),)


def test_a_moved_box_keeps_the_original_under_one_tracking_uid():
    state = with_box(MOVED)

    assert state.boxes == (AI,)
    assert boxes(state) == (StandingBox("h1", "aa", THERE, "human", "2.25.7", "b1", AI.xyxy),)


@pytest.mark.parametrize("box_id", ["b1", "h1"])
def test_moved_again_it_is_still_one_box_of_the_reader(box_id):
    state = fold(with_box(MOVED), BoxMoved(box_id, (1, 2, 3, 4), AT, "h2", "2.25.8"))

    assert [(box.id, box.xyxy, box.tracking_uid) for box in boxes(state)] == [("h1", (1, 2, 3, 4), "2.25.7")]
    assert state.boxes == (AI,)


def test_a_deleted_ai_box_is_denied_and_kept():
    state = with_box(DELETED)

    assert boxes(state) == ()
    assert state.boxes == (AI,)
    (denied,) = state.review.boxes
    assert (denied.xyxy, denied.of_box, denied.of_xyxy) == (None, "b1", AI.xyxy)


def test_a_moved_box_can_be_deleted_as_well():
    state = fold(with_box(MOVED), BoxDeleted("h1", AT, "h2", "2.25.8"))

    assert boxes(state) == ()
    assert [made.id for made in state.review.boxes] == ["h1"]


@pytest.mark.parametrize("first", [MOVED, DELETED])
@pytest.mark.parametrize("box_id", ["b1", "h1"])
def test_the_ai_s_box_can_be_used_again(first, box_id):
    state = fold(with_box(first), BoxRestored(box_id, AT))

    assert boxes(state) == (StandingBox("b1", "aa", AI.xyxy, "ai"),)


def test_the_reader_draws_a_box_of_the_model_s_finding():
    state = with_box(BoxAdded("h5", "aa", THERE, "f1", AT, "2.25.9"))

    assert [(box.id, box.origin) for box in boxes(state)] == [("b1", "ai"), ("h5", "human")]


def test_the_reader_draws_a_box_of_their_own_finding_and_moves_and_deletes_it():
    added = FindingAdded("own", "aa", FindingWords("rib fracture"), AT)
    state = with_box(added, BoxAdded("h5", "aa", THERE, "own", AT, "2.25.9"))
    assert boxes(state, "own") == (StandingBox("h5", "aa", THERE, "human", "2.25.9"),)

    state = fold(state, BoxMoved("h5", (1, 2, 3, 4), AT, "x", "y"))
    assert [(box.xyxy, box.tracking_uid) for box in boxes(state, "own")] == [((1, 2, 3, 4), "2.25.9")]

    assert fold(state, BoxRestored("h5", AT)) == state  # there is no AI box to go back to
    assert boxes(fold(state, BoxDeleted("h5", AT, "x", "y")), "own") == ()


@pytest.mark.parametrize(
    "event",
    [
        BoxMoved("zz", THERE, AT, "h1", "2.25.7"),
        BoxDeleted("zz", AT, "h1", "2.25.7"),
        BoxRestored("zz", AT),
        BoxRestored("b1", AT),
        BoxAdded("h5", "aa", THERE, "zz", AT, "2.25.9"),
        BoxAdded("h5", "another film", THERE, "f1", AT, "2.25.9"),
        BoxAdded("b1", "aa", THERE, "f1", AT, "2.25.9"),
        BoxMoved("b1", THERE, AT, "b1", "2.25.7"),
    ],
)
def test_what_is_about_nothing_known_changes_nothing(event):
    assert with_box(event) == with_box()


def test_a_box_of_a_sentence_alone_can_be_moved_too():
    grounded = Box("b2", "aa", (0.0, 0.0, 5.0, 5.0), sentence_id="s1")
    state = with_box(
        BoxMoved("b2", THERE, AT, "h1", "2.25.7"), findings=(HEART, Sentence("s1", "Clear lungs."), grounded)
    )

    (made,) = state.review.boxes
    assert (made.label, made.of_box, made.xyxy) == ("", "b2", THERE)


def test_after_another_reading_the_reader_s_box_is_not_taken_for_a_version_of_another_place():
    first = with_box(MOVED)
    elsewhere = Box("b1", "aa", (50.0, 50.0, 90.0, 90.0), "f1")
    again = known(start=first, findings=(HEART, elsewhere))

    assert [(box.id, box.origin) for box in boxes(again)] == [("b1", "ai"), ("h1", "human")]


def test_after_another_reading_with_the_same_place_the_reader_s_version_holds():
    again = known(start=with_box(MOVED), findings=(HEART, AI))

    assert [box.id for box in boxes(again)] == ["h1"]


def test_a_denied_place_of_an_earlier_reading_hides_no_new_one():
    other = Finding("f1", "cardiomegaly", "present", 0.9, False, "aa")
    elsewhere = Box("b1", "aa", (50.0, 50.0, 90.0, 90.0), "f1")
    again = known(start=with_box(DELETED), findings=(other, elsewhere))

    assert [box.id for box in boxes(again)] == ["b1"]

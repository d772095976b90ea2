"""Marks over the films."""

from __future__ import annotations

import pytest

from inference.backend import Box, Finding, Finished, Flag, Sentence
from plugin import colours
from plugin.events import FilmInReading, FilmPrepared, FindingHovered, FindingSelected, ReadingStarted
from plugin.fold import fold
from plugin.marks import central_square, marks_of
from plugin.review.state import BoxAdded, BoxDeleted, BoxMoved, FindingAdded, FindingRejected, FindingWords
from plugin.state import StudyReading
from viewer.core.study import PixelDescription

PA = FilmInReading("pa#1", "PA")
EFFUSION = Finding("f1", "pleural effusion", "present", 0.8, False, "aa")
BOX = Box("b1", "aa", (10.0, 20.0, 30.0, 60.0), "f1")
WIDE = PixelDescription(rows=100, columns=160)


def read(*events, films=(PA,), images=("aa",)) -> StudyReading:
    state = fold(StudyReading(), ReadingStarted(films))
    for film, image in zip(films, images, strict=True):
        state = fold(state, FilmPrepared(film.film_key, image))
    for event in events:
        state = fold(state, event)
    return state


def test_a_box_becomes_a_dashed_mark_on_its_own_film():
    (mark,) = marks_of(read(EFFUSION, BOX), {})

    assert (mark.id, mark.film_key, mark.xyxy, mark.style) == ("b1", "pa#1", BOX.xyxy, "dashed")
    assert mark.caption == "pleural effusion"
    assert mark.color == colours.of_label("pleural effusion")
    assert not mark.is_highlighted


def test_the_selected_finding_s_boxes_are_lit():
    (mark,) = marks_of(read(EFFUSION, BOX, FindingSelected("f1")), {})

    assert mark.is_highlighted


def test_two_copies_of_a_film_both_carry_the_box():
    films = (FilmInReading("pa#1", "PA 1"), FilmInReading("pa#2", "PA 2"))

    assert [
        mark.film_key for mark in marks_of(read(EFFUSION, BOX, films=films, images=("aa", "aa")), {})
    ] == [
        "pa#1",
        "pa#2",
    ]


def test_a_box_of_an_unknown_film_is_drawn_nowhere():
    assert marks_of(read(EFFUSION, Box("b1", "zz", (0, 0, 1, 1), "f1")), {}) == ()


def test_the_box_of_an_absent_finding_is_not_drawn():
    absent = Finding("f1", "pleural effusion", "absent", 0.1, False, "aa")

    assert marks_of(read(absent, BOX), {}) == ()


def test_a_box_that_grounds_a_sentence_wears_its_finding_s_colour():
    state = read(EFFUSION, Sentence("s1", "Effusion.", ("f1",)), Box("b1", "aa", (0, 0, 1, 1), None, "s1"))

    assert marks_of(state, {})[0].color == colours.of_label("pleural effusion")


def test_a_cropped_film_shows_the_square_that_was_read():
    (mark,) = marks_of(read(Flag("cropped", "w", None, "aa")), {"pa#1": WIDE})

    assert (mark.film_key, mark.xyxy, mark.style) == ("pa#1", (30.0, 0.0, 130.0, 100.0), "dotted")


@pytest.mark.parametrize(
    ("pixels", "square"),
    [
        (PixelDescription(rows=160, columns=100), (0.0, 30.0, 100.0, 130.0)),
        (PixelDescription(rows=100, columns=100), (0.0, 0.0, 100.0, 100.0)),
        # pixels twice as high as wide: 100 rows are as long as 200 columns
        (PixelDescription(rows=100, columns=100, pixel_aspect_ratio=(2, 1)), (0.0, 25.0, 100.0, 75.0)),
    ],
)
def test_the_square_is_square_on_the_patient(pixels, square):
    assert central_square(pixels) == square


def test_each_finding_has_a_colour_and_neighbouring_organs_differ():
    assert (
        colours.of_label("cardiomegaly") != colours.of_label("pleural effusion") != colours.of_label("edema")
    )


# ── the reader's hand ───────────────────────────────────────────────────────────────────────────────────────────

AT = "2026-11-22T09:00:00.000Z"
THERE = (11.0, 22.0, 33.0, 66.0)
MOVED = BoxMoved("b1", THERE, AT, "h1", "2.25.7")


def looks(*events) -> list[tuple]:
    return [
        (mark.id, mark.style, mark.is_faint, mark.is_editable)
        for mark in marks_of(read(EFFUSION, *events), {})
    ]


def test_an_ai_box_may_be_edited():
    assert looks(BOX) == [("b1", "dashed", False, True)]


def test_a_moved_box_is_solid_and_in_the_reader_s_colour_over_its_faint_original():
    original, moved = marks_of(read(EFFUSION, BOX, MOVED), {})

    assert (original.id, original.style, original.is_faint, original.is_editable) == (
        "original h1",
        "dotted",
        True,
        False,
    )
    assert original.xyxy == BOX.xyxy
    assert (moved.style, moved.color, moved.is_draft) == ("solid", colours.READER, False)
    assert moved.caption == "pleural effusion"


def test_original_and_version_are_lit_together():
    state = read(EFFUSION, BOX, MOVED, FindingHovered("f1"))

    assert [mark.is_highlighted for mark in marks_of(state, {})] == [True, True]


def test_a_denied_box_leaves_its_faint_original():
    assert looks(BOX, BoxDeleted("b1", AT, "h1", "2.25.7")) == [("original h1", "dotted", True, False)]


def test_the_boxes_of_a_rejected_finding_go_faint_and_can_t_be_moved():
    assert looks(BOX, FindingRejected("f1", AT)) == [("b1", "dotted", True, False)]


def test_a_denied_place_of_an_earlier_reading_is_drawn_no_more():
    state = read(EFFUSION, BOX, BoxDeleted("b1", AT, "h1", "2.25.7"))
    again = fold(fold(state, Finished()), ReadingStarted((FilmInReading("pa#1", "PA", image="aa"),)))

    assert marks_of(fold(again, EFFUSION), {}) == ()


def test_a_box_of_no_finding_is_drawn_and_can_be_moved_and_denied():
    alone = (Sentence("s1", "Clear lungs.", ()), Box("b2", "aa", (0, 0, 1, 1), None, "s1"))

    assert looks(*alone) == [("b2", "dashed", False, True)]
    assert looks(*alone, BoxMoved("b2", THERE, AT, "h1", "u")) == [
        ("original h1", "dotted", True, False),
        ("h1", "solid", False, True),
    ]
    assert looks(*alone, BoxDeleted("b2", AT, "h1", "u")) == [("original h1", "dotted", True, False)]


def test_a_box_of_a_sentence_on_another_film_than_its_finding_is_drawn_there():
    films = (FilmInReading("pa#1", "PA"), FilmInReading("lat#1", "Lateral"))
    sentence = Sentence("s1", "Effusion.", ("f1",))
    told = (EFFUSION, sentence, Box("b2", "bb", (0, 0, 1, 1), None, "s1"), FindingSelected("f1"))

    (mark,) = marks_of(read(*told, films=films, images=("aa", "bb")), {})

    assert (mark.film_key, mark.caption, mark.is_highlighted) == ("lat#1", "pleural effusion", True)


def test_a_box_of_the_reader_s_own_finding_wears_the_reader_s_colour():
    added = FindingAdded("own", "aa", FindingWords("rib fracture"), AT)

    (mark,) = marks_of(read(added, BoxAdded("h5", "aa", THERE, "own", AT, "u")), {})

    assert (mark.caption, mark.style, mark.color) == ("rib fracture", "solid", colours.READER)

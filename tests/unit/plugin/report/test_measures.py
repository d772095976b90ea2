"""From marks on a film to words."""

from __future__ import annotations

import pytest

from plugin.events import ReportEdited
from plugin.fold import fold
from plugin.report.measures import insertable, stale_measures, title_of, words_of
from plugin.report.state import MarksMeasured, MeasuredMark, MeasurementInserted
from plugin.state import StudyReading


def mark(kind: str, *lines: str) -> MeasuredMark:
    return MeasuredMark("m1", "pa#1", kind, lines)


@pytest.mark.parametrize(
    ("kind", "lines", "words"),
    [
        ("length", ("23.1 mm at detector",), "measuring 23 mm (length, mm at detector)"),
        (
            "length",
            ("22.5 mm, calibrated (fiducial)",),
            "measuring 23 mm (length, mm, calibrated (fiducial))",
        ),
        ("length", ("4.5 mm at detector",), "measuring 4.5 mm (length, mm at detector)"),
        ("length", ("512.0 px",), "measuring 512 px (length, px)"),
        ("angle", ("12.0°",), "angle 12.0°"),
        ("cobb", ("Cobb 8.4°",), "Cobb angle 8.4°"),
        (
            "ctr",
            ("CTR 0.52", "heart 150.2 / thorax 290.0 mm at detector"),
            "cardiothoracic ratio 0.52 (heart 150.2 / thorax 290.0 mm at detector)",
        ),
        ("ctr", ("CTR 0.52",), "cardiothoracic ratio 0.52"),
        ("ellipse", ("mean 5  SD 1", "314.2 mm² · mm at detector"), "area 314.2 mm² (mm at detector)"),
        ("rectangle", ("1200 px²",), "area 1200 px²"),
        ("rectangle", ("measuring…",), ""),
        ("length", ("–",), ""),
        ("length", ("23.1",), ""),
        ("length", (), ""),
        ("arrow", ("here",), ""),
        ("ctr", ("CTR –", "heart 1.0 / thorax 0.0 px"), ""),
    ],
)
def test_a_mark_is_worded_with_the_label_of_its_millimetres(kind, lines, words):
    assert words_of(mark(kind, *lines)) == words


def test_only_marks_with_a_number_are_offered():
    length = mark("length", "23.1 mm at detector")

    assert insertable((mark("arrow", "here"), length)) == (length,)
    assert title_of(length) == "Length · 23.1 mm at detector"
    assert title_of(mark("odd")) == "odd"


def inserted(film_marks: tuple[MeasuredMark, ...] | None) -> StudyReading:
    length = mark("length", "23.1 mm at detector")
    told = MeasurementInserted("report", f"A nodule {words_of(length)}.", words_of(length), length)
    state = fold(StudyReading(), told)
    return state if film_marks is None else fold(state, MarksMeasured("pa#1", film_marks))


def test_a_mark_that_was_changed_flags_the_sentence_and_leaves_it_as_it_is():
    state = inserted((mark("length", "25.0 mm at detector"),))

    ((_, why),) = stale_measures(state)
    assert "now says 25.0 mm at detector" in why
    assert "measuring 23 mm" in state.report.shown


def test_a_mark_that_was_deleted_flags_the_sentence():
    ((_, why),) = stale_measures(inserted(()))

    assert "was deleted" in why


@pytest.mark.parametrize("marks", [None, (mark("length", "23.1 mm at detector"),)])
def test_a_mark_that_is_as_it_was_or_not_known_yet_flags_nothing(marks):
    assert stale_measures(inserted(marks)) == ()


def test_a_number_that_stands_in_the_text_no_more_flags_nothing():
    state = fold(inserted(()), ReportEdited("Fine."))

    assert stale_measures(state) == ()


def test_a_mark_without_a_number_by_now_says_nothing():
    ((_, why),) = stale_measures(inserted((mark("length"),)))

    assert "now says nothing" in why

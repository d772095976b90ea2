from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.factories_ui import description, film
from viewer.core.measure.annotation import (
    POINTS,
    Annotation,
    FilmMarks,
    Kind,
    film_spacing,
    handles,
    merged,
    moved,
    pending,
    touched,
    with_annotation,
    with_calibration,
    with_handle,
    without,
)
from viewer.core.measure.region import RegionStatistics
from viewer.core.measure.spacing import Calibration, spacing_of
from viewer.core.measure.wording import lines_at

HEADER = film("a", pixels=description(200, 200, imager_pixel_spacing_mm=(0.2, 0.2))).header
AT_DETECTOR = spacing_of(HEADER.pixels)
FOUR = ((10.0, 50.0), (60.0, 50.0), (0.0, 80.0), (100.0, 80.0))
CALIBRATION = Calibration((0, 0), (100, 0), 10.0, "Dr Kim", date(2026, 11, 22))


def mark(kind=Kind.LENGTH, name="m", **changes):
    return replace(Annotation(name, kind, FOUR[: POINTS[kind]], AT_DETECTOR), **changes)


def test_numbers_say_where_their_millimetres_come_from():
    assert lines_at(mark()) == ("10.0 mm at detector",)
    assert lines_at(mark(Kind.CTR)) == ("CTR 0.50", "heart 10.0 / thorax 20.0 mm at detector")
    assert lines_at(mark(Kind.COBB)) == ("Cobb 0.0°",)
    assert lines_at(mark(Kind.ANGLE))[0].endswith("°")
    assert lines_at(mark(Kind.ARROW, text="nodule?")) == ("nodule?",)


@pytest.mark.parametrize("kind", [Kind.ELLIPSE, Kind.RECTANGLE])
def test_a_region_says_its_values_their_unit_and_its_area(kind):
    region = mark(kind, points=((0.0, 0.0), (10.0, 10.0)))
    found = lines_at(region, RegionStatistics(100, 1234.5, 56.7, 1000, 1500))
    assert found[0] == "mean 1234.5  SD 56.7"
    assert found[1] == "min 1000  max 1500  (modality values)"
    assert found[2] == ("3.1 mm² · mm at detector" if kind is Kind.ELLIPSE else "4.0 mm² · mm at detector")
    assert lines_at(region, None, is_waiting=True)[0] == "measuring…"
    assert lines_at(region, None)[0] == "no grey values here"


def test_pixels_are_called_pixels():
    plain = spacing_of(description(200, 200))
    assert lines_at(mark(spacing=plain)) == ("50.0 px",)
    region = mark(Kind.RECTANGLE, points=((0.0, 0.0), (10.0, 10.0)), spacing=plain)
    assert lines_at(region)[-1] == "100 px²"


def test_calibrating_relabels_every_measurement_and_shows_what_it_was():
    marks = with_calibration(FilmMarks((mark(), mark(Kind.CTR, "c"))), CALIBRATION, HEADER)
    assert lines_at(marks.annotations[0]) == (
        "5.0 mm, calibrated by Dr Kim, 2026-11-22",
        "was 10.0 mm at detector",
    )
    assert lines_at(marks.annotations[1])[0] == "CTR 0.50"
    assert lines_at(marks.annotations[1])[2] == "was heart 10.0 / thorax 20.0 mm at detector"
    assert film_spacing(HEADER, marks).label == "mm, calibrated by Dr Kim, 2026-11-22"

    back = with_calibration(marks, None, HEADER)
    assert lines_at(back.annotations[0]) == (
        "10.0 mm at detector",
        "was 5.0 mm, calibrated by Dr Kim, 2026-11-22",
    )


def test_a_measurement_keeps_the_label_it_was_made_with():
    """Another reading of the header later does not change what was measured."""
    kept = FilmMarks((mark(),))
    other_header = replace(HEADER, pixels=replace(HEADER.pixels, imager_pixel_spacing_mm=(0.4, 0.4)))
    assert film_spacing(other_header, kept).pixel_size == (0.4, 0.4)
    assert lines_at(kept.annotations[0]) == ("10.0 mm at detector",)


def test_a_proposal_says_so_until_it_is_touched():
    proposal = mark(Kind.CTR, owner="reading", proposal_note="AI proposal – check the handles.")
    assert lines_at(proposal)[-1] == "AI proposal – check the handles."
    for changed in (with_handle(proposal, 0, (12, 50)), moved(proposal, 1, 0)):
        assert "AI proposal – check the handles." not in lines_at(changed)
        assert changed.owner == "reading"


def test_a_region_has_a_handle_at_each_corner():
    region = mark(Kind.RECTANGLE, points=((0.0, 0.0), (10.0, 20.0)))
    assert len(handles(region)) == 4
    for index, corner in enumerate(handles(region)):
        dragged = with_handle(region, index, (corner[0] + 3, corner[1] + 4))
        assert (corner[0] + 3, corner[1] + 4) in handles(dragged)
        opposite = ({0.0: 10.0, 10.0: 0.0}[corner[0]], {0.0: 20.0, 20.0: 0.0}[corner[1]])
        assert opposite in handles(dragged)


def test_marks_are_added_changed_and_taken_away():
    marks = with_annotation(with_annotation(FilmMarks(), mark()), mark(Kind.ANGLE, "n"))
    changed = with_annotation(marks, mark(name="m", text="new"))
    assert [m.text for m in changed.annotations] == ["new", ""]
    assert [m.id for m in without(changed, mark()).annotations] == ["n"]


def test_a_proposal_that_was_taken_away_does_not_come_back():
    proposal = mark(Kind.CTR, "p", owner="reading", proposal_note="check")
    assert pending(FilmMarks(), [proposal]) == (proposal,)
    assert pending(without(FilmMarks(), proposal), [proposal]) == ()
    assert pending(with_annotation(FilmMarks(), touched(proposal)), [proposal]) == ()


def test_what_is_drawn_while_the_kept_marks_are_read_is_not_lost():
    kept = FilmMarks((mark(text="old"), mark(name="other")), CALIBRATION)
    drawn = FilmMarks((mark(text="new"),))
    both = merged(kept, drawn)
    assert [(m.id, m.text) for m in both.annotations] == [("other", ""), ("m", "new")]
    assert both.calibration == CALIBRATION

"""What the checks are told: only what the reader may see, and sides only where they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from unit.plugin.signing.studies import AT, FILM, drafted, film, finding, hanging, signed, written

from inference.backend import Flag, Sentence
from plugin.events import ReportEdited
from plugin.first_look.state import FirstLook
from plugin.fold import fold
from plugin.review.reviewed import StandingBox
from plugin.review.state import FindingAccepted, FindingEdited, FindingWords
from plugin.sentences import UNSUPPORTED
from plugin.signing.input import age_of, check_input, measures_of, side_of_box, unsupported, untouched
from plugin.signing.state import AddendumBegun, AddendumEdited
from viewer.api import Hanging, ReaderMark
from viewer.core.study import PixelDescription, Series, Study

LEFT_OF_PATIENT = StandingBox("b", "i", (70, 60, 90, 80), "ai")
MIDDLE = StandingBox("b", "i", (45, 60, 55, 80), "ai")


def test_patient_and_views_come_from_the_films() -> None:
    old = film(patient_sex="f", patient_age="045Y")
    told = check_input(written(), hanging(old, film("LL")))

    assert (told.sex, told.age_years, told.views) == ("F", 45.0, ("PA", "LATERAL"))


def test_without_a_study_nothing_is_known() -> None:
    told = check_input(written(), Hanging())

    assert (told.sex, told.age_years, told.views, told.prior) == ("", None, (), None)


@pytest.mark.parametrize(
    ("header", "years"),
    [
        ({"patient_age": "006M"}, 0.5),
        ({"patient_age": "old"}, None),
        ({"patient_birth_date": date(2000, 1, 1), "study_date": date(2020, 1, 1)}, 20.0),
        ({"patient_birth_date": date(2000, 1, 1)}, None),
    ],
)
def test_the_age_is_in_years(header: dict, years: float | None) -> None:
    assert age_of(film(**header).header) == (None if years is None else pytest.approx(years, abs=0.01))


def test_the_prior_at_hand_is_told_with_its_age_and_text() -> None:
    current = Study("1", date(2024, 5, 10), series=(Series("s", (FILM,)),))
    told = check_input(
        written(), hanging(current=current, prior=Study("0", date(2024, 5, 1))), prior_report="Clear."
    )

    assert (told.prior.study_date, told.prior.days_before, told.prior.report) == (
        date(2024, 5, 1),
        9,
        "Clear.",
    )


def test_numbers_at_marks_become_measures() -> None:
    marks = (
        ReaderMark("1", "k", "length", ((0, 0), (1, 1)), ("23.4 mm at detector",)),
        ReaderMark("2", "k", "cobb", (), ("24.5°",)),
        ReaderMark("3", "k", "ctr", (), ("CTR 0.52", "heart 130.0 mm, thorax 250.0 mm at detector")),
        ReaderMark("4", "k", "ellipse", (), ("mean 120.5", "12.5 mm²")),
    )

    assert [(one.kind, one.value, one.unit) for one in measures_of(marks)] == [
        ("length", 23.4, "mm"),
        ("cobb", 24.5, "°"),
        ("ctr", 0.52, ""),
        ("length", 130.0, "mm"),
        ("length", 250.0, "mm"),
    ]


@pytest.mark.parametrize(
    ("header", "box", "side"),
    [
        ({}, LEFT_OF_PATIENT, "left"),
        ({}, MIDDLE, None),
        ({"is_verified": False}, LEFT_OF_PATIENT, None),
        ({"view_position": "LL"}, LEFT_OF_PATIENT, None),
        ({"pixels": PixelDescription(100, 100, patient_orientation=("L", "F"))}, LEFT_OF_PATIENT, "left"),
        ({"pixels": PixelDescription(100, 100, patient_orientation=("R", "F"))}, LEFT_OF_PATIENT, "right"),
        ({"pixels": PixelDescription(100, 100, patient_orientation=("F", "L"))}, LEFT_OF_PATIENT, None),
    ],
)
def test_the_side_of_a_box_is_the_patient_s(header: dict, box: StandingBox, side: str | None) -> None:
    assert side_of_box(box, film(**header).header) == side


def test_findings_are_told_with_verdict_and_side() -> None:
    reading = fold(drafted(finding()), FindingAccepted("f1", AT))
    (one,) = check_input(reading, hanging()).findings

    assert (one.label, one.verdict, one.sides, one.confidence) == (
        "pleural effusion",
        "accepted",
        {"left"},
        0.8,
    )


def test_the_reader_s_own_side_goes_before_the_box() -> None:
    words = FindingWords("pleural effusion", side="both sides")
    (one,) = check_input(fold(drafted(finding()), FindingEdited("f1", words, AT)), hanging()).findings

    assert (one.verdict, one.sides) == ("edited", {"left", "right"})


def test_a_box_in_the_middle_names_no_side() -> None:
    reading = drafted(finding("enlarged cardiomediastinum"))
    middle = replace(reading, boxes=tuple(replace(box, xyxy=(45, 0, 55, 9)) for box in reading.boxes))

    assert check_input(middle, hanging()).findings[0].sides == frozenset()


def test_hidden_findings_check_nothing() -> None:
    assert check_input(drafted(finding(), first_look=FirstLook("second reader")), hanging()).findings == ()


def test_an_addendum_is_checked_by_itself() -> None:
    writing = fold(fold(signed(drafted(finding())), AddendumBegun(AT)), AddendumEdited("Left effusion."))
    told = check_input(writing, hanging())

    assert (told.report, told.findings, told.untouched) == ("Left effusion.", (), ())


def test_a_draft_that_nobody_weighed_is_told_sentence_by_sentence() -> None:
    draft = drafted(finding(), report="Clear lungs. Small left effusion.", impression="Effusion.")
    assert untouched(draft) == ("Clear lungs.", "Small left effusion.", "Effusion.")

    judged = fold(
        replace(draft, findings=(*draft.findings, finding("edema", "f2"))), FindingAccepted("f2", AT)
    )
    assert untouched(judged) == ("Small left effusion.",)
    assert untouched(replace(draft, first_look=FirstLook("concurrent"))) == ()


def test_a_sentence_that_the_model_s_own_findings_do_not_bear_out_is_told_while_it_stands() -> None:
    draft = drafted(finding(), report="The heart is large. Small left effusion.")
    said = (Sentence("s1", "The heart is large."), Sentence("s2", "Small left effusion.", ("f1",)))
    flagged = replace(
        draft,
        sentences=said,
        flags=(Flag(UNSUPPORTED, "States cardiomegaly, which is not among the findings.", "s1"),),
    )
    changed = fold(flagged, ReportEdited("The heart is small. Small left effusion."))

    assert unsupported(flagged) == (
        ("The heart is large.", "States cardiomegaly, which is not among the findings."),
    )
    assert unsupported(changed) == ()
    assert unsupported(replace(flagged, first_look=FirstLook("second reader"))) == ()

"""The words of the panel. The safety strings are compared with what the reading specification prints."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.backend import (
    FINDINGS,
    Finding,
    Finished,
    Flag,
    NotRead,
    PackInfo,
    Progress,
    Queued,
    Sentence,
    TextDelta,
)
from inference.text.nothing_found import NOTHING_FOUND, nothing_found
from plugin import wording
from plugin.events import FilmInReading, FilmPrepared, PriorUsed, ReadingStarted, StopAsked
from plugin.fold import fold
from plugin.state import Stage, StudyReading

FILM = FilmInReading("pa#1", "PA")
BEGUN = (ReadingStarted((FILM,)), FilmPrepared("pa#1", "aa"))
PACK = PackInfo("starter", "1.2", "abcdef0123456789", "Starter", "CC BY-NC 4.0", True, "card")


def after(*events) -> StudyReading:
    state = StudyReading()
    for second, event in enumerate(events):
        state = fold(state, event, float(second))
    return state


def finding(presence="present", confidence=0.82, calibrated=False, label="cardiomegaly") -> Finding:
    return Finding("f1", label, presence, confidence, calibrated, "aa")


def test_the_safety_strings_are_those_of_the_specification():
    assert NOTHING_FOUND == "No listed finding detected (14 classes). This does not rule out disease."
    assert wording.NO_PRIOR == "No prior loaded: no comparison was made."
    assert wording.NO_LOCATION == "No location given by the model."
    assert wording.CROPPED == "The model saw the marked square only; the strips outside it were not read."
    assert (
        wording.BOX_PRECISION
        == "Boxes are accurate to about 1 % of the short side; nothing below 3 % is reliable."
    )
    assert wording.STARTER == "Small demonstration model. Expect errors."
    assert wording.MODEL_TEXT == "Model text, not evidence."
    assert wording.not_read("lateral only.") == "This image was not read: lateral only."
    assert (
        wording.lost_backend("out of memory")
        == "The AI stopped (out of memory). Your text is safe. Restart AI."
    )
    assert (
        wording.lost_backend("The AI stopped (the connection to it broke).")
        == "The AI stopped (the connection to it broke). Your text is safe. Restart AI."
    )
    assert wording.lost_backend("") == "The AI stopped (reason unknown). Your text is safe. Restart AI."


@pytest.mark.parametrize(
    ("presence", "confidence", "words"),
    [
        ("present", 0.82, "likely · 82 %"),
        ("present", 0.7, "likely · 70 %"),
        ("present", 0.4, "possible · 40 %"),
        ("present", None, "possible"),
        ("absent", 0.04, "unlikely · 4 %"),
        ("absent", None, "unlikely"),
        ("not assessed", None, "not assessed"),
        ("present", 0.999, "likely · > 99 %"),
        ("absent", 0.0, "unlikely · < 1 %"),
    ],
)
def test_certainty_is_a_word_and_a_percentage(presence, confidence, words):
    assert wording.certainty(finding(presence, confidence)) == words


@settings(deadline=None)  # the machine may be busy
@given(st.sampled_from(["present", "absent"]), st.floats(0, 1))
def test_the_word_never_contradicts_what_the_pack_decided(presence, confidence):
    word = wording.presence_word(finding(presence, confidence))

    assert (word == "unlikely") == (presence == "absent")


@settings(deadline=None)  # the machine may be busy
@given(st.floats(0, 1))
def test_no_model_is_certain(confidence):
    assert wording.percent(confidence) not in {"0 %", "100 %"}


def test_an_uncalibrated_percentage_says_so():
    assert wording.calibration_note(finding()) == "not calibrated here"
    assert wording.calibration_note(finding(calibrated=True)) == ""
    assert wording.calibration_note(finding("not assessed", None)) == ""


PRIOR_FILM = FilmInReading("old#1", "Prior PA", "prior")


def drafted(prior: PriorUsed | None, *events) -> StudyReading:
    films = (FILM, PRIOR_FILM) if prior else (FILM,)
    begun = (ReadingStarted(films, prior), FilmPrepared("pa#1", "aa"), FilmPrepared("old#1", "pp"))
    return after(*begun, *events, TextDelta("Large."))


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        (None, "No prior loaded: no comparison was made."),
        (PriorUsed(date(2024, 3, 1), 30), "Compared with the prior of 2024-03-01, 30 days earlier."),
        (
            PriorUsed(date(2024, 3, 1), 1, True),
            "Compared with the prior of 2024-03-01, 1 day earlier, and its report.",
        ),
        (PriorUsed(), "Compared with the prior without a date, age not known."),
    ],
)
def test_the_prior_is_named_with_its_age(prior, words):
    assert wording.comparison_text(drafted(prior)) == words


def test_a_prior_that_was_refused_was_not_compared_with():
    state = drafted(PriorUsed(date(2024, 3, 1), 30), NotRead("pp", "not a chest radiograph"))

    assert wording.comparison_text(state) == "The prior was not read: no comparison was made."


def test_before_there_is_a_draft_nothing_is_said_of_a_comparison():
    assert wording.comparison_text(after(*BEGUN)) == ""


def test_a_running_stage_counts_films_and_seconds():
    assert wording.stage_text(Stage("encode", 2.0, 1, 2), 2.84) == "Looking at the films 1 of 2 · 0.8 s"
    assert wording.stage_text(Stage("report", 2.0, 0, 1, 14.4), 99.0) == "Writing the report · 12 s"


def test_a_stage_without_a_word_of_ours_is_shown_as_it_is():
    assert wording.stage_text(Stage("dreaming", 0.0), 1.0) == "Dreaming · 1.0 s"


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((), ""),
        ((ReadingStarted((FILM,)),), "Starting…"),
        ((ReadingStarted((FILM,)), Queued(2)), "Waiting, 2 before this one"),
        ((*BEGUN, Progress("gate", 0, 1)), "Checking the films · 7.0 s"),
        ((*BEGUN, StopAsked()), "Stopping…"),
        ((*BEGUN, Progress("gate", 0, 1), Finished()), "Draft ready in 1.0 s. Please review."),
    ],
)
def test_the_status_says_where_the_run_is(events, words):
    assert wording.status_text(after(*events), 9.0) == words


def test_a_flag_names_its_sentence():
    state = after(*BEGUN, Sentence("s1", "Unchanged effusion. "), Flag("k", "compares without a prior", "s1"))

    assert wording.flag_text(state, state.flags[0]) == "“Unchanged effusion.” compares without a prior"


def test_a_flag_of_one_film_of_several_names_the_film_and_the_crop_is_said_as_specified():
    two = (ReadingStarted((FILM, FilmInReading("l#1", "Lateral"))), FilmPrepared("l#1", "bb"))
    state = after(*two, Flag("cropped", "x", None, "bb"))

    assert wording.flag_text(state, state.flags[0]) == f"Lateral: {wording.CROPPED}"


ABSENT = [Finding(f"f{n}", label, "absent", 0.1, False, "aa") for n, label in enumerate(FINDINGS)]
UNKNOWN = [Finding(f"f{n}", label, "not assessed", None, False, "bb") for n, label in enumerate(FINDINGS)]


def test_nothing_found_never_counts_what_the_model_did_not_look_for():
    some = [*ABSENT[:8], *UNKNOWN[8:]]

    assert nothing_found(ABSENT) == NOTHING_FOUND
    assert (
        nothing_found(some)
        == "No listed finding detected (8 of 13 assessed). This does not rule out disease."
    )
    assert nothing_found(UNKNOWN) == ""
    assert nothing_found([*ABSENT[1:], finding()]) == ""
    assert nothing_found([]) == ""


def test_what_the_model_did_not_judge_is_named_also_where_something_was_found():
    partly = [finding(), *UNKNOWN[8:10], *ABSENT[10:]]

    told = f"Not assessed by this model: {FINDINGS[8]}, {FINDINGS[9]}."
    assert wording.not_assessed(partly) == told
    assert wording.not_assessed(ABSENT) == ""
    assert wording.not_assessed(UNKNOWN) == ""


def test_a_lateral_film_that_was_not_read_does_not_make_the_frontal_one_unassessed():
    assert wording.not_assessed([*ABSENT, *UNKNOWN]) == ""


def test_a_quick_answer_takes_less_than_a_tenth_of_a_second_and_never_none():
    assert wording.seconds(0.0) == "< 0.1 s"
    assert wording.seconds(0.06) == "0.1 s"

"""Suggested questions follow what is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from inference.backend import FINDINGS, Box, Finding, Flag, Sentence
from plugin.ask.state import Exchange
from plugin.ask.suggestions import MOST, NOT_ASSESSED, WHAT_CHANGED, suggestions
from plugin.events import FilmInReading
from plugin.first_look.state import FirstLook
from plugin.fold import fold
from plugin.review.state import FindingRejected, HumanBox, Review
from plugin.state import StudyReading

SHOWN = FirstLook("concurrent")
EFFUSION = Finding("f1", "pleural effusion", "present", 0.8, False, "aa")
HEART = Finding("f2", "cardiomegaly", "present", 0.9, False, "aa")
READ = StudyReading(
    first_look=SHOWN,
    films=(FilmInReading("pa#1", "PA", image="aa"),),
    is_complete=True,
    findings=(EFFUSION, HEART),
    boxes=(Box("b1", "aa", (1.0, 1.0, 2.0, 2.0), "f2"),),
)


def texts(reading: StudyReading, *, has_prior: bool = False, not_assessed: tuple[str, ...] = ()) -> list[str]:
    return [one.question for one in suggestions(reading, has_prior=has_prior, not_assessed=not_assessed)]


def test_before_a_reading_common_findings_are_asked_for():
    assert texts(StudyReading(first_look=SHOWN)) == [
        "Is there a pleural effusion?",
        "Is there cardiomegaly?",
        "Is there a lung opacity?",
    ]


def test_nothing_is_suggested_that_the_model_was_never_measured_for():
    unknown = ("pleural effusion", "cardiomegaly")

    shown = texts(StudyReading(first_look=SHOWN), not_assessed=unknown)

    assert not any(label in text for label in unknown for text in shown)
    assert shown[-1] == NOT_ASSESSED


def test_a_finding_without_a_place_is_asked_after_first():
    assert texts(READ)[0] == "Where is the pleural effusion?"
    assert not any("Where is the cardiomegaly" in text for text in texts(READ))


def test_a_finding_of_a_film_that_is_not_known_is_not_asked_after():
    assert not any("Where" in text for text in texts(replace(READ, films=())))


def test_the_box_that_the_reader_drew_last_is_asked_about():
    old, new = (
        HumanBox("h1", "aa", (1, 1, 4, 4), "2.25.1", "t1"),
        HumanBox("h2", "aa", (2, 2, 6, 6), "2.25.2", "t2"),
    )
    gone = HumanBox("h3", "aa", None, "2.25.3", "t3")
    drawn = replace(READ, review=Review(boxes=(old, new, gone)))

    (asked,) = [one for one in suggestions(drawn, has_prior=False) if one.kind == "region"]
    assert (asked.region, asked.region_kind, asked.film_key) == ((2, 2, 6, 6), "finding", "pa#1")
    known = Exchange(asked.question, "edema", is_running=False, asked=asked)
    assert asked.question not in texts(replace(drawn, exchanges=(known,)))
    assert asked.question not in texts(replace(drawn, films=()))


def test_change_is_asked_for_only_with_a_prior():
    assert WHAT_CHANGED in texts(READ, has_prior=True)
    assert WHAT_CHANGED not in texts(READ)


def test_a_sentence_that_the_findings_do_not_bear_out_is_looked_for():
    doubted = replace(
        READ,
        sentences=(Sentence("s0", "Fine."), Sentence("s1", "There is a rib fracture.")),
        flags=(Flag("unsupported_sentence", "why", "s1"),),
    )

    assert "Where is “There is a rib fracture”?" in texts(doubted)
    long = replace(doubted, sentences=(Sentence("s1", "word " * 30),))
    assert not any("word" in text for text in texts(long))


def test_where_nothing_was_found_the_rest_of_the_film_is_asked_for():
    nothing = replace(READ, findings=(), boxes=())

    assert texts(nothing) == ["Is anything to be seen that is not in the list of findings?"]


def test_the_surest_finding_is_asked_about():
    assert "What on the film speaks for cardiomegaly?" in texts(READ)


def test_what_was_answered_is_not_suggested_again_and_what_failed_is():
    first = texts(READ)[0]
    answered = replace(READ, exchanges=(Exchange(first, "Marked.", is_running=False),))
    failed = replace(READ, exchanges=(Exchange(first, problem="Lost.", is_running=False),))

    assert first not in texts(answered)
    assert first in texts(failed)


def test_nothing_is_suggested_behind_the_gate_or_during_a_run():
    assert texts(replace(READ, first_look=FirstLook("second reader"))) == []
    assert texts(replace(READ, phase="running")) == []


@given(
    st.lists(st.sampled_from(FINDINGS), unique=True),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(FINDINGS), unique=True),
)
def test_there_are_never_more_than_four_and_none_twice(present, has_prior, is_complete, not_assessed):
    findings = tuple(Finding(f"f{n}", one, "present", None, False, "aa") for n, one in enumerate(present))
    reading = replace(READ, findings=findings, is_complete=is_complete)

    shown = texts(reading, has_prior=has_prior, not_assessed=tuple(not_assessed))

    assert len(shown) <= MOST
    assert len(set(shown)) == len(shown)


def test_what_the_reader_rejected_is_not_asked_after_any_more():
    rejected = fold(READ, FindingRejected("f1", "2026-11-22T09:00:00.000Z"), 0.0)

    assert not any("effusion" in text for text in texts(rejected))
    assert any("cardiomegaly" in text for text in texts(rejected))

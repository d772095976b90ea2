"""A reading is written down and read again as it was, over versions of the program."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import date
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.backend import Box, FilmDrawn, Finding, Flag, Sentence
from plugin.ask.state import Exchange
from plugin.ask.words import FILM_NOT_KEPT
from plugin.events import FilmInReading, PriorUsed, Problem
from plugin.prior.state import PriorView
from plugin.records.as_left import adopted, as_left, has_begun
from plugin.records.draft_format import FORMAT, UPGRADES, UnreadableDraft, from_json, to_json
from plugin.report.state import MeasuredMark, Offer, ReportWriting
from plugin.signing.state import Acknowledgement, CheckedText, Signing
from plugin.state import DraftText, Stage, StudyReading

FULL = StudyReading(
    kind="reading",
    phase="running",
    stop_asked_s=1.5,
    queue_position=2,
    stages=(Stage("gate", 0.5, 1, 1, 0.7), Stage("report", 0.7, 0, 1)),
    problem=Problem("The AI stopped.", "Restart AI.", is_backend_lost=True),
    films=(FilmInReading("k", "PA", image="a" * 64), FilmInReading("p", "Prior PA", "prior", not_read="cut")),
    prior=PriorUsed(date(2024, 3, 1), 30, has_report=True),
    backend_study="study 1",
    has_been_read=True,
    is_complete=True,
    findings=(Finding("f1", "cardiomegaly", "present", 0.82, False, "a" * 64),),
    boxes=(Box("b1", "a" * 64, (1.0, 2.0, 3.5, 4.0), "f1", agreement=0.5),),
    sentences=(Sentence("s1", "The heart is large.", ("f1",), box_ids=("b1",)),),
    flags=(Flag("measurement", "verify", "s1"),),
    selected="f1",
    report=DraftText("The heart is large.", "Das Herz ist groß. 심장", "The heart is large."),
    exchanges=(Exchange("Why?", "Because"), Exchange("Where?", "Here", is_running=False)),
)


def test_a_reading_comes_back_as_it_was():
    assert from_json(to_json(FULL)) == FULL
    assert from_json(to_json(StudyReading())) == StudyReading()


@given(drafted=st.text(), edited=st.none() | st.text(), question=st.text())
def test_every_text_comes_back_as_it_was(drafted, edited, question):
    reading = StudyReading(report=DraftText(drafted, edited, drafted), exchanges=(Exchange(question),))

    assert from_json(to_json(reading)) == reading


def test_half_a_character_does_not_keep_the_rest_from_being_saved():
    reading = StudyReading(report=DraftText("", "Pleura \ud800 frei"))

    assert from_json(to_json(reading)).report.edited == "Pleura ? frei"


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"phase": "dreaming"}', '{"boxes": [1]}'])
def test_what_is_damaged_is_refused_with_a_reason(text):
    with pytest.raises(UnreadableDraft, match="it is damaged"):
        from_json(text)


def test_what_a_newer_version_wrote_is_refused_with_a_reason():
    with pytest.raises(UnreadableDraft, match="newer version"):
        from_json("{}", FORMAT + 1)


def test_an_older_format_goes_through_each_step_to_this_one():
    def from_nought(old):
        return {"report": {"edited": old["words"]}}

    read = from_json(json.dumps({"words": "Clear."}), FORMAT - 1, {FORMAT - 1: from_nought})

    assert read.report.edited == "Clear."


def test_a_format_without_a_step_is_refused():
    with pytest.raises(UnreadableDraft):
        from_json("{}", 0, {})


def test_there_is_a_step_from_every_older_format():
    assert set(UPGRADES) == set(range(1, FORMAT))


def test_a_running_run_comes_back_as_stopped_and_the_rest_where_it_was():
    left = as_left(FULL)

    assert left.phase == "stopped"
    assert left.stages == (FULL.stages[0], Stage("report", 0.7, 0, 1, 0.7))
    assert (left.stop_asked_s, left.queue_position, left.backend_study, left.problem) == (
        None,
        None,
        "",
        None,
    )
    assert left.exchanges == (Exchange("Why?", "Because", "Stopped.", False), FULL.exchanges[1])
    kept = ("films", "prior", "findings", "boxes", "sentences", "flags", "selected", "report", "is_complete")
    assert [getattr(left, name) for name in kept] == [getattr(FULL, name) for name in kept]


def test_both_steps_of_a_signature_are_taken_in_one_sitting():
    known = (Acknowledgement("d1", "laterality", "as seen", "now"),)
    asked = Signing("confirming", CheckedText("Clear.", ""), (), known)

    assert as_left(StudyReading(signing=asked)).signing == Signing(acknowledged=known)


def test_a_comparison_that_was_cut_off_is_due_again_and_nothing_is_pointed_at():
    cut = StudyReading(prior_view=PriorView("running", hovered="edema"), hovered="f1", hovered_sentence="s1")

    assert as_left(cut) == StudyReading(prior_view=PriorView("due"))
    assert as_left(StudyReading(prior_view=PriorView("done"))).prior_view.phase == "done"


def test_what_had_ended_stays_as_it_ended():
    failed = replace(FULL, phase="failed", problem=Problem("Out of memory."), exchanges=())

    assert as_left(failed).phase == "failed"
    assert as_left(failed).problem == Problem("Out of memory.")
    asked = StudyReading(exchanges=(Exchange("Why?", problem="Lost.", is_running=True),))
    assert as_left(asked).exchanges[0].problem == "Lost."


def test_a_study_that_was_only_looked_at_is_not_worth_a_row():
    look = StudyReading().first_look

    assert not has_begun(StudyReading(first_look=replace(look, mode="concurrent", first_seen_at="now")))
    assert has_begun(StudyReading(first_look=replace(look, impression="Large heart?")))
    assert has_begun(StudyReading(first_look=replace(look, committed_at="2026-11-22T09:00:00.000Z")))
    assert has_begun(StudyReading(first_look=replace(look, is_hidden=True)))
    assert has_begun(StudyReading(report=DraftText("", "C")))


def test_the_marks_on_the_films_are_the_viewers_and_begin_no_draft():
    marks = (MeasuredMark("m1", "k", "length", ("12 mm at detector",)),)
    now = StudyReading(writing=ReportWriting(marks=marks, seen_films=("k",)))

    assert not has_begun(now)
    assert has_begun(StudyReading(writing=ReportWriting(from_model=("Clear.",))))
    kept = replace(FULL, writing=ReportWriting(("Clear.",), seen_films=("old",)))
    assert adopted(now, kept).writing == ReportWriting(("Clear.",), marks=marks, seen_films=("k",))


def test_a_wording_that_the_model_was_still_writing_is_not_offered_any_more():
    ready = Offer("report", "Old.", "New.", is_ready=True)

    assert as_left(StudyReading(writing=ReportWriting(offer=ready))).writing.offer == ready
    assert (
        as_left(StudyReading(writing=ReportWriting(offer=replace(ready, is_ready=False)))).writing.offer
        is None
    )
    assert as_left(StudyReading()).writing.offer is None


def filled(kind) -> st.SearchStrategy:
    """Values of a type with every field of every dataclass in it filled: no default hides what can't be stored."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{one.name: filled(hints[one.name]) for one in fields(kind)})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*map(filled, arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(filled(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(filled, arguments))
    plain = {
        str: st.text(max_size=5),
        float: st.floats(allow_nan=False, allow_infinity=False),
        int: st.integers(-9, 9),
        bool: st.booleans(),
        NoneType: st.none(),
        date: st.dates(),
    }
    return plain[kind]


@given(reading=filled(StudyReading))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_a_topic_keeps_in_a_reading_comes_back_as_it_was(reading):
    assert from_json(to_json(reading)) == without_films(reading)
    assert as_left(as_left(reading)) == as_left(reading)


def without_films(reading: StudyReading) -> StudyReading:
    """Synthetic films are the one thing that is not kept; the reader is told so in their place."""
    bare = (replace(one, films=(), no_film=FILM_NOT_KEPT) if one.films else one for one in reading.exchanges)
    return replace(reading, exchanges=tuple(bare))


def test_no_synthetic_film_is_written_down_with_a_draft():
    film = FilmDrawn(0, "aa", "UElDVFVSRQ==", 1, 1, "Effusion.", "PA", 7, part=0)
    asked = Exchange("Draw one", "<Xray>Effusion.</Xray>", is_running=False, films=(film,))

    written = to_json(StudyReading(exchanges=(asked,)))

    assert film.png not in written
    (back,) = from_json(written).exchanges
    assert back.answer == asked.answer  # the words are kept, so that it can be made again
    assert "can be made again" in back.no_film

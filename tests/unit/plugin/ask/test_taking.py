"""An answer's words in the report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.ask.state import AnswerTaken, Asked, Exchange
from plugin.ask.taking import may_take, words_to_take
from plugin.first_look.state import FirstLook
from plugin.fold import fold
from plugin.report.provenance import sentences
from plugin.state import DraftText, StudyReading

SHOWN = StudyReading(first_look=FirstLook("concurrent"), report=DraftText("The heart is large."))


def answered(answer: str, kind: str = "conversation", **more) -> Exchange:
    return Exchange("?", answer, is_running=False, asked=Asked("?", kind), **more)


def test_a_taken_answer_stands_last_and_is_known_as_the_model_s():
    state = fold(SHOWN, AnswerTaken("No effusion."))

    assert state.report.shown == "The heart is large. No effusion."
    assert [one.provenance for one in sentences(state)] == ["ai", "ai"]


def test_what_the_reader_changes_of_it_is_edited():
    state = fold(fold(SHOWN, AnswerTaken("There is a small effusion.")), AnswerTaken(""))
    state = replace(state, report=replace(state.report, edited=state.report.shown.replace("small", "large")))

    assert [one.provenance for one in sentences(state)] == ["ai", "edited"]


def test_in_an_empty_report_it_stands_alone():
    assert fold(replace(SHOWN, report=DraftText()), AnswerTaken("Clear.")).report.shown == "Clear."


@pytest.mark.parametrize(
    "state",
    [
        replace(SHOWN, first_look=FirstLook("second reader")),
        replace(SHOWN, kind="reading", phase="running"),
    ],
)
def test_nothing_is_put_in_behind_the_gate_or_while_the_model_writes(state):
    assert not may_take(state)
    assert fold(state, AnswerTaken("Clear.")).report == state.report


def test_only_whole_sentences_are_words_for_a_report():
    assert words_to_take(answered("No  effusion")) == "No effusion."
    assert words_to_take(answered("Larger.", "difference")) == "Larger."
    assert words_to_take(answered("Here is the lateral view. <Xray>PA view.</Xray>")) == ""
    assert words_to_take(answered("<Xray>PA view.</Xray>")) == ""
    assert words_to_take(answered("Marked on PA.", "place")) == ""
    assert words_to_take(answered("Fracture.", "known")) == ""
    assert words_to_take(answered("No eff", problem="Stopped.")) == ""
    region = Asked("?", "region", "f", "PA", (0.0, 0.0, 9.0, 9.0))
    assert words_to_take(Exchange("?", "Opacity.", is_running=False, asked=region)) == "Opacity."
    named = replace(region, region_kind="finding")
    assert words_to_take(Exchange("?", "edema", is_running=False, asked=named)) == ""

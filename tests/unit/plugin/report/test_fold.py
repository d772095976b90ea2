"""How the words of a report change: new wordings, templates, measurements; and what pointer and cursor light."""

from __future__ import annotations

import pytest

from inference.backend import Box, Cancelled, Finding, Finished, Flag, Progress, Sentence, TextDelta
from plugin.events import (
    FilmInReading,
    FindingHovered,
    FindingSelected,
    PanelEvent,
    ReadingStarted,
    ReportEdited,
    RunStarted,
    SentenceHovered,
)
from plugin.first_look.state import AiHidden, AiShownAgain, StudySeen
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.report.fold import can_take, offered
from plugin.report.provenance import sentences
from plugin.report.state import (
    MarksMeasured,
    MeasuredMark,
    MeasurementInserted,
    Offer,
    OfferDeclined,
    OfferTaken,
    RewriteAsked,
    TemplateApplied,
)
from plugin.state import StudyReading, lit_findings

HEART = Finding("f1", "cardiomegaly", "present", 0.8, True, "aa")
ABSENT = Finding("f2", "pneumothorax", "absent", 0.1, True, "aa")
READ = (
    StudySeen("concurrent", "2026-11-22T09:00:00.000Z"),
    ReadingStarted((FilmInReading("pa#1", "PA", image="aa"),)),
    HEART,
    ABSENT,
    Box("b1", "aa", (1.0, 1.0, 2.0, 2.0), "f1"),
    TextDelta("The heart is large. No pneumothorax."),
    Sentence("s1", "The heart is large.", ("f1",), box_ids=("b1",)),
    Sentence("s2", "No pneumothorax.", ("f2",)),
    TextDelta("Large heart.", "impression"),
    Finished({}),
)
ASKED = (RewriteAsked("report", "The heart is large."), RunStarted("sentence", "s1"))
MARK = MeasuredMark("m1", "pa#1", "length", ("23.1 mm at detector",))


def after(*events: PanelEvent, start: StudyReading | None = None) -> StudyReading:
    state = start or StudyReading()
    for event in events:
        state = fold(state, event)
    return state


# ── sentence, finding, box ──────────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_under_the_pointer_lights_the_finding_that_it_states():
    state = after(*READ, SentenceHovered("s1"))

    assert lit_findings(state) == {"f1"}
    assert lit_findings(after(SentenceHovered(None), start=state)) == frozenset()


def test_a_sentence_that_denies_something_lights_nothing():
    assert lit_findings(after(*READ, SentenceHovered("s2"))) == frozenset()


def test_a_finding_under_the_pointer_is_lit_beside_the_selected_one():
    state = after(*READ, FindingSelected("f1"), FindingHovered("f2"))

    assert lit_findings(state) == {"f1", "f2"}


@pytest.mark.parametrize("event", [FindingHovered("f99"), SentenceHovered("s99")])
def test_what_is_not_known_is_never_lit(event):
    assert lit_findings(after(*READ, event)) == frozenset()


def test_nothing_is_lit_while_the_ai_is_hidden_or_once_it_reads_again():
    state = after(*READ, FindingHovered("f1"), SentenceHovered("s1"))

    assert lit_findings(after(ReadingStarted(()), start=state)) == frozenset()
    closed = after(AiHidden("now"), start=state)
    assert lit_findings(visible(closed)) == frozenset()
    assert lit_findings(visible(after(AiShownAgain("now"), start=closed))) == {"f1"}


# ── new wordings ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_wording_grows_beside_the_old_one_which_stays():
    state = after(*READ, *ASKED, TextDelta("The heart is ", "answer"), TextDelta("enlarged.", "answer"))

    assert offered(state) == Offer("report", "The heart is large.", "The heart is enlarged.")
    assert state.report.shown == "The heart is large. No pneumothorax."
    assert not can_take(state)


def test_a_new_wording_that_is_taken_is_the_model_s_and_not_the_reader_s():
    state = after(*READ, *ASKED, Finished({"sentence": "The heart is enlarged."}))
    assert can_take(state)

    state = after(OfferTaken(), start=state)

    assert state.report.shown == "The heart is enlarged. No pneumothorax."
    assert [one.provenance for one in sentences(state)] == ["ai", "ai", "ai"]
    assert offered(state) is None


def test_a_new_wording_that_is_declined_leaves_everything_as_it_was():
    before = after(*READ)
    state = after(*ASKED, Finished({"sentence": "The heart is enlarged."}), OfferDeclined(), start=before)

    assert offered(state) is None
    assert (state.report, state.impression) == (before.report, before.impression)


def test_a_new_wording_for_a_sentence_that_was_changed_meanwhile_can_not_be_taken():
    state = after(*READ, *ASKED, ReportEdited("Mine."), Finished({"sentence": "The heart is enlarged."}))

    assert offered(state) is not None
    assert not can_take(state)
    assert after(OfferTaken(), start=state).report.shown == "Mine."


def test_a_new_impression_is_offered_for_the_whole_one():
    asked = (RewriteAsked("impression", "Large heart."), RunStarted("impression"))
    state = after(
        *READ, *asked, TextDelta("Cardiomegaly.", "impression"), Finished({"impression": "Cardiomegaly."})
    )
    assert state.impression.shown == "Large heart."

    assert after(OfferTaken(), start=state).impression.shown == "Cardiomegaly."


def test_a_run_for_a_wording_never_changes_findings_draft_or_completeness():
    before = after(*READ)
    state = after(*ASKED, HEART, TextDelta("x"), Finished({"sentence": "x", "report": "y"}), start=before)

    assert (state.findings, state.sentences, state.report) == (
        before.findings,
        before.sentences,
        before.report,
    )


def test_reasons_to_doubt_a_new_wording_stand_beside_it_once():
    doubt = Flag("measurement", "“3 cm” was not measured.")
    state = after(*READ, *ASKED, doubt, doubt, Finished({"sentence": "A nodule of 3 cm."}))

    assert offered(state).doubts == ("“3 cm” was not measured.",)
    assert state.flags == ()


def test_a_stopped_wording_is_not_offered():
    assert offered(after(*READ, *ASKED, TextDelta("The hea"), Cancelled())) is None


def test_a_wording_without_words_is_not_offered():
    assert offered(after(*READ, *ASKED, Finished({}))) is None


def test_an_answer_to_nothing_that_was_asked_is_dropped():
    state = after(*READ, RunStarted("sentence", "s1"), TextDelta("x"), Finished({"sentence": "x"}))

    assert state.writing.offer is None
    assert after(OfferTaken(), start=state) == state


def test_progress_of_a_wording_is_a_run_like_any_other():
    state = after(*READ, *ASKED, Progress("answer", 0, 1))

    assert [stage.name for stage in state.stages] == ["answer"]
    assert after(RewriteAsked("report", "x"), Finished({"sentence": ""}), start=state).writing.offer is None


def test_a_new_reading_and_a_closed_gate_take_the_offer_away():
    state = after(*READ, *ASKED, Finished({"sentence": "The heart is enlarged."}))

    assert offered(visible(after(AiHidden("now"), start=state))) is None
    assert after(ReadingStarted(()), start=state).writing.offer is None


def test_what_else_a_run_tells_about_the_films_is_not_wanted():
    state = after(*READ, *ASKED)

    assert after(HEART, start=state) == state


# ── templates and measurements ──────────────────────────────────────────────────────────────────────────────────


def test_a_template_fills_both_texts():
    state = after(*READ, TemplateApplied("Heart: [size]", "1. [x]\n2. [y]", ("[size]",)))

    assert (state.report.shown, state.impression.shown) == ("Heart: [size]", "1. [x]\n2. [y]")
    assert state.report.edited_from == "The heart is large. No pneumothorax."


def test_a_template_that_changes_nothing_makes_no_text_the_reader_s():
    state = after(*READ, TemplateApplied("The heart is large. No pneumothorax.", "Large heart.", ()))

    assert not state.is_edited


def test_an_inserted_number_remembers_its_mark():
    state = after(MeasurementInserted("impression", "A nodule, 23 mm.", "23 mm", MARK))

    assert state.impression.shown == "A nodule, 23 mm."
    assert state.writing.measures[0].mark == MARK


def test_marks_are_known_film_by_film():
    other = MeasuredMark("m2", "lat#1", "angle", ("12.0°",))
    state = after(MarksMeasured("pa#1", (MARK,)), MarksMeasured("lat#1", (other,)), MarksMeasured("pa#1", ()))

    assert state.writing.marks == (other,)
    assert state.writing.seen_films == ("pa#1", "lat#1")


def test_a_model_that_writes_nothing_about_it_says_so_and_there_is_nothing_to_take():
    state = after(
        *READ, *ASKED, Flag("not_groundable", "The model wrote no sentence about this."), Finished({})
    )

    assert offered(state) == Offer(
        "report", "The heart is large.", "", True, ("The model wrote no sentence about this.",)
    )
    assert not can_take(state)
    assert after(OfferTaken(), start=state) == state


def test_a_text_that_is_edited_to_what_it_is_stays_whose_it_was():
    state = after(*READ, ReportEdited("The heart is large. No pneumothorax."))

    assert not state.is_edited


def test_a_text_that_is_typed_back_to_the_draft_is_the_model_s_again():
    state = after(*READ, ReportEdited("Mine."), ReportEdited("The heart is large. No pneumothorax."))

    assert not state.is_edited
    assert state.report.shown == "The heart is large. No pneumothorax."

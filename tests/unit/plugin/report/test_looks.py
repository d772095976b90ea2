"""How sentences look, and what the model is asked about them."""

from __future__ import annotations

import pytest

from inference.backend import Box, Finding, Finished, Flag, Sentence, TextDelta, WriteSentence
from inference.text.places import DENIES, NO_ANSWER
from plugin.events import (
    FilmInReading,
    FindingSelected,
    PanelEvent,
    ReadingStarted,
    ReportEdited,
    SentenceHovered,
)
from plugin.fold import fold
from plugin.report.looks import Look, look_at, looks
from plugin.report.provenance import part_sentences
from plugin.report.rewriting import Behind, findings_behind, rewrite_request
from plugin.report.state import MarksMeasured, MeasuredMark, MeasurementInserted
from plugin.review.state import FindingAdded, FindingRejected, FindingWords
from plugin.state import StudyReading

HEART, FLUID, NONE = "The heart is large.", "Left pleural effusion.", "No pneumothorax."
READ: tuple[PanelEvent, ...] = (
    ReadingStarted((FilmInReading("pa#1", "PA", image="aa"), FilmInReading("ap#1", "AP", image="bb"))),
    Finding("f1", "cardiomegaly", "present", 0.8, True, "aa"),
    Finding("f2", "pleural effusion", "present", 0.8, True, "bb"),
    Finding("f3", "pneumothorax", "absent", 0.1, True, "aa"),
    Box("b1", "aa", (1.0, 1.0, 2.0, 2.0), "f1"),
    Box("b2", "aa", (3.0, 1.0, 4.0, 2.0), "f1"),
    TextDelta(f"{HEART} {FLUID} {NONE}"),
    Sentence("s1", HEART, ("f1",), box_ids=("b1", "b2")),
    Sentence("s2", FLUID, ("f2",), no_place=NO_ANSWER),
    Sentence("s3", NONE, ("f3",), no_place=DENIES),
    Flag("unsupported_sentence", "Why not.", "s3"),
    Finished({}),
)
MARK = MeasuredMark("m1", "pa#1", "length", ("23.1 mm at detector",))


def after(*events: PanelEvent, start: StudyReading | None = None) -> StudyReading:
    state = start or StudyReading()
    for event in events:
        state = fold(state, event)
    return state


def shown(state: StudyReading) -> list[Look]:
    return list(looks(state, part_sentences(state, "report")))


def test_each_sentence_says_whose_it_is_where_it_is_and_why_to_doubt_it():
    heart, fluid, none = shown(after(*READ))

    assert heart.note == "Written by the AI, not changed. 2 places on the films."
    assert fluid.note == "Written by the AI, not changed. No location given by the model."
    assert none.note == "Written by the AI, not changed. Why not."
    assert [one.doubt for one in (heart, fluid, none)] == ["", "", "Why not."]


def test_the_sentence_of_the_selected_finding_and_the_pointed_one_are_lit():
    state = after(*READ, FindingSelected("f1"), SentenceHovered("s3"))

    assert [one.is_lit for one in shown(state)] == [True, False, True]


def test_what_the_reader_changed_is_no_longer_doubted_and_stays_linked():
    state = after(*READ, ReportEdited(f"{HEART} {FLUID} No large pneumothorax."))

    last = shown(state)[-1]
    assert (last.doubt, last.sentence_id, last.provenance) == ("", "s3", "edited")


def test_one_place_is_one_place():
    one_box = (event for event in READ if not isinstance(event, Box) or event.id == "b1")

    assert "1 place on the film." in shown(after(*one_box))[0].note


def test_a_number_whose_mark_has_changed_is_doubted():
    words = "measuring 23 mm (length, mm at detector)"
    state = after(MeasurementInserted("report", f"A nodule {words}.", words, MARK), MarksMeasured("pa#1", ()))

    (one,) = shown(state)
    assert "deleted" in one.doubt
    assert one.sentence_id == ""


def test_a_place_finds_its_sentence():
    first, second, _ = shown(after(*READ))

    assert look_at([first, second], 3) == first
    assert look_at([first, second], second.start) == second
    assert look_at([first, second], 999) is None


# ── what the model is asked ─────────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_is_asked_about_with_the_findings_behind_it_on_their_film():
    state = after(*READ)

    assert findings_behind(state, FLUID) == Behind("bb", ("pleural effusion",))
    assert rewrite_request(Behind("bb", ("edema",)))("study") == WriteSentence("study", "bb", ("edema",))


def test_a_sentence_of_the_reader_s_own_is_about_what_its_words_name():
    state = after(*READ, ReportEdited("Moderate effusion and cardiomegaly."))

    assert findings_behind(state, "Moderate effusion and cardiomegaly.") == Behind("aa", ("cardiomegaly",))


@pytest.mark.parametrize("sentence", [NONE, "Old scar.", ""])
def test_there_is_nothing_to_ask_about_what_is_not_among_the_findings(sentence):
    assert findings_behind(after(*READ), sentence) is None


def test_a_rejected_finding_is_not_asked_about_and_an_added_one_is():
    rejected = after(*READ, FindingRejected("f2", "now"))
    assert findings_behind(rejected, FLUID) is None

    added = after(FindingAdded("x", "aa", FindingWords("pneumothorax"), "now"), ReportEdited("Pneumothorax."))
    assert findings_behind(added, "Pneumothorax.") == Behind("aa", ("pneumothorax",))

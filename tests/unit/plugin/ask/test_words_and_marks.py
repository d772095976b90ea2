"""What is said about answers, and what is drawn for them."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import DRAFT_MARK, PackInfo
from plugin.ask import words
from plugin.ask.marks import ask_marks, exchange_of_mark
from plugin.ask.state import Asked, Exchange
from plugin.first_look.state import FirstLook
from plugin.state import StudyReading

BOX = (1.0, 2.0, 5.0, 9.0)
PACK = PackInfo("starter", "0.3", "f" * 64, "Starter", "CC", True, "card")
REGION = Exchange(
    "What is this?", "Opacity.", "", False, Asked("What is this?", "region", "pa#1", "PA", BOX), "q1"
)
PLACE = Exchange(
    "Where?", "Marked.", "", False, Asked("Where?", "place", "pa#1", "PA", phrase="heart"), "q2", (BOX, BOX)
)
SHOWN = StudyReading(first_look=FirstLook("concurrent"), exchanges=(REGION, PLACE))


def marks(reading: StudyReading, lit: str = ""):
    return ask_marks(reading, lit, "#ffffff")


def test_the_reader_s_box_is_solid_and_the_model_s_answer_is_dashed():
    (drawn,) = marks(SHOWN, "q1")
    told = marks(SHOWN, "q2")

    assert (drawn.style, drawn.color, drawn.xyxy, drawn.is_draft) == ("solid", "#ffffff", BOX, False)
    assert [(mark.style, mark.caption, mark.is_draft) for mark in told] == [("dashed", "heart", True)] * 2


def test_only_the_exchange_that_is_looked_at_is_drawn():
    assert marks(SHOWN) == ()
    assert marks(replace(SHOWN, exchanges=(replace(REGION, is_running=True),)))[0].xyxy == BOX


def test_the_model_s_boxes_are_not_drawn_behind_the_gate_and_the_reader_s_is():
    hidden = replace(SHOWN, first_look=FirstLook("concurrent", is_hidden=True))

    assert marks(hidden, "q2") == ()
    assert len(marks(hidden, "q1")) == 1


def test_a_mark_leads_back_to_its_exchange():
    assert [exchange_of_mark(mark.id) for mark in marks(SHOWN, "q2")] == ["q2", "q2"]
    assert exchange_of_mark("b1") == ""


def test_the_copied_answer_says_what_it_is_worth():
    doubted = replace(REGION, doubts=("Part of the box lies outside.",), problem="Stopped.")

    text = words.copied_answer(doubted, PACK)

    assert text.startswith(DRAFT_MARK)
    assert text.rstrip().endswith(DRAFT_MARK)
    for line in (
        "Question: What is this? (your box on PA)",
        "Answer: Opacity.",
        "Model text, not evidence.",
        "Stopped.",
    ):
        assert line in text
    assert "Starter 0.3" in text
    assert "Model:" not in words.copied_answer(REGION, None)


def test_a_copied_film_description_stands_in_brackets_without_tags():
    text = words.copied_answer(Exchange("Draw it", "Here. <Xray>PA view.</Xray>", is_running=False), None)

    assert "[The model describes a film: PA view.]" in text
    assert "<" not in text


def test_places_are_named_by_their_film():
    assert words.place_title(REGION) == "Your box on PA"
    assert words.place_title(PLACE) == "2 boxes on PA"
    assert words.place_title(replace(PLACE, places=(BOX,))) == "Box on PA"
    assert words.place_title(Exchange("?", asked=Asked("?", "region", "f", region=BOX))) == "Your box"
    assert words.place_title(Exchange("?")) == ""


def test_a_note_tells_how_it_ended_and_what_it_is_worth():
    assert words.note(Exchange("?", "Yes.")) == "Model text, not evidence."
    assert words.note(Exchange("?", "Ye", "Stopped.")) == "Stopped. Model text, not evidence."
    assert words.note(Exchange("?", is_withheld=True)) == words.WITHHELD
    assert words.note(Exchange("?", "x", asked=Asked("?", "known"))) == words.FROM_MANIFEST
    assert words.note(Exchange("?", "", "No box.", asked=Asked("?", "known"))) == "No box."


def test_the_field_says_what_must_come_first():
    assert "own first look" in words.placeholder(FirstLook("second reader"), False)
    assert "read the films first" in words.gate_closed(FirstLook("second reader"))
    assert "Show them" in words.gate_closed(FirstLook("concurrent", is_hidden=True))
    assert "hidden" in words.placeholder(FirstLook("concurrent", is_hidden=True), False)
    assert words.placeholder(FirstLook("concurrent"), True) == "Ask about the marked box…"
    assert words.placeholder(FirstLook("concurrent"), False) == "Ask about these films…"
    assert words.scope(Asked("?")) == ""
    assert words.scope(REGION.how) == "About your box on PA"
    assert words.scope(Asked("?", "region", "f", region=BOX)) == "About your box"


def test_what_the_model_does_not_judge_is_answered_from_its_manifest():
    assert words.not_judged(("fracture",)) == "Not assessed by this model: fracture."
    assert words.not_judged(()) == words.NO_PROGRAM_ANSWER


def test_a_film_description_that_broke_off_says_so():
    assert words.film_card("PA view.", True) == "PA view."
    assert words.film_card("PA vi", False).endswith(words.CUT_SHORT)

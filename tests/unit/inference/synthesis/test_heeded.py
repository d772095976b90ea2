"""What the words of a question decide, whatever the model makes of them."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from inference.synthesis.dialogues.answer import ALSO, LARGER, WITHOUT, Change, Description
from inference.synthesis.dialogues.facts import NOTHING, Fact, described, told
from inference.synthesis.dialogues.heeded import answer_of, held_to, may_ask_for_film, named_view

HAND = json.loads(
    (resources.files("inference.synthesis.dialogues") / "by_hand.json").read_text(encoding="utf-8")
)
EFFUSION = Fact("pleural effusion", "right")


@pytest.mark.parametrize("words", [one["words"] for one in (*HAND["wishes"], *HAND["about_this"])])
def test_no_wish_for_a_film_is_kept_from_the_model(words):
    assert may_ask_for_film(words, after_film=False)


@pytest.mark.parametrize(
    "question",
    ["Is there a pleural effusion?", "Why?", "Where is the nodule?", "Is pneumothorax present?", "Thank you.",
        "Explain it in easy words.",
    "Is there a right pleural effusion on the lateral view?", "Hi there, was the film taken at the bedside?"],
)  # fmt: skip
def test_an_ordinary_question_never_reaches_the_skill(question):
    assert not may_ask_for_film(question, after_film=False)


def test_after_a_film_a_wish_need_not_name_one():
    assert not may_ask_for_film("Now without the tube.", after_film=False)
    assert may_ask_for_film("Now without the tube.", after_film=True)


@pytest.mark.parametrize("one", HAND["wishes"], ids=lambda one: one["words"][:40])
def test_view_findings_and_sides_are_those_of_the_words_whatever_the_model_says(one):
    wrong = Description("AP", text="There is a left pneumothorax." if one["facts"] else NOTHING)
    held = held_to(one["words"], wrong)

    assert held.view == (one["view"] or "AP" if one["facts"] == [] or one["view"] else "AP")
    assert [[fact.name, fact.side] for fact in described(held.text)] == one["facts"]


def test_a_right_description_is_left_as_the_model_said_it():
    meant = Description("lateral", text=told([EFFUSION]))
    assert held_to("Could you generate a lateral view with a right pleural effusion?", meant) == meant
    report = Description(None, is_as_before=True)
    assert held_to("Draw this again.", report) == report


def test_findings_that_are_named_are_not_taken_for_those_of_the_report():
    held = held_to("Generate a film with a right pleural effusion", Description("PA", is_as_before=True))
    assert held == Description("PA", text=told([EFFUSION]))


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("How would this look without the pneumothorax?", Change(WITHOUT, Fact("pneumothorax"))),
        ("Show this film with a larger pneumothorax.", Change(LARGER, Fact("pneumothorax"))),
        ("Draw this with a left pneumothorax.", Change(ALSO, Fact("pneumothorax", "left"))),
    ],
)
def test_what_shall_be_otherwise_is_what_the_words_name(words, change):
    wrong = Description(None, is_as_before=True, changes=(Change(WITHOUT, Fact("pleural effusion")),))
    assert held_to(words, wrong).changes == (change,)


@pytest.mark.parametrize(
    ("words", "view"),
    [("from the side", "lateral"), ("a frontal film", "PA"), ("portable", "AP"), ("a film", None), ("AP view",
        "AP")],
)  # fmt: skip
def test_a_view_is_named_or_it_is_not(words, view):
    assert named_view(words) == view


def test_the_answer_has_the_reports_findings_in_the_view_of_the_film_before():
    before = "Lateral view of the chest was obtained. There is a small left pleural effusion."
    meant = Description(None, is_as_before=True, changes=(Change(LARGER, Fact("pleural effusion")),))

    assert answer_of(meant, before) == (
        "Here is a synthetic lateral view. <Xray> Lateral view of the chest was obtained. "
        "There is a moderate left pleural effusion. </Xray>"
    )

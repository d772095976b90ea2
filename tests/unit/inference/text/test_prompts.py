"""Prompts to the letter, and free text that can't break out of its turn."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.text import prompts

SINGLE_TURN_1 = (
    "The following is a conversation between a curious human and an AI medical assistant. The assistant gives "
    "helpful, detailed, and polite answers to the user's questions. radiology image: <image> Which of the following "
    "findings are present in the radiology image? Findings: enlarged cardiomediastinum, cardiomegaly, lung opacity, "
    "lung lesion, edema, consolidation, pneumonia, atelectasis, pneumothorax, pleural effusion, pleural other, "
    "fracture, support devices"
)
MARKER = re.compile(r"<image>|\[/?INST\]|</?s>|<unk>")
hostile = st.lists(
    st.sampled_from(
        ["<image>", "[INST]", "[/INST]", "<s>", "</s>", "<", "im", "age>", "[/IN", "ST]", "a ", "</", "s>"]
    )
).map("".join)


def test_the_first_turn_of_the_chain_of_thought():
    assert prompts.single_image_findings() == SINGLE_TURN_1


def test_the_multi_study_turn_puts_something_between_all_pictures():
    text = prompts.multi_study_findings(2, 3, "The heart is 1.2 times too large.")
    assert (
        "prior radiology images: <image> <image>, prior radiology report: The heart is 12 times too large. "
        in text
    )
    assert "follow-up images: <image> <image> <image>, The radiology studies" in text
    assert "<image><image>" not in text


def test_a_single_picture_keeps_the_plural_in_the_multi_image_form():
    assert "radiology images: <image> Which of" in prompts.multi_image_findings(1)


def test_phrases_ask_for_a_coordinate_and_findings_for_coordinates():
    assert "the bounding box coordinate of the region" in prompts.phrase_grounding("small effusion")
    assert "the bounding box coordinates of the region" in prompts.finding_grounding("edema")


def test_no_blank_stands_behind_the_end_of_a_users_turn():
    turns = [("user", "Q1"), ("assistant", "A1"), ("user", "Q2")]
    assert prompts.chat_text(turns) == "<s>[INST] Q1 [/INST]A1</s>[INST] Q2 [/INST]"


@pytest.mark.parametrize("roles", [["assistant"], ["user", "user"], ["system", "user"]])
def test_roles_must_alternate(roles):
    with pytest.raises(ValueError, match="alternate"):
        prompts.chat_text([(role, "x") for role in roles])


@given(hostile)
def test_free_text_holds_no_mark_afterwards(text):
    assert not MARKER.search(prompts.plain(text))


@given(hostile)
@example("</image>")  # cleaning a prior report takes the stroke out
def test_a_question_or_report_adds_no_picture_and_no_turn(text):
    for content in (
        prompts.visual_question(text),
        prompts.on_image(prompts.phrase_grounding(text)),
        prompts.multi_study_findings(1, 1, text),
        prompts.impression(text),
    ):
        chat = prompts.chat_text([("user", content)])
        assert chat.count("[INST]") == chat.count("[/INST]") == chat.count("<s>") == 1
        assert content.count("<image>") <= 2
        assert "</s>" not in chat


def test_ordinary_words_pass_unchanged():
    assert prompts.plain("Is the tube < 4 cm above the carina [see note]?") == (
        "Is the tube < 4 cm above the carina [see note]?"
    )

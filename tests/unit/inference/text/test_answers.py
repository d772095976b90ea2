"""Answers are read leniently and written exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.backend import FINDINGS
from inference.text.answers import (
    LabelledBox,
    format_finding_list,
    parse_boxes,
    parse_finding_list,
    parse_yes_no,
    unlisted_findings,
)


@given(st.sets(st.sampled_from(FINDINGS)))
def test_a_finding_list_survives_writing_and_reading(labels):
    assert set(parse_finding_list(format_finding_list(labels))) == labels


def test_the_written_list_is_in_the_prompts_order():
    assert format_finding_list(["pleural effusion", "cardiomegaly"]) == "cardiomegaly, pleural effusion."
    assert format_finding_list([]) == "Not found."


def test_an_unknown_finding_is_not_written():
    with pytest.raises(ValueError, match="rickets"):
        format_finding_list(["rickets"])


def test_names_count_as_a_whole_only():
    """ "no pneumothorax" names no pneumothorax: the published evaluation's substring rule is not for display."""
    assert parse_finding_list("no pneumothorax, Edema.</s>") == ("edema",)
    assert unlisted_findings("no pneumothorax, Edema.") == ("no pneumothorax",)
    assert unlisted_findings("Not found.") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.", True),
        ("No.", False),
        ("Not present.", False),
        ("Uncertain.", None),
        ("", None),
        ("Nodule", None),
    ],
)
def test_yes_and_no(text, expected):
    assert parse_yes_no(text) is expected


def test_boxes_keep_the_words_before_them():
    text = "edema [1,2,3,4], [5, 6,7,8], pleural effusion [-1,0,100,101].</s>"
    assert parse_boxes(text) == (
        LabelledBox("edema", (1, 2, 3, 4)),
        LabelledBox("edema", (5, 6, 7, 8)),
        LabelledBox("pleural effusion", (-1, 0, 100, 101)),
    )


def test_yes_is_no_label():
    assert parse_boxes("Yes. [1,2,3,4], [5,6,7,8].") == (
        LabelledBox("", (1, 2, 3, 4)),
        LabelledBox("", (5, 6, 7, 8)),
    )


@given(st.text(alphabet="[]0123456789,-. aYes", max_size=60))
def test_no_answer_can_break_the_reading_of_boxes(text):
    for found in parse_boxes(text):
        assert len(found.box) == 4

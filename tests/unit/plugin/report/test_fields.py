"""The fields of a template."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.report.fields import Field, field_at, fields, next_field, take_defaults, undecided_blanked

TEXT = "Heart [heart size: normal in size], lungs [clear / hazy]. [impression] [side: left / right]"


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("impression", ("impression", "", ())),
        ("", ("", "", ())),
        ("heart size: normal in size", ("heart size", "normal in size", ())),
        ("a / b / c", ("", "", ("a", "b", "c"))),
        ("side: left / right", ("side", "", ("left", "right"))),
        ("AP/PA view", ("AP/PA view", "", ())),
        ("name:", ("name", "", ())),
    ],
)
def test_a_field_is_empty_holds_a_text_or_a_list(inside, wanted):
    (one,) = fields(f"x [{inside}] y")

    assert (one.name, one.default, one.choices) == wanted


def test_the_walk_goes_from_field_to_field_and_back():
    found = fields(TEXT)
    assert [one.name for one in found] == ["heart size", "", "impression", "side"]

    assert next_field(TEXT, 0) == found[0]
    assert next_field(TEXT, found[0].end) == found[1]
    assert next_field(TEXT, len(TEXT)) is None
    assert next_field(TEXT, found[2].start, forward=False) == found[1]
    assert next_field(TEXT, 0, forward=False) is None


def test_the_field_at_the_cursor_is_known():
    first = fields(TEXT)[0]

    assert field_at(TEXT, first.start) == first
    assert field_at(TEXT, first.end) == first
    assert field_at(TEXT, 0) is None


def test_taking_the_texts_leaves_what_nobody_has_decided():
    assert (
        take_defaults(TEXT) == "Heart normal in size, lungs [clear / hazy]. [impression] [side: left / right]"
    )


@given(st.text(alphabet="[]/: ab\n"))
def test_fields_never_overlap_and_stand_in_brackets(text):
    found = fields(text)

    assert all(text[one.start] == "[" and text[one.end - 1] == "]" for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert isinstance(take_defaults(text), str)
    assert all(isinstance(one, Field) for one in found)


def test_what_nobody_has_decided_is_blank_and_every_place_stays():
    blanked = undecided_blanked("Tube: [none / too deep]. [x: No effusion.] Clear.")

    assert blanked.split() == ["Tube:", ".", "Clear."]
    assert blanked.index("Clear") == "Tube: [none / too deep]. [x: No effusion.] Clear.".index("Clear")

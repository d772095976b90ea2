"""A few letters find the action that was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.ui.actions import ACTIONS
from viewer.ui.keys.fuzzy import score
from viewer.ui.keys.palette import Command, found

COMMANDS = [Command(entry.id, entry.title, entry.menu, also=entry.title) for entry in ACTIONS]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("inv", "invert"),
        ("fit", "fit"),
        ("ffw", "fit"),
        ("full", "full_screen"),
        ("lung", "preset_3"),
        ("window lung", "preset_3"),
        ("lung window", "preset_3"),
        ("older", "older_prior"),
        ("quit", "quit"),
    ],
)
def test_a_few_letters_find_what_was_meant_first(typed, meant):
    assert found(typed, COMMANDS, [])[0].id == meant


def test_the_name_of_a_menu_finds_its_actions_after_those_named_so():
    assert all(one.menu.startswith("Settings") for one in found("settings", COMMANDS, [])[:2])


def test_without_letters_what_was_used_last_comes_first():
    assert [one.id for one in found("", COMMANDS, ["invert", "quit"])][:2] == ["invert", "quit"]


def test_between_equals_what_was_used_last_comes_first():
    before = found("flip", COMMANDS, ["flip_top_bottom"])
    assert before[0].id == "flip_top_bottom"


@given(text=st.text(alphabet="ab c", min_size=1), data=st.data())
def test_letters_of_a_text_in_their_order_always_find_it(text, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    typed = "".join(letter for letter, is_kept in zip(text, kept, strict=True) if is_kept)
    assert score(typed.replace(" ", ""), text) is not None


@given(typed=st.text(), text=st.text())
def test_what_is_not_there_is_not_found(typed, text):
    letters = {letter for letter in typed.casefold() if not letter.isspace()}
    if not letters <= set(text.casefold()):
        assert score(typed, text) is None

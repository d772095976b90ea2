"""The numbers of an impression."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.report.numbering import Typed, backspace, delete, enter, itemised, numbered, renumbered

LINES = st.lists(st.sampled_from(["Large heart.", "2. Effusion", "", "7) Old", "  ", "3. ", "x"]), max_size=6)
TEXTS = LINES.map("\n".join)


def typed(marked: str) -> Typed:
    """The text with | where its cursor is."""
    return Typed(marked.replace("|", ""), marked.index("|"))


def marked(result: Typed | None) -> str | None:
    return None if result is None else f"{result.text[: result.cursor]}|{result.text[result.cursor :]}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Large heart.|", "1. Large heart.\n2. |"),
        ("1. Large heart.|\n2. Effusion.", "1. Large heart.\n2. |\n3. Effusion."),
        ("1. Large| heart.\n2. Effusion.", "1. Large\n2. |heart.\n3. Effusion."),
        ("|1. Large heart.\n2. Effusion.", "1. \n2. |Large heart.\n3. Effusion."),
        ("1. Large heart.\n2. |", "Large heart.|"),
        ("1. a\n2. b\n3. |", "1. a\n2. b|"),
        ("|", "\n|"),
    ],
)
def test_enter_makes_the_next_number_and_ends_the_list_on_an_empty_one(before, after):
    assert marked(enter(typed(before))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1. Large heart.\n2. |", "Large heart.|"),
        ("1. a\n2. |b\n3. c", "1. a| b\n2. c"),
        ("1. a\n2|. b", "a| b"),
        ("1. a\n\n|2. b", "1. a\n2. |b"),
        ("1. |a\n2. b", "1. |a\n2. b"),
        ("1. a\n2. b|", None),
        ("a|", None),
        ("|a\nb", None),
        ("1. |a", None),
    ],
)
def test_backspace_at_the_start_of_an_item_takes_its_number(before, after):
    assert marked(backspace(typed(before))) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [("1. a|\n2. b\n3. c", "1. a| b\n2. c"), ("1. a|\n2. ", "a|"), ("1. a|b\n2. c", None), ("a|", None)],
)
def test_delete_at_the_end_of_an_item_joins_the_next_one(before, after):
    assert marked(delete(typed(before))) == after


def test_a_single_line_carries_no_number():
    assert numbered("1. Large heart.") == "Large heart."
    assert numbered("Large heart.") == "Large heart."


def test_a_removed_line_renumbers_the_others():
    assert numbered("1. a\n3. c\n4. d") == "1. a\n2. c\n3. d"


def test_a_drafted_impression_gets_a_line_for_each_sentence():
    assert (
        itemised("Large heart. Left effusion of 1.5 cm. ") == "1. Large heart.\n2. Left effusion of 1.5 cm."
    )
    assert itemised("Large heart.") == "Large heart."
    assert itemised("a\nb") == "1. a\n2. b"
    assert itemised("") == ""


@given(TEXTS)
def test_numbers_count_up_and_numbering_again_changes_nothing(text):
    made = numbered(text)
    items = [line for line in made.split("\n") if line.strip()]

    assert numbered(made) == made
    if len(items) > 1:
        assert [line.split(".")[0] for line in items] == [str(n) for n in range(1, len(items) + 1)]


@given(TEXTS, st.data())
def test_no_key_loses_a_word_and_the_cursor_stays_in_the_text(text, data):
    before = Typed(text, data.draw(st.integers(0, len(text))))

    for after in (renumbered(before), enter(before), backspace(before), delete(before)):
        if after is not None:
            assert 0 <= after.cursor <= len(after.text)
            assert words(after.text) == words(text)


def words(text: str) -> list[str]:
    """Without numbers and breaks; joined, since Enter may part a word."""
    lines = [re.sub(r"^[ \t]*\d{1,2}[.)]([ \t]+|$)", "", line) for line in text.split("\n")]
    return list("".join("".join(lines).split()))

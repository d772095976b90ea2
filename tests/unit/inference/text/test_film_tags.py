"""Descriptions of films inside an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.text.film_tags import AnswerPart, FilmTags, Piece, answer_parts, assembled

WORDS = st.sampled_from(
    ["<Xray>", "</Xray>", "<XRAY>", "<Xr", "ay>", "</", "<", ">", "Lateral view. ", "5 < 7 ", "PA ", "/Xray>"]
)
ANSWERS = st.lists(WORDS, max_size=12).map("".join)


def streamed(text: str, cuts: list[int]) -> list[Piece]:
    """The pieces of `text`, cut at these places."""
    tags, at, pieces = FilmTags(), 0, []
    for cut in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
        pieces += tags.feed(text[at:cut])
        at = cut
    return [*pieces, *tags.rest()]


def test_a_description_stands_apart_from_the_words_around_it():
    parts = answer_parts("Absolutely. <Xray> Lateral view of the chest. </Xray> Shall I go on?")

    assert parts == (
        AnswerPart("Absolutely."),
        AnswerPart("Lateral view of the chest.", is_film=True),
        AnswerPart("Shall I go on?"),
    )


def test_an_answer_without_a_film_is_one_part():
    assert answer_parts("No effusion.") == (AnswerPart("No effusion."),)
    assert answer_parts("") == ()


def test_several_films_follow_each_other():
    parts = answer_parts("<Xray>PA view.</Xray><Xray>Lateral view.</Xray> <Xray>AP view.</Xray>")

    assert [part.text for part in parts] == ["PA view.", "Lateral view.", "AP view."]
    assert all(part.is_film and part.is_whole for part in parts)


def test_a_description_without_its_end_goes_to_the_end_of_the_answer_and_says_so():
    assert answer_parts("Here: <Xray>PA view of")[1] == AnswerPart("PA view of", True, is_whole=False)


def test_a_second_beginning_inside_a_description_is_dropped():
    assert answer_parts("<Xray>PA <Xray>view</Xray> done</Xray>.") == (
        AnswerPart("PA view", is_film=True),
        AnswerPart("done."),
    )


def test_an_empty_description_is_no_film():
    assert answer_parts("Here. <Xray> </Xray>") == (AnswerPart("Here."),)


@pytest.mark.parametrize("begun", ["<", "<X", "<Xray", "</", "</Xray"])
def test_a_tag_that_has_just_begun_is_not_shown_until_it_is_clear_that_it_is_none(begun):
    assert answer_parts(f"Yes{begun}", is_running=True) == (AnswerPart("Yes"),)
    assert answer_parts(f"Yes{begun}") == (AnswerPart(f"Yes{begun}"),)


def test_a_description_shows_while_it_is_being_written():
    assert answer_parts("Here: <Xray>PA vi", is_running=True)[1] == AnswerPart("PA vi", True, False)


@given(ANSWERS, st.lists(st.integers(0, 80), max_size=12))
def test_how_the_text_was_cut_makes_no_difference(text, cuts):
    assert assembled(streamed(text, cuts)) == answer_parts(text)


@given(ANSWERS, st.lists(st.integers(0, 80), max_size=12))
def test_no_whole_tag_ever_reaches_the_reader_and_every_other_letter_does(text, cuts):
    pieces = streamed(text, cuts)
    shown = "".join(piece.text for piece in pieces)
    tag_free = text
    for tag in ("<Xray>", "</Xray>", "<XRAY>"):
        tag_free = tag_free.replace(tag, "\0")

    assert sorted(shown) == sorted(tag_free.replace("\0", ""))
    assert not any("<xray>" in piece.text.lower() for piece in pieces)


def test_a_dropped_tag_leaves_no_other_one_behind():
    assert answer_parts("A </X</Xray>ray> b") == (AnswerPart("A  b"),)


@given(ANSWERS)
def test_what_was_shown_while_it_ran_is_never_taken_back(text):
    tags, shown = FilmTags(), ""
    for letter in text:
        before = shown
        shown += "".join(piece.text for piece in tags.feed(letter))
        assert shown.startswith(before)

"""An answer with boxes is well-formed whatever the model would rather say."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.boxes import usable
from inference.engine.box_grammar import (
    CHARACTERS,
    FINDING,
    PHRASE,
    PRESENT_FINDING,
    BoxConstraint,
    Place,
    can_become,
    follow,
    grammar_pieces,
)
from inference.text.answers import parse_boxes

EOS = 2
WORDS = (
    "▁Yes",
    "Yes",
    "▁Not",
    "▁present",
    "▁[",
    "[",
    "],",
    "].",
    "▁▁",
    "Not",
    "pres",
    "ent",
    "12",
    "100",
    "▁7",
    "0,",
    ",▁",
)


def vocabulary(extra: tuple[str, ...] = WORDS) -> dict[str, int]:
    singles = sorted(character.replace(" ", "▁") for character in CHARACTERS)
    others = ("lung", "a", "<0x5B>", "▁No", "-", "101")
    return {piece: number for number, piece in enumerate(dict.fromkeys((*singles, *extra, *others)), start=3)}


PIECES = grammar_pieces(vocabulary())


def answer(form, choose) -> tuple[str, list[int]]:
    """Decode with a model that takes `choose` of what is allowed."""
    constraint, tokens = BoxConstraint(form, PIECES, EOS), []
    while True:
        token = choose(list(constraint.allowed()))
        constraint.take(token)
        if token == EOS:
            return constraint.text, tokens
        tokens.append(token)
        assert len(tokens) < 400, constraint.text


@pytest.mark.parametrize("form", [FINDING, PRESENT_FINDING, PHRASE], ids=["finding", "present", "phrase"])
@given(seed=st.integers(0, 2**32))
def test_any_choice_of_tokens_spells_a_valid_answer(form, seed):
    text, _ = answer(form, random.Random(seed).choice)

    boxes = [one.box for one in parse_boxes(text)]
    assert all(usable(box) == box for box in boxes)
    if text == "Not present.":
        assert form is FINDING
        return
    assert 1 <= len(boxes) <= form.max_boxes
    written = ", ".join("[" + ",".join(map(str, box)) + "]" for box in boxes)
    assert text == f"{form.before_boxes}{written}."


@given(seed=st.integers(0, 2**32))
def test_the_tokens_decode_to_the_text_behind_one_leading_blank(seed):
    text, tokens = answer(FINDING, random.Random(seed).choice)

    assert "".join(PIECES[token] for token in tokens) == " " + text


@given(st.tuples(*[st.integers(0, 100)] * 4))
def test_every_box_with_an_area_can_be_written(box):
    place: Place | None = Place()
    for character in "[" + ",".join(map(str, box)) + "].":
        place = place and follow(PHRASE, place, character)

    has_area = box[0] < box[2] and box[1] < box[3]
    assert (place is not None and place.is_done) is has_area


def test_numbers_have_no_leading_zeros_and_end_at_one_hundred():
    assert can_become("0", 0, 99)
    assert not can_become("01", 0, 99)
    assert can_become("10", 100, 100)
    assert not can_become("101", 0, 100)
    assert not can_become("3", 40, 100)


def test_a_model_that_never_closes_is_stopped_after_eight_boxes():
    text, _ = answer(
        FINDING, lambda allowed: max(allowed, key=lambda token: (token != EOS, "," in PIECES.get(token, "")))
    )

    assert len(parse_boxes(text)) <= 8


def test_only_tokens_of_the_grammars_characters_are_considered():
    texts = set(PIECES.values())

    assert not texts & {"lung", "a", "-", "<0x5B>"}
    assert {" Not", "],", "12", "101"} <= texts


def test_a_vocabulary_that_cannot_write_a_comma_is_refused():
    with pytest.raises(ValueError, match="no piece for “,”"):
        grammar_pieces({piece: number for piece, number in vocabulary().items() if piece != ","})


def test_a_digit_without_a_piece_of_its_own_is_written_with_its_byte():
    without = {piece: number for piece, number in vocabulary().items() if piece != "0"} | {"<0x30>": 900}

    assert grammar_pieces(without)[900] == "0"
    assert 900 not in grammar_pieces(vocabulary() | {"<0x30>": 900})

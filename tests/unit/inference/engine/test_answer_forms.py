"""An answer has its form whatever the model would rather say."""

from __future__ import annotations

import json
import random
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.backend import FINDINGS
from inference.boxes import usable
from inference.engine import answer_forms as forms
from inference.engine.answer_forms import CHARACTERS, FORMS, is_answer
from inference.engine.constraint import AnswerConstraint, Pieces, grammar_pieces
from inference.text.answers import format_finding_list, parse_boxes, parse_finding_list, parse_yes_no
from inference.text.places import ANATOMY

EOS = 2
BOX = r"\[(\d|[1-9]\d|100)(,(\d|[1-9]\d|100)){3}\]"
BOXES = rf"{BOX}(, {BOX}){{0,7}}"
A_FINDING = f"({'|'.join(FINDINGS)})"
PATTERNS = {
    "finding list": (forms.FINDING_LIST, rf"Not found\.|{A_FINDING}(, {A_FINDING})*\."),
    "finding": (forms.FINDING, rf"Not present\.|Yes\. {BOXES}\."),
    "present finding": (forms.PRESENT_FINDING, rf"Yes\. {BOXES}\."),
    "phrase": (forms.PHRASE, rf"{BOX}\."),
    "abnormal regions": (forms.ABNORMAL_REGIONS, rf"{BOXES}\."),
    "organ": (forms.ORGAN, BOXES),
    "findings with boxes": (
        forms.FINDINGS_WITH_BOXES,
        rf"Not found\.|{A_FINDING} {BOXES}(, {A_FINDING} {BOXES})*\.",
    ),
    "yes or no": (forms.YES_NO, r"Yes\.|No\.|Uncertain\."),
    "finding's name": (forms.FINDING_NAME, rf"{A_FINDING}\."),
    "region's name": (forms.ANATOMY_NAME, rf"({'|'.join(ANATOMY)})\."),
    "organ's name": (forms.ORGAN_NAME, r"lung\."),
}
"""Each form, and its answer column in m4cxr.md §4 as a pattern of its own."""
WORDS = (
    *(
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
    ),
    *("0,", ",▁", "▁card", "card", "iom", "egaly", "pleural", "▁effusion", "lung"),
)


def vocabulary() -> dict[str, int]:
    singles = sorted(character.replace(" ", "▁") for character in CHARACTERS)
    others = ("kidney", "<0x5B>", "▁Maybe", "-", "101", "?")
    return {piece: number for number, piece in enumerate(dict.fromkeys((*singles, *WORDS, *others)), start=3)}


PIECES = Pieces(grammar_pieces(vocabulary()), EOS)


@pytest.fixture(scope="module")
def fixture_pieces() -> Pieces:
    """The pieces of the parity set's tokenizer, learnt from text by SentencePiece."""
    path = Path(__file__).parents[3] / "parity" / "fixtures" / "tokenizer" / "tokenizer.json"
    return Pieces(grammar_pieces(json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]), EOS)


def answer(form, choose, pieces: Pieces = PIECES) -> tuple[str, list[int]]:
    """Decode with a model that takes `choose` of what is allowed."""
    constraint, tokens = AnswerConstraint(form, pieces), []
    while True:
        token = choose(constraint.allowed())
        constraint.take(token)
        if token == EOS:
            return constraint.text, tokens
        tokens.append(token)
        assert len(tokens) <= form.longest + 2, constraint.text


def random_logits(seed: int):
    rng = np.random.default_rng(seed)
    while True:
        yield rng.normal(size=1000)


def most_probable(logits, allowed: tuple[int, ...]) -> int:
    row = next(logits)
    return allowed[int(np.argmax(row[list(allowed)]))]


def check(name: str, text: str) -> None:
    form, pattern = PATTERNS[name]
    assert re.fullmatch(pattern, text), text
    assert is_answer(form, text)
    assert len(text) <= form.longest
    boxes = [one.box for one in parse_boxes(text)]
    assert all(usable(box) == box for box in boxes)
    if form is forms.FINDING_LIST:
        assert format_finding_list(parse_finding_list(text)) == text
    if form is forms.FINDINGS_WITH_BOXES and boxes:
        named = list(dict.fromkeys(one.label for one in parse_boxes(text)))
        assert named == [label for label in FINDINGS if label in named]
    if form is forms.YES_NO:
        assert parse_yes_no(text) is {"Yes.": True, "No.": False, "Uncertain.": None}[text]


def test_every_form_has_its_pattern_here():
    assert {form for form, _ in PATTERNS.values()} == set(FORMS)


def test_a_thousand_answers_of_a_model_with_random_logits_all_parse(fixture_pieces):
    names = list(PATTERNS)
    for seed in range(1000):
        logits = random_logits(seed)
        name = names[seed % len(names)]
        text, tokens = answer(PATTERNS[name][0], partial(most_probable, logits), fixture_pieces)
        check(name, text)
        assert "".join(fixture_pieces.texts[token] for token in tokens) == " " + text


@pytest.mark.parametrize("name", PATTERNS)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_choice_of_tokens_spells_an_answer_of_the_form(name, seed):
    text, tokens = answer(PATTERNS[name][0], random.Random(seed).choice)

    check(name, text)
    assert "".join(PIECES.texts[token] for token in tokens) == " " + text


@settings(deadline=None)
@given(st.sets(st.sampled_from(FINDINGS)))
def test_every_finding_list_can_be_written(labels):
    assert is_answer(forms.FINDING_LIST, format_finding_list(labels))


@pytest.mark.parametrize(
    "text", ["edema, cardiomegaly.", "edema, edema.", "edema", "Edema.", "edema,.", "hernia.", "", "edema.."]
)
def test_lists_out_of_order_twice_or_unfinished_are_no_answers(text):
    assert not is_answer(forms.FINDING_LIST, text)


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 100)] * 4))
def test_every_box_with_an_area_can_be_written_and_no_other(box):
    has_area = box[0] < box[2] and box[1] < box[3]
    assert is_answer(forms.PHRASE, f"[{','.join(map(str, box))}].") is has_area


@pytest.mark.parametrize("text", ["[01,2,3,4].", "[1,2,3,101].", "[1, 2,3,4].", "[1,2,3,4]", "[1,2,3,4],"])
def test_boxes_are_written_as_in_training(text):
    assert not is_answer(forms.PHRASE, text)


def test_an_organ_ends_without_a_full_stop_and_may_have_two_boxes():
    assert is_answer(forms.ORGAN, "[1,2,3,4], [5,6,7,8]")
    assert not is_answer(forms.ORGAN, "[1,2,3,4].")


def test_several_findings_name_their_boxes_in_the_lists_order():
    assert is_answer(forms.FINDINGS_WITH_BOXES, "cardiomegaly [1,2,3,4], [5,6,7,8], edema [1,2,3,4].")
    assert not is_answer(forms.FINDINGS_WITH_BOXES, "edema [1,2,3,4], cardiomegaly [1,2,3,4].")
    assert not is_answer(forms.FINDINGS_WITH_BOXES, "cardiomegaly.")


def test_a_model_that_never_closes_is_stopped_after_eight_boxes():
    text, _ = answer(
        forms.FINDING, lambda allowed: max(allowed, key=lambda token: "," in PIECES.texts.get(token, ""))
    )

    assert len(parse_boxes(text)) <= 8


def test_where_only_one_token_may_follow_it_is_the_only_one_allowed():
    constraint = AnswerConstraint(forms.ORGAN_NAME, Pieces({3: " ", 4: "lung", 5: "."}, EOS))

    for token in (3, 4, 5, EOS):
        assert constraint.allowed() == (token,)
        constraint.take(token)
    assert len(AnswerConstraint(forms.YES_NO, PIECES).allowed()) > 1


def test_a_token_that_may_not_follow_is_refused():
    constraint = AnswerConstraint(forms.YES_NO, PIECES)
    for token in (vocabulary()["Yes"], vocabulary()["▁7"]):
        with pytest.raises(ValueError, match="may not follow"):
            constraint.take(token)


def test_the_tokens_of_a_place_are_worked_out_once(monkeypatch):
    pieces = Pieces(grammar_pieces(vocabulary()), EOS)
    first = random.Random(1)
    once, _ = answer(forms.FINDING_LIST, first.choice, pieces)
    monkeypatch.setattr(pieces, "_below", lambda *_: pytest.fail("walked the vocabulary again"))

    assert answer(forms.FINDING_LIST, random.Random(1).choice, pieces)[0] == once


def test_only_tokens_of_the_forms_characters_are_considered():
    texts = set(PIECES.texts.values())

    assert not texts & {"kidney", "-", "<0x5B>", "?"}
    assert {" Not", "],", "12", "101", "egaly"} <= texts


def test_a_vocabulary_that_cannot_write_a_comma_is_refused():
    with pytest.raises(ValueError, match="no piece for “,”"):
        grammar_pieces({piece: number for piece, number in vocabulary().items() if piece != ","})


def test_a_digit_without_a_piece_of_its_own_is_written_with_its_byte():
    without = {piece: number for piece, number in vocabulary().items() if piece != "0"} | {"<0x30>": 900}

    assert grammar_pieces(without)[900] == "0"
    assert 900 not in grammar_pieces(vocabulary() | {"<0x30>": 900})

"""A text in sentences: nothing is lost, nothing is counted twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.report.split import sentence_texts, span_at, split, words_of

PIECES = st.lists(
    st.sampled_from(
        [
            "The heart is large.",
            "1. ",
            "2) ",
            "\n",
            "\n\n",
            "  ",
            "Dr. Kim",
            "1.5 cm",
            "Lungs:",
            "[a / b]",
            "?",
            "ü",
            "\t",
        ]
    )
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The heart is large. No effusion.", ("The heart is large.", "No effusion.")),
        ("Told to Dr. Kim. No effusion", ("Told to Dr. Kim.", "No effusion")),
        ("A nodule of 1.5 cm is seen.  Lungs clear.", ("A nodule of 1.5 cm is seen.", "Lungs clear.")),
        ("1. Large heart.\n2. Effusion on the left.", ("Large heart.", "Effusion on the left.")),
        ("1) Large heart\n2) Effusion", ("Large heart", "Effusion")),
        ("Heart large\n\n\nLungs clear", ("Heart large", "Lungs clear")),
        (
            "Lungs: The lungs are clear. No nodule.\nHeart: [size]",
            ("The lungs are clear.", "No nodule.", "[size]"),
        ),
        (
            "[lungs: Clear. No nodule.] The heart is large.",
            ("[lungs: Clear. No nodule.]", "The heart is large."),
        ),
        ("Is it new? (See above.) Yes!", ("Is it new?", "(See above.)", "Yes!")),
        ("Read by J. Kim. Fine", ("Read by J. Kim.", "Fine")),
        ("Approx. 3 cm.", ("Approx. 3 cm.",)),
        ("", ()),
        (" \n ", ()),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, wanted):
    assert sentence_texts(text) == wanted


@given(st.text() | PIECES.map("".join) | PIECES.map(" ".join))
def test_the_spans_tile_the_text_and_lose_no_word(text):
    spans = split(text)

    assert "".join(text[span.begin : span.stop] for span in spans) == text
    assert all(span.begin <= span.start <= span.end <= span.stop for span in spans)
    assert all(before.stop == after.begin for before, after in pairwise(spans))
    outside = [text[span.begin : span.start] + text[span.end : span.stop] for span in spans]
    assert not any(letter.isalpha() for letter in "".join(outside))


def test_a_cursor_behind_the_full_stop_is_still_in_its_sentence_and_behind_the_blank_in_the_next():
    text = "One. Two."

    assert [words_of(text, span_at(text, at)) for at in (0, 4, 5, 9)] == ["One.", "One.", "Two.", "Two."]
    assert span_at("", 0) is None
    assert span_at(text, 99) is None


def test_a_heading_is_no_sentence_but_keeps_its_place():
    heading, sentence = split("Lungs: Clear.")

    assert heading.is_heading
    assert not sentence.is_heading
    assert (heading.stop, sentence.begin) == (7, 7)


def test_blank_lines_at_the_top_belong_to_the_first_sentence():
    (span,) = split("\n\n  Clear.")

    assert (span.begin, span.start) == (0, 4)

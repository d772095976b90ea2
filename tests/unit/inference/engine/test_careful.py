"""Words end where a reader would say they do."""

import pytest

from inference.engine.careful import last_word, word_start
from inference.text.comparing import LONGEST_PHRASE, comparison_pattern, ends_in_comparison


@pytest.mark.parametrize(
    ("text", "unfinished", "last"),
    [
        ("The heart is stab", "stab", "stab"),
        ("The heart is ", "", "is "),
        ("Heart.", "", "Heart."),
        ("x-ray", "x-ray", "x-ray"),
        ("", "", ""),
        (". ", "", ". "),
    ],
)
def test_a_text_is_cut_before_its_last_word(text, unfinished, last):
    assert text[word_start(text) :] == unfinished
    assert text[last_word(text) :] == last


@pytest.mark.parametrize(
    ("text", "is_comparing"),
    [
        ("The effusion is unchanged", True),
        ("The effusion is unchanged. ", True),
        ("The effusion is unchanged. The heart ", False),
        ("No significant interval ", True),
        ("Evidence of prior ", False),
        ("Compared to the prior ", True),
        ("A newly ", True),
        ("A newborn ", False),
        ("x" * 5000 + " unchanged", True),
    ],
)
def test_only_the_end_of_a_text_is_held_against_the_words(text, is_comparing):
    assert ends_in_comparison(text) is is_comparing


def test_no_phrase_is_longer_than_what_is_looked_at():
    longest = max(len(phrase) for phrase in comparison_pattern().pattern.split("|"))

    assert longest < LONGEST_PHRASE / 2

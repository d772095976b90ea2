"""Short codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.report.macros import Expansion, Macro, by_code, expansion, problem_of

CODES = {".nl": "The lungs are clear.", "nl": "No lines.", "(x": "odd"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (".nl", Expansion(0, 3, "The lungs are clear.")),
        ("Fine. .nl", Expansion(6, 9, "The lungs are clear.")),
        ("a\n.nl", Expansion(2, 5, "The lungs are clear.")),
        ("(.nl", Expansion(1, 4, "The lungs are clear.")),
        ("(x", Expansion(0, 2, "odd")),
        ("nl", Expansion(0, 2, "No lines.")),
        ("fen.nl", None),
        ("canl", None),
        (".n", None),
        ("", None),
        (" ", None),
    ],
)
def test_a_code_is_written_out_only_where_it_stands_alone(text, wanted):
    assert expansion(text, len(text), CODES) == wanted


def test_a_code_before_the_rest_of_a_word_stays():
    assert expansion(".nlx", 3, CODES) is None
    assert expansion(".nl, x", 3, CODES) is not None


@given(st.text(alphabet="anl.( \n", max_size=12), st.data())
def test_only_whole_words_are_ever_replaced(text, data):
    cursor = data.draw(st.integers(0, len(text)))
    found = expansion(text, cursor, CODES)

    if found is not None:
        assert found.end == cursor
        assert found.text == CODES[text[found.start : found.end]]
        assert found.start == 0 or not text[found.start - 1].isalnum()


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("n", "x", "at least two"),
        ("n l", "x", "no blanks"),
        ("nl", "  ", "Write the text"),
        (".nl", "x", "two texts"),
        ("ok", "x", ""),
    ],
)
def test_a_macro_that_can_not_be_kept_says_why(code, text, words):
    problem = problem_of(code, text, [".nl"])

    assert words in problem
    assert bool(problem) == bool(words)


def test_the_reader_s_own_macro_stands_before_the_site_s():
    own, site = (
        [Macro(".nl", "Mine.")],
        [Macro(".nl", "Theirs."), Macro(".nh", "Heart."), Macro("x", "short")],
    )

    assert by_code(own, site) == {".nl": "Mine.", ".nh": "Heart."}

"""Words that every output can hold."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.output.legible import legible


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_what_is_legible_can_be_written_and_is_left_alone_a_second_time(text):
    made = legible(text)

    made.encode("utf-8")
    assert not any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in made)
    assert legible(made) == made
    assert len(made) == len(text)


def test_ordinary_words_stay_as_they_are():
    assert legible("Größe 3 cm,\tKIM 김 😀\nnext") == "Größe 3 cm,\tKIM 김 😀\nnext"

"""Python's characters and Qt's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin.report.positions import alike, as_shown, from_qt, to_qt


@given(st.text(), st.data())
def test_a_place_is_found_again(text, data):
    place = data.draw(st.integers(0, len(text)))

    assert from_qt(text, to_qt(text, place)) == place


def test_a_letter_beyond_the_first_plane_takes_two_of_qt_s():
    assert to_qt("🫁a", 1) == 2
    assert to_qt("a\ud800b", 3) == 3  # half a letter, as a broken clipboard brings it


@given(st.text(alphabet="ab"), st.text(alphabet="ab"))
def test_what_two_texts_share_never_overlaps(one, other):
    start, end = alike(one, other)

    assert start + end <= min(len(one), len(other))
    assert one[:start] == other[:start]
    assert one[len(one) - end :] == other[len(other) - end :]


def test_foreign_line_ends_and_blanks_are_shown_as_plain_ones():
    assert as_shown("a\r\nb\rc\u2029d\u00a0e") == "a\nb\nc\nd e"

"""Stop sequences in a text that comes in pieces."""

from hypothesis import given
from hypothesis import strategies as st

from inference.text.stop import StopWatch

texts = st.text(alphabet="ab ", max_size=30)
stops = st.lists(st.text(alphabet="ab ", min_size=1, max_size=4), max_size=3)


def shown(pieces: list[str], stops: list[str]) -> tuple[str, bool]:
    watch = StopWatch(stops)
    text = "".join([watch.feed(piece) for piece in pieces])
    return text + watch.rest(), watch.is_stopped


@given(texts, stops)
def test_letter_by_letter_the_text_ends_before_the_stop_that_is_complete_first(text, stops):
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    expected = text
    if ends:
        read = text[: min(ends)]
        expected = read[: min(len(read) - len(stop) for stop in stops if read.endswith(stop))]
    assert shown(list(text), stops) == (expected, bool(ends))


@given(texts, stops, st.data())
def test_where_the_pieces_are_cut_makes_no_difference(text, stops, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert shown(pieces, stops) == shown(list(text), stops)


@given(texts, stops)
def test_no_part_of_the_stop_is_shown_and_taken_back(text, stops):
    watch, so_far = StopWatch(stops), ""
    whole, _ = shown(list(text), stops)
    for letter in text:
        so_far += watch.feed(letter)
        assert whole.startswith(so_far)


def test_without_stop_sequences_every_piece_is_shown_at_once():
    watch = StopWatch()
    assert [watch.feed(piece) for piece in ("The ", "heart")] == ["The ", "heart"]
    assert watch.rest() == ""

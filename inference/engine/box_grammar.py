"""Answers with boxes are decoded under a grammar: a reader never sees a malformed box.

The grammar of m4cxr.md §4.5, over characters: `Yes. [x1,y1,x2,y2], [..].` or `Not present.` for a finding,
`[x1,y1,x2,y2].` for a phrase. Coordinates are whole numbers 0..100 with x1 < x2 and y1 < y2, so a box has an area.
A token may follow if each of its characters does; that leaves the choice of tokens to the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

GRID = 100  # the last coordinate of the box grid
CHARACTERS = frozenset("0123456789[], .YesNotprn")  # all that an answer may hold


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What an answer may look like."""

    before_boxes: str  # "Yes. " or ""
    instead: str  # "Not present." or "" where a box must be given
    max_boxes: int


FINDING = AnswerForm("Yes. ", "Not present.", max_boxes=8)
PRESENT_FINDING = AnswerForm(
    "Yes. ", "", max_boxes=8
)  # the finding is known to be there: only where is asked
PHRASE = AnswerForm("", "", max_boxes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """How far an answer has got. `text` is all of it; `box` the finished numbers of the open box."""

    text: str = ""
    box: tuple[int, ...] = ()
    digits: str = ""
    boxes: int = 0
    is_open: bool = False
    is_done: bool = False


def follow(form: AnswerForm, place: Place, character: str) -> Place | None:
    """The place after `character`, or None where it may not come."""
    text = place.text + character
    if place.is_done:
        return None
    if form.instead and form.instead.startswith(text):
        return replace(place, text=text, is_done=text == form.instead)
    if len(text) <= len(form.before_boxes):
        return replace(place, text=text) if form.before_boxes.startswith(text) else None
    if not place.text.startswith(form.before_boxes):
        return None
    after = replace(place, text=text)
    return _in_box(after, character) if place.is_open else _between_boxes(form, after, character)


def _between_boxes(form: AnswerForm, place: Place, character: str) -> Place | None:
    tail = place.text[len(form.before_boxes) :]
    opens = tail == "[" or (place.boxes < form.max_boxes and tail.endswith("], ["))
    if opens:
        return replace(place, is_open=True)
    if place.boxes and tail.endswith("]."):
        return replace(place, is_done=True)
    continues = place.boxes and place.boxes < form.max_boxes and tail.endswith(("],", "], "))
    return place if continues and character in ", " else None


def _in_box(place: Place, character: str) -> Place | None:
    low, high = limits(place.box)
    if character.isdecimal() and character.isascii():
        digits = place.digits + character
        return replace(place, digits=digits) if can_become(digits, low, high) else None
    if not place.digits or not low <= int(place.digits) <= high:
        return None
    box = (*place.box, int(place.digits))
    if character == "," and len(box) < 4:
        return replace(place, box=box, digits="")
    if character == "]" and len(box) == 4:
        return replace(place, box=(), digits="", boxes=place.boxes + 1, is_open=False)
    return None


def limits(box: tuple[int, ...]) -> tuple[int, int]:
    """The least and the greatest next number of a box that so far holds `box`."""
    if len(box) < 2:
        return 0, GRID - 1
    return box[len(box) - 2] + 1, GRID


@lru_cache(maxsize=4096)
def can_become(digits: str, low: int, high: int) -> bool:
    """True if a whole number of `low`..`high`, written without leading zeros, begins with `digits`."""
    return any(str(number).startswith(digits) for number in range(low, high + 1))


class BoxConstraint:
    """Holds one answer to `form` (see `inference.engine.decoding.Constraint`)."""

    def __init__(self, form: AnswerForm, pieces: Mapping[int, str], eos_id: int) -> None:
        self._form = form
        self._pieces = pieces
        self._eos_id = eos_id
        self._place = Place()
        self._is_first = True

    def allowed(self) -> Sequence[int]:
        if self._place.is_done:
            return [self._eos_id]
        return [token for token, piece in self._pieces.items() if self._after(piece) is not None]

    def take(self, token: int) -> None:
        if token == self._eos_id:
            return
        place = self._after(self._pieces[token])
        assert place is not None, "the decoder took a token that was not allowed"
        self._place, self._is_first = place, False

    @property
    def text(self) -> str:
        return self._place.text

    def _after(self, piece: str) -> Place | None:
        if self._is_first:  # an answer's first piece carries the blank that decoding removes
            if not piece.startswith(" "):
                return None
            piece = piece[1:]
        place: Place | None = self._place
        for character in piece:
            if place is None:
                return None
            place = follow(self._form, place, character)
        return place


def grammar_pieces(vocabulary: Mapping[str, int]) -> dict[int, str]:
    """The tokens that can be part of such an answer, with their text.

    A byte piece such as `<0x30>` stands for its character only where the vocabulary has no piece for that, because
    that is how the tokenizer encodes it.

    Raises:
        ValueError: The vocabulary can't write every answer.
    """
    pieces = {piece.replace("▁", " "): number for piece, number in vocabulary.items() if piece}
    usable = {number: text for text, number in pieces.items() if set(text) <= CHARACTERS}
    for character in CHARACTERS - pieces.keys():
        byte_piece = f"<0x{ord(character):02X}>"
        if byte_piece not in vocabulary:
            raise ValueError(f"the vocabulary has no piece for “{character}”")
        usable[vocabulary[byte_piece]] = character
    return usable

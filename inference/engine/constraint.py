"""Holds an answer to its form while it is decoded: a reader never sees a malformed list or box.

A token may follow if each of its characters does; that leaves the choice of tokens to the model. So wherever the
model's own answer has the form, decoding under it gives the same tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from inference.engine.answer_forms import CHARACTERS, AnswerForm, Place, follow, is_complete

PLACES_KEPT = 8192
"""Places whose tokens are remembered; answers of one reading meet a few hundred."""


@dataclass(slots=True)
class _Node:
    """The tokens that are spelt so far, and how they go on."""

    tokens: list[int] = field(default_factory=list)
    after: dict[str, _Node] = field(default_factory=dict)


class Pieces:
    """The tokens that answers are made of, as a tree of their characters; one for each vocabulary.

    Args:
        texts: Token to its text, blanks as blanks (see `grammar_pieces`).
    """

    def __init__(self, texts: Mapping[int, str], eos_id: int) -> None:
        self.texts = texts
        self.eos_id = eos_id
        self._root = _Node()
        for token, text in texts.items():
            node = self._root
            for character in text:
                node = node.after.setdefault(character, _Node())
            node.tokens.append(token)
        self.allowed = lru_cache(maxsize=PLACES_KEPT)(self._allowed)

    def _allowed(self, form: AnswerForm, place: Place, is_first: bool) -> tuple[int, ...]:
        """Tokens that may come at `place`, worked out once; the first carries the blank that decoding removes."""
        if is_first:
            blank = self._root.after[" "]
            return (*blank.tokens, *self._below(blank, form, place))
        end = (self.eos_id,) if is_complete(form, place) else ()
        return (*end, *self._below(self._root, form, place))

    def _below(self, node: _Node, form: AnswerForm, place: Place) -> list[int]:
        tokens: list[int] = []
        for character, child in node.after.items():
            reached = follow(form, place, character)
            if reached is not None:
                tokens += child.tokens
                tokens += self._below(child, form, reached)
        return tokens


class AnswerConstraint:
    """Holds one answer to `form` (see `inference.engine.decoding.Constraint`)."""

    def __init__(self, form: AnswerForm, pieces: Pieces) -> None:
        self._form = form
        self._pieces = pieces
        self._place = Place()
        self.text = ""
        self._is_first = True

    def allowed(self) -> tuple[int, ...]:
        """Ids that may follow, EOS included where the answer may end. One alone is forced: no model need be asked."""
        return self._pieces.allowed(self._form, self._place, self._is_first)

    def take(self, token: int) -> None:
        """The decoder chose `token`. Raises ValueError if it was not allowed."""
        if token == self._pieces.eos_id:
            return
        piece = self._pieces.texts[token]
        place: Place | None = self._place
        for character in piece[1:] if self._is_first else piece:
            place = place and follow(self._form, place, character)
        if place is None or (self._is_first and not piece.startswith(" ")):
            raise ValueError(f"the decoder took token {token}, which may not follow here")
        self.text += piece[1:] if self._is_first else piece
        self._place, self._is_first = place, False


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

"""`<Xray> … </Xray>` in an answer: the description of a film to be made, apart from the words for the reader.

MedXChat's model answers a request for a picture with a description between tags; the tags never reach the reader (the
picture stands in their place). Text comes in pieces, cut anywhere, also inside a tag.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

OPENS, CLOSES = "<xray>", "</xray>"
_TAG = re.compile(r"</?xray>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a stretch of the answer is. `begins` and `ends` carry no text."""

    kind: Literal["words", "begins", "film", "ends"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of an answer: words for the reader, or the description of a film."""

    text: str
    is_film: bool = False
    is_whole: bool = True  # False: a description whose end has not come (yet)


class FilmTags:
    """Takes the text as it comes and tells words from descriptions. What may be the beginning of a tag is held back.

    A description ends at the first closing tag or with the answer. A second opening tag inside it, and a closing tag
    outside, say nothing and are dropped: no tag is ever passed on.
    """

    def __init__(self) -> None:
        self._held = ""
        self._is_inside = False

    def feed(self, text: str) -> tuple[Piece, ...]:
        """The pieces that are certain now."""
        self._held += text
        pieces: list[Piece] = []
        while (tag := _TAG.search(self._held)) is not None:
            pieces += self._said(self._held[: tag.start()])
            self._held = self._held[tag.end() :]
            pieces += self._turn(tag.group().lower())
        cut = len(self._held) - _begun(self._held)
        pieces += self._said(self._held[:cut])
        self._held = self._held[cut:]
        return tuple(pieces)

    def rest(self) -> tuple[Piece, ...]:
        """What was held back for nothing, at the end of the answer."""
        rest, self._held = self._held, ""
        return tuple(self._said(rest))

    def _said(self, text: str) -> list[Piece]:
        return [Piece("film" if self._is_inside else "words", text)] if text else []

    def _turn(self, tag: str) -> list[Piece]:
        if (tag == OPENS) == self._is_inside:
            return []
        self._is_inside = not self._is_inside
        return [Piece("begins" if self._is_inside else "ends")]


def answer_parts(text: str, *, is_running: bool = False) -> tuple[AnswerPart, ...]:
    """The parts of an answer as far as it is known. While it runs, a tag that has just begun is not shown."""
    tags = FilmTags()
    pieces = tags.feed(text)
    return assembled(pieces if is_running else (*pieces, *tags.rest()))


def assembled(pieces: Iterable[Piece]) -> tuple[AnswerPart, ...]:
    """Pieces in order, put together; blank parts are left out."""
    parts: list[AnswerPart] = []
    for is_word, group in itertools.groupby(pieces, key=lambda piece: piece.kind == "words"):
        stretch = list(group)
        parts += [AnswerPart(_joined(stretch))] if is_word else _films(stretch)
    return tuple(part for part in parts if part.text)


def _films(pieces: list[Piece]) -> list[AnswerPart]:
    """Descriptions that follow each other without a word between them."""
    films: list[AnswerPart] = []
    text: list[Piece] = []
    for piece in pieces:
        if piece.kind == "ends":
            films.append(AnswerPart(_joined(text), is_film=True))
            text = []
        else:
            text.append(piece)
    rest = AnswerPart(_joined(text), is_film=True, is_whole=False)
    return [*films, rest] if text else films


def _joined(pieces: Iterable[Piece]) -> str:
    """What stands around a dropped tag may make another one; that is none of the reader's business either."""
    text = "".join(piece.text for piece in pieces)
    while _TAG.search(text):
        text = _TAG.sub("", text)
    return text.strip()


def _begun(text: str) -> int:
    """How many letters at the end of `text` may be the beginning of a tag."""
    end = text[-len(CLOSES) :].lower()
    return max(
        (size for tag in (OPENS, CLOSES) for size in range(1, len(tag)) if end.endswith(tag[:size])),
        default=0,
    )

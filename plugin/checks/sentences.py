"""A report in sentences and clauses that know where they stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plugin.checks.doubts import CheckInput, Where

_END = re.compile(
    r"(?<=[.?!])(?<!\b[Dd]r\.)(?<!\bapprox\.)(?<!\bca\.)(?<!\bvs\.)(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Za-z0-9\[])"
    r"|(?<=[a-z)]\.)(?=[A-Z])|\n+"
)
_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)](?!\d)|[-•*])\s*")
_ONLY_NUMBER = re.compile(r"^\s*\d{0,2}[.)]?\s*$")
_CLAUSE = re.compile(
    r"\s*(?:;|,?\s*\b(?:but|however|although|though|whereas|while|except(?: for)?|apart from|aside from"
    r"|other than|"
    r"with the exception of)\b|,?\s*(?:and |, )?\bthere (?:is|are|was|were)\b|,?\s*\band (?=(?:an?|the|his"
    r"|her) )|"
    r",\s*(?=there\b)|,?\s*\bwhich\b|\bsecondary to\b|\bdue to\b)\s*",
    re.IGNORECASE,
)
_NEW_STATEMENT = re.compile(
    r",\s*(?=(?:small|moderate|large|tiny|trace|mild|minimal|severe|marked|an?|the)\b(?![^;]*\b(?:or"
    r"|nor)\b))",
    re.IGNORECASE,
)

LONGEST = 600
"""Characters of a sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence or a clause: its words, and where they begin in the report or the impression."""

    text: str
    where: Where
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def part(self, start: int, end: int) -> Part:
        """The words from `start` to `end`, counted from this part's own beginning, without blanks around them."""
        words = self.text[start:end]
        left = len(words) - len(words.lstrip())
        return Part(words.strip(), self.where, self.start + start + left)


def sentences(told: CheckInput) -> tuple[Part, ...]:
    """The sentences of report and impression, in order, without list numbers."""
    return tuple(
        sentence
        for where in ("report", "impression")
        for sentence in sentences_of(Part(told.text(where), where, 0))
    )


def sentences_of(whole: Part) -> Iterator[Part]:
    """The sentences of one text. A decimal point ends none, nor does an abbreviation."""
    for piece in _split(whole, _END):
        number = _NUMBER.match(piece.text)
        bare = piece.part(number.end(), len(piece.text)) if number else piece
        if bare.text and not _ONLY_NUMBER.match(bare.text):
            yield from _of_bearable_length(bare)


def _of_bearable_length(sentence: Part) -> Iterator[Part]:
    """No sentence is that long. Something pasted may be, and the patterns must not brood over it."""
    begin = 0
    while begin < len(sentence.text):
        end = begin + LONGEST
        cut = sentence.text.rfind(" ", begin, end) if end < len(sentence.text) else -1
        end = cut if cut > begin else end
        yield from _kept(sentence.part(begin, end))
        begin = end


def clauses_of(sentence: Part) -> tuple[Part, ...]:
    """The parts of a sentence over which a denial does not reach: "no effusion but a nodule" has two."""
    return tuple(clause for piece in _split(sentence, _CLAUSE) for clause in _split(piece, _NEW_STATEMENT))


def _split(whole: Part, at: re.Pattern[str]) -> Iterator[Part]:
    begin = 0
    for match in at.finditer(whole.text):
        yield from _kept(whole.part(begin, match.start()))
        begin = match.end()
    yield from _kept(whole.part(begin, len(whole.text)))


def _kept(piece: Part) -> Iterator[Part]:
    if piece.text:
        yield piece

"""A text in sentences, each with its place. Pure; nothing is lost and nothing counted twice.

Line ends, the numbers of an impression and headings ("Lungs:") part sentences; what stands in square brackets is a
field of a template and stays whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_ABBREVIATIONS = re.compile(
    r"dr|prof|mr|mrs|ms|st|vs|approx|ca|cf|e\.g|i\.e|etc|fig|resp|incl|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|a\.m|p\.m|m\.d",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)")
_NUMBER = re.compile(r"[ \t]*\d{1,2}[.)](?=[ \t]|$)[ \t]*")
_HEADING = re.compile(r"[ \t]*[A-Z][A-Za-z][A-Za-z ,/&()-]{0,38}:(?=\s|$)")
_LONGEST = 8  # letters that are looked at before a full stop
_WORD_BEFORE = re.compile(r"([A-Za-z](?:[A-Za-z.]*[A-Za-z])?)$")


@dataclass(frozen=True, slots=True)
class Span:
    """One sentence of a text: its words are `text[start:end]`; up to `stop` go the blanks behind it.

    Spans of a text touch: each begins where the one before stops, the first at 0, the last stops at the end.
    """

    begin: int  # blanks and an impression's number before the words belong to it
    start: int
    end: int
    stop: int
    is_heading: bool = False


@lru_cache(maxsize=256)
def split(text: str) -> tuple[Span, ...]:
    """The sentences of `text` in order. A text of blanks alone is one sentence without words; an empty one has none."""
    spans: list[Span] = []
    at = 0
    for line in text.splitlines(keepends=True):
        spans += _of_line(line, at)
        at += len(line)
    return tuple(_joined(spans))


def words_of(text: str, span: Span) -> str:
    return text[span.start : span.end]


def sentence_texts(text: str) -> tuple[str, ...]:
    """The words of each sentence, headings left out."""
    return tuple(
        words_of(text, span) for span in split(text) if span.end > span.start and not span.is_heading
    )


def span_at(text: str, position: int) -> Span | None:
    """The sentence that a cursor at `position` is in; right behind a full stop it is still in the sentence before."""
    spans = [span for span in split(text) if span.begin <= position <= span.stop]
    if not spans:
        return None
    first = spans[0]
    return first if position <= first.end or len(spans) == 1 else spans[-1]


def _of_line(line: str, offset: int) -> list[Span]:
    """Spans of one line, blanks included; an empty line gives one without words."""
    number = _NUMBER.match(line)
    heading = None if number else _HEADING.match(line)
    begin = 0
    spans: list[Span] = []
    if heading:
        stop = _past_blanks(line, heading.end())
        start = len(heading.group()) - len(heading.group().lstrip())
        spans.append(Span(offset, offset + start, offset + heading.end(), offset + stop, is_heading=True))
        begin = stop
    words_from = number.end() if number else begin
    for end in _ends(line, words_from):
        start = _past_blanks(line, words_from)
        stop = _past_blanks(line, end)
        spans.append(Span(offset + begin, offset + start, offset + end, offset + stop))
        begin = words_from = stop
    if begin < len(line):
        stripped = len(line.rstrip())
        start = min(_past_blanks(line, words_from), len(line))
        spans.append(Span(offset + begin, offset + start, offset + max(start, stripped), offset + len(line)))
    return spans


def _ends(line: str, start: int) -> list[int]:
    """Where sentences end, for the last one only if a full stop ends it."""
    ends: list[int] = []
    for match in _END.finditer(line, start):
        if _depth(line, match.end(), start) == 0 and not _is_abbreviation(line, match.start(), start):
            ends.append(match.end())
    return ends


def _depth(line: str, position: int, start: int) -> int:
    return max(0, line.count("[", start, position) - line.count("]", start, position))


def _is_abbreviation(line: str, stop: int, start: int) -> bool:
    """True for the full stop of "Dr." and of an initial, unless the line ends with it."""
    if line[stop] != "." or not line[stop + 1 :].strip():
        return False
    found = _WORD_BEFORE.search(line, max(start, stop - _LONGEST), stop)
    if found is None:
        return False
    word = found.group(1)
    return _ABBREVIATIONS.fullmatch(word) is not None or (len(word) == 1 and word.isupper() and word != "I")


def _past_blanks(line: str, position: int) -> int:
    while position < len(line) and line[position].isspace():
        position += 1
    return position


def _joined(spans: list[Span]) -> list[Span]:
    """Lines without words belong to the sentence before them; at the top, to the one behind."""
    made: list[Span] = []
    for span in spans:
        last = made[-1] if made else None
        if last is None:
            made.append(span)
        elif span.start == span.end:
            made[-1] = replace(last, stop=span.stop)
        elif last.start == last.end:
            made[-1] = replace(span, begin=last.begin)
        else:
            made.append(span)
    return made

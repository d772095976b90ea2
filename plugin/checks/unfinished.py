"""What was left to fill in, and sentences of the model that stand as it wrote them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.checks.doubts import CheckInput, Doubt, Where
from plugin.checks.making import doubt_about, quoted
from plugin.checks.sentences import Part

_GAP = re.compile(r"\[[^\]\n]{0,80}\]|_{2,}|\bX{3,}\b|\?{2,}|<[a-z /]+>|\bTODO\b")
_BROKEN_OFF = re.compile(
    r"\b(?:and|or|the|of|with|in|at|a|an|is|are|no|without|to)\s*[.,]?\s*$", re.IGNORECASE
)
_LINE_NUMBER = re.compile(r"^\s*(\d{1,2})[.)](?!\d)[ \t]*(.*)$", re.MULTILINE)
_WHERES: tuple[Where, ...] = ("report", "impression")
FILL = "Fill it in, or take it out."


def unfinished_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Empty fields, pick lists, gaps, numbering with holes, sentences that break off, and an empty text."""
    yield from _empty(told)
    for where in _WHERES:
        yield from _gaps(Part(told.text(where), where, 0), sentences)
        yield from _numbering(Part(told.text(where), where, 0))
    for sentence in sentences:
        if _BROKEN_OFF.search(sentence.text) and len(sentence.text.split()) > 1:
            yield doubt_about(
                "unfinished", sentence, f"{quoted(sentence.text)} breaks off.", "Finish the sentence."
            )


def untouched_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """One doubt about all sentences of the model that stand as they were drafted and were never looked at.

    Those that its own findings don't bear out have a doubt of their own.
    """
    wanted = {_plain(sentence) for sentence in told.untouched} - {_plain(one) for one, _ in told.unsupported}
    left = [sentence for sentence in sentences if _plain(sentence.text) in wanted]
    if left:
        number = "A sentence" if len(left) == 1 else f"{len(left)} sentences"
        verb = "was" if len(left) == 1 else "were"
        why = f"{number} of the AI's draft {verb} never looked at, beginning with {quoted(left[0].text)}."
        yield doubt_about(
            "untouched", left[0], why, "Read what the AI wrote, then keep, change or delete it."
        )


def unsupported_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Sentences of the model that still stand, though its own findings or films say otherwise."""
    reasons = {_plain(sentence): why for sentence, why in told.unsupported}
    for sentence in sentences:
        why = reasons.get(_plain(sentence.text))
        if why is not None:
            told_why = f"{quoted(sentence.text)} stands as the AI wrote it. {why}"
            yield doubt_about("unsupported", sentence, told_why, "Change it, or take it out.")


def _plain(sentence: str) -> str:
    """As two texts of one sentence are compared: without line ends and the full stop."""
    return " ".join(sentence.split()).strip(" .")


def _empty(told: CheckInput) -> Iterator[Doubt]:
    for where, name in (("report", "findings"), ("impression", "impression")):
        if not told.text(where).strip(" .\n\t"):  # type: ignore[arg-type]  # two literals
            yield Doubt("unfinished", "blocks", f"The {name} text is empty.", f"Write the {name}.", where)  # type: ignore[arg-type]


def _gaps(text: Part, sentences: Sequence[Part]) -> Iterator[Doubt]:
    for match in _GAP.finditer(text.text):
        words = text.part(match.start(), match.end())
        around = (
            one for one in sentences if one.where == text.where and one.start <= words.start < max(one.end, 1)
        )
        sentence = next(around, words)
        yield doubt_about(
            "unfinished", sentence, f"{quoted(words.text)} was left to fill in.", FILL, words=words
        )


def _numbering(text: Part) -> Iterator[Doubt]:
    """A list line without words, or a number that does not follow the one before."""
    lines = list(_LINE_NUMBER.finditer(text.text))
    numbers = [int(line.group(1)) for line in lines]
    for at, line in enumerate(lines):
        words = text.part(line.start(1), line.end())
        if not line.group(2).strip(" ."):
            yield doubt_about("unfinished", words, f"Line {numbers[at]} has no words.", FILL, words=words)
        elif at and numbers[at] != numbers[at - 1] + 1 and numbers[at] != 1:
            why = f"Line {numbers[at]} follows line {numbers[at - 1]}."
            yield doubt_about("unfinished", words, why, "Number the lines again.", words=words)

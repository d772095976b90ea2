"""Numbers of the text that no measurement on the films bears out. Pure.

Lengths are compared in mm. Angles and the cardiothoracic ratio are compared with their own kind only. Numbers of an
earlier film ("previously 8 mm") are looked for in the prior's report, where that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.checks.doubts import CheckInput, Doubt, Severity
from plugin.checks.making import doubt_about, quoted
from plugin.checks.sentences import Part

SHARE, LEAST_MM, ANGLE, RATIO = 0.1, 1.5, 3.0, 0.02
"""How far a number may lie from the measurement: a tenth or 1.5 mm, 3 degrees, 0.02."""
_LENGTH = re.compile(
    r"(?<![\w.,/])(?P<numbers>\d+(?:[.,]\d+)?(?:\s*(?:x|×|by|-|–|to)\s*\d+(?:[.,]\d+)?){0,3})"
    r"\s*-?\s*(?P<unit>mm|cm|millimet\w+|centimet\w+)\b",
    re.IGNORECASE,
)
_ANGLE = re.compile(r"(?<![\w.])(?P<numbers>\d+(?:[.,]\d+)?)\s*(?:°|degrees?\b)", re.IGNORECASE)
_RATIO = re.compile(
    r"\b(?:cardio-?thoracic (?:ratio|index)|ctr)\b[^.\d]{0,25}(?P<number>\d+(?:[.,]\d+)?)\s*(?P<percent>%"
    r"|per ?cent)?",
    re.IGNORECASE,
)
_NO_UNIT = re.compile(
    r"\b(?:measur(?:es|ing|ed)|diameter of|thickness of|depth of|length of|size of|width of)(?: (?:about"
    r"|approximately|up to|roughly|at))*"
    r"\s+(?P<numbers>\d+(?:[.,]\d+)?(?:\s*(?:x|×|by)\s*\d+(?:[.,]\d+)?){0,3})(?![\d.,]*\d)(?!\s*(?:x|×"
    r"|by)?\s*-?(?:\d|mm|cm|millimet|centimet|°|degree|%|ml|HU|x |times|inch|of (?:these|them)))",
    re.IGNORECASE,
)
_NO_UNIT_IN = re.compile(
    r"\b(?:diameter|thickness|depth|length|width) of (?P<numbers>\d+(?:[.,]\d+)?) in\b", re.IGNORECASE
)
_EARLIER = re.compile(
    r"\b(?:previous\w*|formerly|before|prior|was|were|from|earlier|versus|vs|compared)\b[^.;]{0,30}$", re.I
)
MEASURE = "Measure it on the film, or correct the number."


def number_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Doubts about lengths, angles and ratios, and about numbers whose unit is missing."""
    for sentence in sentences:
        yield from _lengths(told, sentence)
        yield from _angles(told, sentence)
        yield from _ratios(told, sentence)
        yield from _without_unit(sentence)


def _lengths(told: CheckInput, sentence: Part) -> Iterator[Doubt]:
    known = [_mm(one.value, one.unit) for one in told.measures if one.unit in {"mm", "cm"}]
    for match in _LENGTH.finditer(sentence.text):
        words = sentence.part(match.start(), match.end())
        lengths = [_mm(number, match["unit"]) for number in _numbers(match["numbers"])]
        if _EARLIER.search(sentence.text[: match.start()]):
            yield from _earlier(told, sentence, words, lengths)
        elif not all(any(_is_near(length, one) for one in known) for length in lengths):
            yield _unsupported(sentence, words, lengths, known)


def _unsupported(sentence: Part, words: Part, lengths: Sequence[float], known: Sequence[float]) -> Doubt:
    severity: Severity = "warns"
    slip = [
        one for one in known for length in lengths if _is_near(length, one * 10) or _is_near(length * 10, one)
    ]
    if slip:
        severity = "blocks"
        why = f"{quoted(words.text)}, but {slip[0]:.0f} mm was measured: mm and cm may be mixed up."
    elif known:
        told = ", ".join(f"{one:.0f} mm" for one in known[:4])
        why = f"{quoted(words.text)} is none of what was measured on the films: {told}."
    else:
        why = f"{quoted(words.text)}, but no length was measured on the films."
    return doubt_about("measurement", sentence, why, MEASURE, words=words, severity=severity)


def _earlier(told: CheckInput, sentence: Part, words: Part, lengths: Sequence[float]) -> Iterator[Doubt]:
    report = told.prior.report if told.prior else ""
    before = [_mm(n, match["unit"]) for match in _LENGTH.finditer(report) for n in _numbers(match["numbers"])]
    if before and not all(any(_is_near(length, one) for one in before) for length in lengths):
        report_says = ", ".join(f"{one:.0f} mm" for one in before[:4])
        why = f"{quoted(words.text)} is said of the prior, whose report says {report_says}."
        yield doubt_about("measurement", sentence, why, "Look at the prior's report.", words=words)


def _angles(told: CheckInput, sentence: Part) -> Iterator[Doubt]:
    known = [one.value for one in told.measures if one.kind in {"angle", "cobb"}]
    for match in _ANGLE.finditer(sentence.text):
        if not any(abs(number - one) <= ANGLE for number in _numbers(match["numbers"]) for one in known):
            words = sentence.part(match.start(), match.end())
            yield _other_than(sentence, words, [f"{one:.0f}°" for one in known], "angle")


def _ratios(told: CheckInput, sentence: Part) -> Iterator[Doubt]:
    known = [one.value for one in told.measures if one.kind == "ctr"]
    for match in _RATIO.finditer(sentence.text):
        number = _numbers(match["number"])[0]
        ratio = number / 100 if match["percent"] or number > 1 else number
        if not any(abs(ratio - one) <= RATIO for one in known):
            words = sentence.part(match.start(), match.end())
            yield _other_than(sentence, words, [f"{one:.2f}" for one in known], "cardiothoracic ratio")


def _other_than(sentence: Part, words: Part, known: Sequence[str], what: str) -> Doubt:
    but = f"the {what} measured is {', '.join(known)}" if known else f"no {what} was measured on the films"
    return doubt_about("measurement", sentence, f"{quoted(words.text)}, but {but}.", MEASURE, words=words)


def _without_unit(sentence: Part) -> Iterator[Doubt]:
    match = _NO_UNIT_IN.search(sentence.text) or _NO_UNIT.search(sentence.text)
    if match:
        words = sentence.part(match.start("numbers"), match.end("numbers"))
        yield doubt_about(
            "measurement", sentence, f"{quoted(words.text)} has no unit.", "Add mm or cm.", words=words
        )


def _numbers(words: str) -> list[float]:
    return [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", words)]


def _mm(value: float, unit: str) -> float:
    return value * 10 if unit.lower().startswith("c") else value


def _is_near(length: float, other: float) -> bool:
    return abs(length - other) <= max(LEAST_MM, SHARE * other)

"""Takes out of a text what could tell whose it is. Pure.

Rules, not a model: what is certain to be there, the names and numbers of the study's own header, is found in any
spelling of case; what only looks like a date, a telephone, a number or a named person is taken out as well. A rule that
takes too much costs a sentence of training text; one that takes too little costs a patient's privacy. Who trains
leaves out sentences that hold `REMOVED`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

REMOVED = "[removed]"

_NAMES = "January February March April May June July August September October November December"
_MONTHS = "|".join(
    sorted({form for name in _NAMES.split() for form in (name, name.upper(), name[:3], name[:3].upper())})
)
_MONTH = rf"(?:{_MONTHS}|Sept)\.?"  # capitals only: what may be is no month
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+", re.I)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("date", re.compile(r"\b\d{4}([-/.])\d{1,2}\1\d{1,2}\b")),
    ("date", re.compile(r"(?<![\d.])\d{1,2}([-/.])\d{1,2}\1(?:\d{4}|\d{2})\b(?!\.\d|\s*(?:mm|cm)\b)")),
    ("date", re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH},?(?:\s+\d{{4}})?(?!\w)")),
    ("date", re.compile(rf"\b{_MONTH}\s+{_DAY}(?:,?\s+\d{{4}})?(?!\w)")),
    ("date", re.compile(r"\d{4}\s*년(?:\s*\d{1,2}\s*월)?(?:\s*\d{1,2}\s*일)?|\d{1,2}\s*월\s*\d{1,2}\s*일")),
    ("telephone", re.compile(r"\+\d[\d\s().-]{6,}\d")),
    ("telephone", re.compile(r"\(?\b\d{2,4}\)?[-\s./]\d{3,4}[-\s./]\d{4}\b")),
    ("telephone", re.compile(r"\b(?:pager|beeper|tel|phone|ext(?:ension)?)\b\.?:?\s*#?\s*\d{3,}", re.I)),
    (
        "number",
        re.compile(
            r"\b(?:mrn|acc(?:ession)?|patient\s+(?:id|number|no))\b\.?\s*[:#]?\s*[\w-]*\d[\w-]*", re.I
        ),
    ),
    ("number", re.compile(r"\b\d{6,}\b")),
    ("name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Doctor|Professor)\b\.?(?:\s+[A-Z][\w'’-]*\.?)+")),
    ("name", re.compile(r"[가-힣]{2,4}\s?(?:님|씨)(?![가-힣])")),
    ("blank", re.compile(r"_{2,}")),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the headers of a study and its priors say about whose it is."""

    names: tuple[str, ...] = ()  # Patient's Name (0010,0010), as written: "Doe^Jane"
    numbers: tuple[str, ...] = ()  # Patient ID (0010,0020), Accession Number (0008,0050)
    dates: tuple[date, ...] = ()  # birth date, study dates


def scrub(text: str, identity: Identity) -> tuple[str, Mapping[str, int]]:
    """The text with every identifier replaced by `REMOVED`, and how many of which kind there were."""
    found: Counter[str] = Counter()
    for kind, pattern in (("address", _ADDRESS), *_of_header(identity), *_PATTERNS):
        text, count = pattern.subn(REMOVED, text)
        if count:
            found[kind] += count
    return re.sub(rf"{re.escape(REMOVED)}(?:[\s,^]*{re.escape(REMOVED)})+", REMOVED, text), dict(found)


def scrub_header(text: str, identity: Identity) -> tuple[str, int]:
    """As `scrub`, only what the header says: nothing that merely looks like an identifier is taken out."""
    total = 0
    for _, pattern in _of_header(identity):
        text, count = pattern.subn(REMOVED, text)
        total += count
    return text, total


def scrub_all(texts: Iterable[str], identity: Identity) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Several texts, and the sum of what was found in them."""
    total: Counter[str] = Counter()
    cleaned = []
    for text in texts:
        clean, found = scrub(text, identity)
        cleaned.append(clean)
        total.update(found)
    return tuple(cleaned), dict(total)


def _of_header(identity: Identity) -> Iterable[tuple[str, re.Pattern[str]]]:
    for name in identity.names:
        for part in sorted(_spellings(name), key=len, reverse=True):
            yield "name", _whole(part)
    for number in identity.numbers:
        if len(number.strip()) >= 3:
            yield "number", _whole(number.strip())
    for day in identity.dates:
        yield "date", re.compile(rf"\b{day:%Y%m%d}\b")


def _spellings(name: str) -> set[str]:
    """The parts of a name that are told apart in a text: not an initial, not a family name of one character. Chinese,
    Japanese and Korean names are written together as well."""
    found = set()
    for group in name.split("="):  # alphabetic, ideographic, phonetic (PS3.5 6.2)
        parts = [part for part in re.split(r"[\^\s,.]+", group) if part]
        together = [] if group.isascii() else ["".join(parts)]
        found |= {part for part in (*parts, *together) if len(part) >= 2}
    return found


def _whole(word: str) -> re.Pattern[str]:
    """The word as a whole in any case; where words are not set apart by blanks, also inside of one."""
    if not word.isascii():
        return re.compile(re.escape(word), re.I)
    return re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W\d_])(?:['’]s\b)?", re.I)

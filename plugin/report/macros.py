"""Short codes for what a reader writes again and again (reading.md RP-2). Pure.

A code is written out on Space or Tab, where it stands alone as a word: never inside one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHORTEST = 2
_OPENS = "([{\"'“‘"


@dataclass(frozen=True, slots=True)
class Macro:
    """`code` is at least two characters without blanks; `text` may hold fields (docs/templates.md)."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is to stand at `start:end` instead of the code."""

    start: int
    end: int
    text: str


def expansion(text: str, cursor: int, macros: Mapping[str, str]) -> Expansion | None:
    """What the word before the cursor stands for; None where it is no code, or only part of a word.

    Args:
        text: The text, or as much of it as lies around the cursor.
        cursor: Where the key is struck.
        macros: Text by code.
    """
    if cursor < len(text) and not text[cursor].isspace() and text[cursor].isalnum():
        return None
    start = cursor
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while start < cursor and text[start] in _OPENS and text[start:cursor] not in macros:
        start += 1
    said = macros.get(text[start:cursor])
    return None if said is None or cursor - start < SHORTEST else Expansion(start, cursor, said)


def problem_of(code: str, text: str, others: Iterable[str] = ()) -> str:
    """Why a macro can't be kept, in words for the reader; empty if it can."""
    if len(code) < SHORTEST:
        return "A code needs at least two characters."
    if any(letter.isspace() for letter in code):
        return "A code has no blanks: Space is what writes it out."
    if not text.strip():
        return f"Write the text that “{code}” stands for."
    return f"There are two texts for “{code}”." if code in set(others) else ""


def by_code(*lists: Iterable[Macro]) -> dict[str, str]:
    """Text by code; the earlier list stands before the later one: the reader's own before the site's."""
    made: dict[str, str] = {}
    for macros in lists:
        for macro in macros:
            if not problem_of(macro.code, macro.text):
                made.setdefault(macro.code, macro.text)
    return made

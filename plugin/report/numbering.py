"""The numbers of an impression: `1.`, `2.`, `3.`, one a line, kept right while the reader writes. Pure.

A single line carries no number: "1." promises a second item and makes who reads the report look for it. Every line is
an item; blank lines between items stay blank. See docs/report-editor.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugin.report.split import sentence_texts

_NUMBER = re.compile(r"[ \t]*\d{1,2}[.)](?:[ \t]+|$)")


@dataclass(frozen=True, slots=True)
class Typed:
    """A text and where its cursor is."""

    text: str
    cursor: int


def numbered(text: str) -> str:
    """Every line of several gets its number, a single one loses it."""
    return renumbered(Typed(text, 0)).text


def itemised(text: str) -> str:
    """A drafted impression with one sentence in each line; as it is if it has lines of its own already."""
    stripped = text.strip()
    if "\n" in stripped:
        return numbered(stripped)
    return numbered("\n".join(sentence_texts(stripped)) or stripped)


def renumbered(typed: Typed) -> Typed:
    """The numbers put right; the cursor stays at its word."""
    lines = typed.text.split("\n")
    is_list = sum(bool(line.strip()) for line in lines) > 1
    made: list[str] = []
    number, begin, cursor = 0, 0, typed.cursor
    for line in lines:
        number += bool(line.strip())
        old = _prefix(line)
        new = f"{number}. " if is_list and line.strip() else ""
        if begin + len(old) <= typed.cursor:
            cursor += len(new) - len(old)
        elif begin <= typed.cursor:
            cursor += len(new) - (typed.cursor - begin)
        made.append(new + line[len(old) :])
        begin += len(line) + 1
    return Typed("\n".join(made), cursor)


def enter(typed: Typed) -> Typed:
    """Enter: the next number. On an item without words it ends the list instead."""
    text, cursor = typed.text, typed.cursor
    begin, end = _line(text, cursor)
    line = text[begin:end]
    if not text.strip():
        return Typed(text[:cursor] + "\n" + text[cursor:], cursor + 1)
    if begin > 0 and line.strip() and len(_prefix(line)) == len(line):
        return renumbered(Typed(text[: begin - 1] + text[end:], begin - 1))
    cursor = max(cursor, begin + len(_prefix(line)))  # never before the number
    broken = text[:cursor].rstrip(" \t") + "\n0. " + text[cursor:].lstrip(" \t")
    return renumbered(Typed(broken, len(text[:cursor].rstrip(" \t")) + 4))


def backspace(typed: Typed) -> Typed | None:
    """Backspace at the start of an item takes its number and joins it to the item before; None: an ordinary key."""
    begin, end = _line(typed.text, typed.cursor)
    prefix = _prefix(typed.text[begin:end])
    if typed.cursor > begin + len(prefix) or (begin == 0 and not prefix):
        return None
    if begin == 0:
        return typed if "\n" in typed.text else None  # the first number of several stays
    return _joined(typed.text, begin - 1, begin + len(prefix))


def delete(typed: Typed) -> Typed | None:
    """Delete at the end of an item takes the number of the next one along; None: an ordinary key."""
    _, end = _line(typed.text, typed.cursor)
    if typed.cursor != end or end == len(typed.text):
        return None
    next_line = typed.text[end + 1 : _line(typed.text, end + 1)[1]]
    return _joined(typed.text, end, end + 1 + len(_prefix(next_line)))


def _joined(text: str, end: int, start: int) -> Typed:
    """The line that ends at `end` and the one whose words begin at `start`, as one; the cursor stands between them."""
    before, after = text[:end], text[start:]
    has_words = bool(after) and not after.startswith("\n")
    gap = " " if has_words and before and not before.endswith((" ", "\n")) else ""
    return renumbered(Typed(before + gap + after, len(before)))


def _prefix(line: str) -> str:
    found = _NUMBER.match(line)
    return found.group() if found else ""


def _line(text: str, cursor: int) -> tuple[int, int]:
    """Where the cursor's line begins and ends."""
    begin = text.rfind("\n", 0, cursor) + 1
    end = text.find("\n", cursor)
    return begin, len(text) if end == -1 else end

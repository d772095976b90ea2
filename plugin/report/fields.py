"""The [fields] of a template inside a text: where they are, what they offer, and how one is filled. Pure.

The grammar (docs/templates.md): `[name]` must be filled, `[name: text]` holds a text that may be taken as it is,
`[a / b / c]` and `[name: a / b / c]` are lists to pick from. Fields are ordinary characters of the text, so that they
survive saving, undo and another program, and none can be overlooked before signing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"\[([^\[\]\n]*)\]")
_NAME = re.compile(r"([^:/]{1,40}):\s*(.*)", re.DOTALL)
_CHOICE = re.compile(r"\s+/\s+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `text[start:end]`, brackets included."""

    start: int
    end: int
    name: str = ""
    default: str = ""  # may be taken as it is
    choices: tuple[str, ...] = ()  # to pick one from; there is no default then


def fields(text: str) -> tuple[Field, ...]:
    """The fields of `text`, in order."""
    return tuple(_field(match) for match in _FIELD.finditer(text))


def field_at(text: str, position: int) -> Field | None:
    """The field that a cursor at `position` stands in or touches."""
    return next((one for one in fields(text) if one.start <= position <= one.end), None)


def next_field(text: str, position: int, *, forward: bool = True) -> Field | None:
    """The field to go to from `position`: the next one, or the one before; None at the end of the walk."""
    if forward:
        return next((one for one in fields(text) if one.start >= position), None)
    return next((one for one in reversed(fields(text)) if one.end <= position), None)


def take_defaults(text: str) -> str:
    """Every field with a text of its own is filled with it; empty fields and lists stay as they are."""
    return _FIELD.sub(lambda match: _field(match).default or match.group(), text)


def undecided_blanked(text: str) -> str:
    """The text as far as anybody has decided about it: fields are blanks, and every place stays what it was."""
    return _FIELD.sub(lambda match: " " * len(match.group()), text)


def _field(match: re.Match[str]) -> Field:
    inside = match.group(1).strip()
    named = _NAME.fullmatch(inside)
    name, content = (named.group(1).strip(), named.group(2).strip()) if named else ("", inside)
    choices = tuple(part.strip() for part in _CHOICE.split(content)) if _CHOICE.search(content) else ()
    if choices:
        return Field(match.start(), match.end(), name, "", choices)
    if named:
        return Field(match.start(), match.end(), name, content)
    return Field(match.start(), match.end(), content)

"""Lines of the audit log as the reader sees them in a table, and which of them are wanted. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.records.audit_line import AuditLine

COLUMNS = ("No.", "Time", "Who", "What", "Details", "Study", "Model")

_FIRST = ("label", "reason", "kind", "mode", "by", "status", "seconds", "confidence")
"""What a reader looks for stands first; the log itself keeps its names in the order of the alphabet."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line, in words."""

    n: int
    what: str  # the log's own word
    study: str  # Study Instance UID, whole
    cells: tuple[str, ...]  # in the order of COLUMNS
    tip: str  # all of it, for the mouse and for a screen reader
    searched: str = ""  # what a word is looked for in


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rows are wanted. Empty: all."""

    text: str = ""
    what: str = ""
    study: str = ""


def row_of(line: AuditLine) -> AuditRow:
    entry = line.entry
    details = details_text(entry.details)
    cells = (
        str(line.n),
        _time(entry.at),
        entry.who or "–",
        what_text(entry.what),
        details,
        _short(entry.study),
        entry.pack,
    )
    model = f"{entry.pack}, manifest {entry.pack_sha256}" if entry.pack else "none"
    tip = "\n".join(
        (
            f"Line {line.n}, {entry.at}, {what_text(entry.what)}",
            *filter(None, (details,)),
            f"Study {entry.study or '–'}",
            f"Model {model}",
            f"Hash {line.hash}",
        )
    )
    searched = f"{' '.join(cells)} {entry.study} {entry.what}".casefold()
    return AuditRow(line.n, entry.what, entry.study, cells, tip, searched)


def wanted(rows: Iterable[AuditRow], wish: Wish) -> list[AuditRow]:
    """The rows that fit; every word of the text must stand somewhere in a row."""
    words = wish.text.casefold().split()
    return [
        row
        for row in rows
        if wish.what in ("", row.what)
        and wish.study in ("", row.study)
        and (not words or all(word in row.searched for word in words))
    ]


def kinds_in(rows: Sequence[AuditRow]) -> list[str]:
    """The log's words for what happened, as far as they occur, by their words for the reader."""
    return sorted({row.what for row in rows}, key=what_text)


def what_text(what: str) -> str:
    """ "finding_rejected" as "Finding rejected"."""
    words = what.replace("_", " ")
    said = words[:1].upper() + words[1:]
    return said.replace("Ai ", "AI ")


def details_text(details: Mapping[str, Any]) -> str:
    """For instance "label cardiomegaly · reason known · confidence 0.82"; what is empty is left out."""
    names = sorted(details, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    told = ((name.replace("_", " "), _value(details[name])) for name in names)
    return " · ".join(f"{name} {said}" for name, said in told if said)


def _value(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict() if value:
            return "(" + ", ".join(f"{name} {_value(part) or 0}" for name, part in value.items()) + ")"
        case list() | dict():
            return ", ".join(map(_value, value))
    return str(value)


def _time(at: str) -> str:
    """By the reader's clock, to the second."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return at


def _short(study: str) -> str:
    """The end of a UID tells studies apart; its beginning names the maker of the device."""
    return study if len(study) <= 14 else f"…{study[-12:]}"

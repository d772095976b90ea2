"""One line of the audit log: what it says, its exact bytes, and the hash that ties it to the line before it. Pure.

A line is canonical JSON (keys sorted, no spaces, ASCII), so that one entry has exactly one spelling and a changed
space is a changed line. `hash` is the SHA-256 of `prev` followed by the canonical line without `hash`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GENESIS = "0" * 64
"""`prev` of the first line."""

_TEXTS = ("at", "hash", "pack", "pack_sha256", "prev", "study", "what", "who")
_KEYS = frozenset((*_TEXTS, "n", "details"))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened. Never a patient's name, a prompt or a report's text: labels, counts, codes and seconds only."""

    what: str
    at: str = ""  # UTC, ISO 8601 with milliseconds and Z
    who: str = ""
    study: str = ""  # Study Instance UID (0020,000D)
    details: Mapping[str, Any] = field(default_factory=dict)
    pack: str = ""  # "starter 0.3.1"
    pack_sha256: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry with its place in the chain."""

    entry: AuditEntry
    n: int  # from 1
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many lines there are, and the hash of the last one."""

    n: int = 0
    hash: str = GENESIS

    @property
    def text(self) -> str:
        """As a site writes it down elsewhere: "1204:9f86d0…"."""
        return f"{self.n}:{self.hash}"


class NotALine(ValueError):
    """The bytes are no line of the audit log as this program writes it; says why, in words for the reader."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one spelling of an object.

    Raises:
        ValueError: It holds NaN or an infinity, which JSON does not know.
        TypeError: It holds something that is no plain data.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def chained(entry: AuditEntry, after: Head) -> AuditLine:
    """The entry as the line that follows `after`."""
    n, prev = after.n + 1, after.hash
    digest = hashlib.sha256(prev.encode() + canonical(_fields(entry, n, prev))).hexdigest()
    return AuditLine(entry, n, prev, digest)


def line_bytes(line: AuditLine) -> bytes:
    """The line as it stands in the file, with its end of line."""
    return canonical(_fields(line.entry, line.n, line.prev) | {"hash": line.hash}) + b"\n"


def read_line(raw: bytes) -> AuditLine:
    """Read one line without its end.

    Raises:
        NotALine: Any byte is not as it was written.
    """
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotALine("it is no JSON") from None
    if not isinstance(read, dict) or read.keys() != _KEYS or not _has_right_types(read):
        raise NotALine("its fields are not those of an audit line")
    entry = AuditEntry(**{name: read[name] for name in AuditEntry.__dataclass_fields__})
    line = AuditLine(entry, read["n"], read["prev"], read["hash"])
    try:
        if line_bytes(line) != raw + b"\n":
            raise NotALine("it is spelt differently than it was written")
        expected = chained(entry, Head(line.n - 1, line.prev)).hash
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, NotALine) else NotALine("it holds what JSON does not know") from None
    if expected != line.hash:
        raise NotALine("its content does not have its hash")
    return line


def _fields(entry: AuditEntry, n: int, prev: str) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__}
    return told | {"details": dict(entry.details), "n": n, "prev": prev}


def _has_right_types(read: Mapping[str, Any]) -> bool:
    return (
        type(read["n"]) is int
        and read["n"] > 0
        and isinstance(read["details"], dict)
        and all(isinstance(read[name], str) for name in _TEXTS)
    )

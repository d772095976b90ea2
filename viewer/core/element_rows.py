"""Rows of data elements as the window has them: checked, escaped, searched, compared. Pure; nothing is parsed here."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Path = tuple[tuple[int, int], ...]
Difference = Literal["", "differs", "only first", "only second"]

LONGEST_TEXT = 8192
MOST_ROWS = 50_000
_PLAIN = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class ElementRow:
    """One data element, or one item of a sequence (then `item` counts from 1)."""

    depth: int
    tag: int
    vr: str
    name: str
    value: str  # shortened where it is long; empty for a sequence
    length: int  # bytes in the file
    item: int = 0

    @property
    def tag_text(self) -> str:
        return "" if self.item or not self.tag else f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"


@dataclass(frozen=True, slots=True)
class TagRow:
    """A row of one file, or of two side by side."""

    path: Path
    depth: int
    tag_text: str
    vr: str
    name: str
    values: tuple[str, ...]  # one for each file
    has_children: bool = False
    difference: Difference = ""


def rows_to_json(rows: Sequence[ElementRow]) -> list[list[object]]:
    """Return rows as plain lists."""
    return [[row.depth, row.tag, row.vr, row.name, row.value, row.length, row.item] for row in rows]


def rows_from_json(plain: object) -> tuple[ElementRow, ...]:
    """Return the rows that `rows_to_json` wrote, with what can't be seen escaped.

    Raises:
        ValueError: They are no rows.
    """
    if not isinstance(plain, list) or len(plain) > MOST_ROWS:
        raise ValueError("no list of rows")
    return tuple(_row(entry) for entry in plain)


def _row(entry: object) -> ElementRow:
    if not isinstance(entry, list) or [type(part) for part in entry] != [int, int, str, str, str, int, int]:
        raise ValueError("no row")
    depth, tag, vr, name, value, length, item = entry
    if min(depth, tag, length, item) < 0 or depth > 1000 or max(map(len, (vr, name, value))) > LONGEST_TEXT:
        raise ValueError("a row out of bounds")
    return ElementRow(depth, tag, escaped(vr), escaped(name), escaped(value), length, item)


def escaped(text: str) -> str:
    """Return text with control, direction-changing and other unseen characters written out: \\n, \\u202e."""
    return "".join(
        _PLAIN.get(c) or f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN else c for c in text
    )


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_file(rows: Sequence[ElementRow]) -> tuple[TagRow, ...]:
    """Rows of one file, with their places in the nesting."""
    paths = list(_paths(rows))
    return tuple(
        TagRow(path, row.depth, row.tag_text, row.vr, row.name, (row.value,), _has_children(rows, at))
        for at, (path, row) in enumerate(zip(paths, rows, strict=True))
    )


def two_files(first: Sequence[ElementRow], second: Sequence[ElementRow]) -> tuple[TagRow, ...]:
    """Rows of two files side by side; what differs, or is in one only, says so, and so do sequences around it."""
    left, right = dict(zip(_paths(first), first, strict=True)), dict(zip(_paths(second), second, strict=True))
    different: set[Path] = set()
    merged = sorted(left.keys() | right.keys())
    for path in merged:
        a, b = left.get(path), right.get(path)
        if a is None or b is None or (a.value, a.vr) != (b.value, b.vr):
            different.update(path[:end] for end in range(1, len(path) + 1))
    parents = {path[:-1] for path in merged}
    return tuple(
        _pair(path, left.get(path), right.get(path), path in different, path in parents) for path in merged
    )


def _pair(
    path: Path, first: ElementRow | None, second: ElementRow | None, is_different: bool, is_parent: bool
) -> TagRow:
    row = first or second
    assert row is not None
    difference: Difference = "differs" if is_different else ""
    if second is None:
        difference = "only first"
    elif first is None:
        difference = "only second"
    vr = row.vr if first is None or second is None or first.vr == second.vr else f"{first.vr} / {second.vr}"
    values = (first.value if first else "", second.value if second else "")
    return TagRow(path, row.depth, row.tag_text, vr, row.name, values, is_parent, difference)


def visible(
    rows: Sequence[TagRow], search: str = "", folded: Collection[Path] = (), *, only_differences: bool = False
) -> tuple[TagRow, ...]:
    """The rows to show. Each word of `search` must be in a row; the sequences around it are shown with it.

    While something is searched for, nothing is folded.
    """
    words = search.casefold().split()
    kept = [row for row in rows if not only_differences or row.difference]
    if not words:
        return tuple(
            row for row in kept if not any(row.path[:end] in folded for end in range(1, len(row.path)))
        )
    wanted: set[Path] = set()
    for row in kept:
        text = searched_text(row)
        if all(word in text for word in words):
            wanted.update(row.path[:end] for end in range(1, len(row.path) + 1))
    return tuple(row for row in kept if row.path in wanted)


def searched_text(row: TagRow) -> str:
    """What a row is found by: its tag with and without comma, its name with and without blanks, VR and values."""
    bare = row.tag_text.strip("()").replace(",", "")
    return " ".join((row.tag_text, bare, row.name, row.name.replace(" ", ""), row.vr, *row.values)).casefold()


def as_text(rows: Sequence[TagRow]) -> str:
    """Lines for the clipboard, columns by tabs; a value can't begin a formula where it is pasted."""
    return "\n".join(
        "\t".join((_indent(row) + row.tag_text, row.vr, row.name, *(_cell(value) for value in row.values)))
        for row in rows
    )


def _indent(row: TagRow) -> str:
    return "  " * row.depth


def _cell(value: str) -> str:
    if value[:1] in ("=", "@") or (value[:1] in ("+", "-") and not _is_numeric(value)):
        return f"'{value}"
    return value


def _is_numeric(value: str) -> bool:
    try:
        for part in value.split("\\"):
            float(part)
    except ValueError:
        return False
    return True


def _paths(rows: Sequence[ElementRow]) -> Iterator[Path]:
    """Where each row lies: the tags and item numbers around it. A tag that comes twice is counted."""
    around: list[tuple[int, int]] = []
    seen: dict[Path, int] = {}
    for row in rows:
        del around[row.depth :]
        path = (*around, (row.tag, row.item))
        number = seen.get(path, 0)
        seen[path] = number + 1
        if number:
            path = (*path[:-1], (row.tag, row.item + 1_000_000 * number))
        around.append(path[-1])
        yield path


def _has_children(rows: Sequence[ElementRow], at: int) -> bool:
    return at + 1 < len(rows) and rows[at + 1].depth > rows[at].depth

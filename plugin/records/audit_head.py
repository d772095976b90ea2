"""The note of the chain's end, in a file beside the log: without it, lines cut off at the end would not be missed."""

from __future__ import annotations

import json
from pathlib import Path

from plugin.records.audit_line import Head, canonical
from viewer.core.settings import write_whole

FILE_NAME = "head.json"


class HeadUnreadable(ValueError):
    """The note was changed, or is none of ours."""


def read_head(folder: Path) -> Head | None:
    """The noted end of the chain; None where no note was ever made.

    Raises:
        HeadUnreadable: See there.
        OSError: The disk refuses.
    """
    try:
        raw = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        read = json.loads(raw)
        head = Head(read["n"], read["hash"])
        if canonical({"n": head.n, "hash": head.hash}) != raw or type(head.n) is not int:
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise HeadUnreadable("the note of the log's end was changed") from None
    return head


def write_head(folder: Path, head: Head) -> None:
    """Raises OSError: the disk refuses; the old note stands."""
    write_whole(folder / FILE_NAME, canonical({"n": head.n, "hash": head.hash}).decode())

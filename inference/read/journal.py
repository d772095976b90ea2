"""progress.jsonl: one line per study that is done, on the disk before the next begins. A kill tears one at most."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from inference.errors import InvalidRequest
from inference.plain import from_plain, to_plain
from inference.read.record import Record

NAME = "progress.jsonl"
FORMAT = 1


class Journal:
    """The studies that are done, by fingerprint. The last line about a study counts.

    Args:
        folder: Where the results are.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self.kept: dict[str, Record] = {}

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def load(self) -> None:
        """Take up what an earlier run has written. Lines that are torn or of another format are looked past."""
        if not self.exists:
            return
        for line in self._path.read_bytes().split(b"\n"):
            record = _record(line)
            if record is not None:
                self.kept[record.study] = record

    def begin_anew(self) -> None:
        """Move an earlier journal aside (one is kept) and begin an empty one."""
        if self.exists:
            self._path.replace(self._path.with_suffix(".jsonl.old"))
        self.kept = {}

    def append(self, record: Record) -> None:
        """Write a study down, for good: it is on the disk when this returns."""
        line = json.dumps({"format": FORMAT, **to_plain(record)}, separators=(",", ":"))
        with self._path.open("ab") as file:
            if file.tell() and not self._ends_with_a_line():
                file.write(b"\n")  # after a line that was torn
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.kept[record.study] = record

    def _ends_with_a_line(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _record(line: bytes) -> Record | None:
    try:
        told: Any = json.loads(line)
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            return None
        return from_plain(Record, told)
    except (ValueError, RecursionError, InvalidRequest):
        return None

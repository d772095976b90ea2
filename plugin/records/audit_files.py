"""Where the audit log lies: one file of lines per month, the note of its end, and a lock for several processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from filelock import BaseFileLock, FileLock

from viewer.core.places import data_folder

LOCK_S = 10.0
_MONTH = re.compile(r"\d{4}-\d{2}\.jsonl")
_CHUNK = 1 << 16


def audit_folder() -> Path:
    """May not exist yet."""
    return data_folder() / "audit"


def lock_of(folder: Path) -> BaseFileLock:
    """Held by whoever writes. The system lets go of it when its process dies.

    Raises (when entered):
        filelock.Timeout: An OSError; another process has not let go for ten seconds.
    """
    return FileLock(folder / "audit.lock", timeout=LOCK_S, mode=0o600)


def log_files(folder: Path) -> list[Path]:
    """The months, oldest first."""
    return sorted(file for file in folder.glob("*.jsonl") if _MONTH.fullmatch(file.name))


def file_for(folder: Path, at: str) -> Path:
    """Where a line of this time goes: never into a month before the newest one, whatever the clock says."""
    known = log_files(folder)
    wanted = folder / f"{at[:7]}.jsonl"
    if not _MONTH.fullmatch(wanted.name):
        wanted = folder / "0000-00.jsonl"
    return max([wanted, *known[-1:]])


def raw_lines(file: Path, size: int | None = None) -> Iterator[bytes]:
    """Each line without its end; what stands after the last end of line comes too, with a mark of its own.

    Yields lines, then, where the file's first `size` bytes do not end with an end of line, one `Tail`.
    """
    left = file.stat().st_size if size is None else size
    with file.open("rb") as stream:
        while left > 0:
            line = stream.readline(left)
            if not line:
                return
            left -= len(line)
            yield line[:-1] if line.endswith(b"\n") else Tail(line)


class Tail(bytes):
    """The start of a line whose writing was cut off."""


def last_line(file: Path) -> tuple[bytes, bytes]:
    """The last whole line without its end, and what stands after it (nothing, where all is well)."""
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        read, start = b"", size
        while start > 0 and read.count(b"\n") < 2:
            start = max(0, start - _CHUNK)
            read = _part(stream, start, size)
    *whole, tail = read.split(b"\n")
    return (whole[-1] if whole else b"", tail)


def _part(stream: BinaryIO, start: int, end: int) -> bytes:
    stream.seek(start)
    return stream.read(end - start)

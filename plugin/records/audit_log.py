"""Appends to the audit log (SE-3). Safe against a kill at any moment and against other processes; never from the GUI
thread, because it waits for the disk and for the lock."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin.records.audit_files import audit_folder, file_for, last_line, lock_of, log_files
from plugin.records.audit_head import HeadUnreadable, read_head, write_head
from plugin.records.audit_line import AuditEntry, AuditLine, Head, NotALine, chained, line_bytes, read_line

LOG_TORN = "log_torn"
"""The program or the computer ended while a line was written; the piece was kept aside."""
LOG_BROKEN = "log_broken"
"""The log's end is not the one that was noted: something was taken away or changed by other hands."""


class AuditLog:
    """The log in one folder. Cheap to make: nothing is opened until something is appended."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or audit_folder()

    def append(self, entries: Sequence[AuditEntry]) -> tuple[AuditLine, ...]:
        """Add the entries and return them as they stand in the log: on disk, when this returns.

        Raises:
            OSError: The disk or the lock refuses. Nothing of the entries counts as written.
        """
        if not entries:
            return ()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock_of(self.folder):
            end = _mended(self.folder, entries[0].at)
            lines: list[AuditLine] = []
            for entry in (*end.tell, *entries):
                lines.append(chained(entry, _head_of(lines, end.head)))
            _write(self.folder, lines)
            with contextlib.suppress(OSError):  # the lines are there; the next call finds and notes their end
                write_head(self.folder, _head_of(lines, end.head))
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class _End:
    """Where the chain goes on, and what must be told in it first."""

    head: Head
    tell: tuple[AuditEntry, ...] = ()


def _head_of(lines: Sequence[AuditLine], otherwise: Head) -> Head:
    return Head(lines[-1].n, lines[-1].hash) if lines else otherwise


def _mended(folder: Path, at: str) -> _End:
    """Put a torn last line aside and find the end of the chain. Called with the lock held."""
    files = log_files(folder)
    tell: list[AuditEntry] = []
    raw, tail = last_line(files[-1]) if files else (b"", b"")
    noted, problem = _noted(folder)
    if (
        noted is None and not files and not problem
    ):  # before the first line there is a note: from now on one is missed
        write_head(folder, Head())
        return _End(Head())
    if tail:
        tell.append(_put_aside(files[-1], tail, at))
    if not raw and len(files) > 1:
        raw, _ = last_line(files[-2])  # the new month's first line was the torn one
    found, fault = _end_found(raw)
    if found is not None and (noted == found or (noted and _goes_on(files, noted, found))):
        return _End(found, tuple(tell))
    because = problem or fault or "lines at the end are missing"
    details = {
        "why": because,
        "noted": noted.text if noted else "",
        "found": found.text if found else "",
    }
    tell.append(AuditEntry(LOG_BROKEN, at, details=details))
    ends = [head for head in (noted, found) if head is not None]
    return _End(max(ends, key=lambda head: head.n, default=Head()), tuple(tell))


def _noted(folder: Path) -> tuple[Head | None, str]:
    try:
        noted = read_head(folder)
    except HeadUnreadable as error:
        return None, str(error)
    is_missing = noted is None and bool(log_files(folder))
    return noted, "the note of the log's end is missing" if is_missing else ""


def _end_found(raw: bytes) -> tuple[Head | None, str]:
    if not raw:
        return Head(), ""
    try:
        line = read_line(raw)
    except NotALine as error:
        return None, f"the last line was changed: {error}"
    return Head(line.n, line.hash), ""


def _goes_on(files: Sequence[Path], noted: Head, found: Head) -> bool:
    """True if the lines after the noted end follow it: written, and the program ended before it noted them."""
    before = [raw for file in files[-2:] for raw in file.read_bytes().split(b"\n") if raw]
    after = before[-(found.n - noted.n) :] if found.n > noted.n else []
    head = noted
    for raw in after:
        try:
            line = read_line(raw)
        except NotALine:
            return False
        if (line.n, line.prev) != (head.n + 1, head.hash):
            return False
        head = Head(line.n, line.hash)
    return bool(after) and head == found


def _put_aside(file: Path, tail: bytes, at: str) -> AuditEntry:
    """Keep the piece in a file of its own, and take it off the log's end."""
    digest = hashlib.sha256(tail).hexdigest()
    aside = file.with_name(f"torn-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{digest[:8]}.txt")
    aside.write_bytes(tail)
    with file.open("r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.truncate(size - len(tail))
        stream.flush()
        os.fsync(stream.fileno())
    return AuditEntry(LOG_TORN, at, details={"bytes": len(tail), "sha256": digest, "kept_as": aside.name})


def _write(folder: Path, lines: Sequence[AuditLine]) -> None:
    """All lines of one call in one write, so that a kill leaves all or nothing nearly always; the rest is mended."""
    file = file_for(folder, lines[-1].entry.at)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    descriptor = os.open(file, flags, 0o600)
    before = os.fstat(descriptor).st_size
    try:
        left = memoryview(b"".join(map(line_bytes, lines)))
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)  # a full disk took half a line: take it off again, and say so
        raise
    finally:
        os.close(descriptor)

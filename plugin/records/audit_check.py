"""Finds every changed, missing, inserted or moved line of the audit log, and every changed byte (SE-3)."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin.records.audit_files import Tail, audit_folder, lock_of, log_files, raw_lines
from plugin.records.audit_head import HeadUnreadable, read_head
from plugin.records.audit_line import AuditLine, Head, NotALine, read_line
from plugin.records.audit_log import LOG_BROKEN

MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the log is not as it was written."""

    why: str  # for the reader
    file: str = ""
    row: int = 0  # of the file, from 1
    n: int = 0  # the line's number in the chain, as far as it is known

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}: " if self.row else ""
        return f"{where}{self.why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check has found."""

    lines: int
    head: Head
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()  # not as it should be, and nobody's doing

    @property
    def is_intact(self) -> bool:
        return not self.faults

    @property
    def text(self) -> str:
        """One line for the reader: "1,204 lines, chain intact"."""
        lines = f"{self.lines:,} line{'' if self.lines == 1 else 's'}"
        if self.is_intact:
            return f"{lines}, chain intact"
        count = len(self.faults)
        places = f"{count}{' or more' if count >= MOST_FAULTS else ''} place{'' if count == 1 else 's'}"
        return f"{lines}, NOT AS WRITTEN at {places}. First: {self.faults[0]}"


def verify(folder: Path | None = None, expected: Head | None = None) -> Verdict:
    """Check the whole log: its lines, their chain, and its end.

    Args:
        folder: Where it lies; this user's own log by default.
        expected: An end of the chain that was noted down elsewhere; the log must still hold that line.

    Raises:
        OSError: The log can't be read, or another process holds it for too long.
    """
    folder = folder or audit_folder()
    if not folder.is_dir():
        return _Check(Head(), "", expected).verdict()
    with _at_rest(folder):  # only for as long as it takes to see where it ends
        sizes = [(file, file.stat().st_size) for file in log_files(folder)]
        noted, problem = _noted(folder, bool(sizes))
    check = _Check(noted, problem, expected)
    for file, size in sizes:
        for row, raw in enumerate(raw_lines(file, size), 1):
            check.see(file.name, row, raw)
    return check.verdict()


def read_log(folder: Path | None = None) -> Iterator[AuditLine]:
    """Every line that is as it was written, the oldest first; the others are left out: `verify` names them.

    Raises:
        OSError: The log can't be read.
    """
    for file in log_files(folder or audit_folder()):
        for raw in raw_lines(file):
            try:
                yield read_line(raw)
            except NotALine:
                continue


@contextlib.contextmanager
def _at_rest(folder: Path) -> Iterator[None]:
    """While nobody writes. Where nobody can, on a copy that is handed to an auditor, there is nothing to wait for."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock_of(folder))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
        yield


def _noted(folder: Path, has_lines: bool) -> tuple[Head, str]:
    try:
        noted = read_head(folder)
    except HeadUnreadable as error:
        return Head(), f"{str(error)[:1].upper()}{str(error)[1:]}."
    if noted is None and has_lines:
        return Head(), "The note of the log's end is missing."
    return noted or Head(), ""


class _Check:
    """Goes from line to line."""

    def __init__(self, noted: Head, problem: str, expected: Head | None) -> None:
        self._noted, self._expected = noted, expected
        self._knows_end = not problem
        self._faults: list[Fault] = [Fault(problem)] if problem else []
        self._notes: list[str] = []
        self._lines = 0
        self._n = 0  # of the line before
        self._hash = Head().hash  # of the line before
        self._changed = 0  # rows since then that are no lines any more
        self._tail: Fault | None = None
        self._seen: dict[int, str] = {}
        self._wanted = {noted.n, expected.n if expected else 0}

    def see(self, file: str, row: int, raw: bytes) -> None:
        if isinstance(raw, Tail):
            self._tail = Fault("The last line was cut off while it was written.", file, row, self._n + 1)
            return
        if self._tail is not None:  # only the newest file may end so
            self._faults.append(self._tail)
            self._tail = None
        self._lines += 1
        try:
            line = read_line(raw)
        except NotALine as error:
            self._changed += 1
            n = self._n + self._changed
            self._faults.append(Fault(f"Line {n} was changed: {error}.", file, row, n))
            return
        self._follow(line, file, row)

    def _follow(self, line: AuditLine, file: str, row: int) -> None:
        self._faults += [Fault(why, file, row, line.n) for why in self._doubts(line)]
        self._n, self._hash, self._changed = line.n, line.hash, 0
        if line.n in self._wanted:
            self._seen[line.n] = line.hash

    def _doubts(self, line: AuditLine) -> Iterator[str]:
        first_missing, missing = self._n + self._changed + 1, line.n - self._n - 1 - self._changed
        if line.n <= self._n:
            yield f"Line {line.n} stands again, or in another place than it was written."
        elif missing == 1:
            yield f"Line {first_missing} is missing."
        elif missing > 1:
            yield f"Lines {first_missing} to {line.n - 1} are missing."
        elif not self._changed and line.prev != self._hash:
            yield f"Line {line.n} does not follow the line before it: one of the two was changed."
        if line.entry.what == LOG_BROKEN:
            yield f"When line {line.n} was written, this had been noticed: {line.entry.details.get('why', '')}."

    def verdict(self) -> Verdict:
        noted = self._noted
        if self._tail is not None:
            if self._knows_end and noted.n <= self._n and not self._faults:
                self._notes.append(
                    "The program ended while it wrote its last line; the piece will be kept aside."
                )
            else:
                self._faults.append(self._tail)
        if self._knows_end and noted.n and self._seen.get(noted.n) != noted.hash:
            self._faults.append(Fault(self._about_the_end(noted), n=noted.n))
        elif self._knows_end and self._n > noted.n and not self._faults:
            self._notes.append(f"{self._n - noted.n} lines were written and not yet noted as the log's end.")
        expected = self._expected
        if expected is not None and expected.n and self._seen.get(expected.n) != expected.hash:
            self._faults.append(
                Fault(f"The log does not hold line {expected.n} as it was noted down.", n=expected.n)
            )
        return Verdict(
            self._lines, Head(self._n, self._hash), tuple(self._faults[:MOST_FAULTS]), tuple(self._notes)
        )

    def _about_the_end(self, noted: Head) -> str:
        if noted.n > self._n:
            return f"The log ends with line {self._n}, but line {noted.n} was noted as its end: lines are missing."
        return f"Line {noted.n} is not the one that was noted as the log's end."

"""Finds films in files, folders, ZIP files and on media with a DICOMDIR, and says of every file that gives none why.

Events stream: the first film is there before the folder is listed. A bad file never ends a scan. Small files go to
the decode worker several at a time, and files that are known and unchanged do not go there at all.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from viewer.core.errors import FilmError, NotAnImage
from viewer.core.file_stamp import FileStamp
from viewer.core.file_walk import FileEntry, directory_in, files_at, files_in_folder, files_listed
from viewer.core.reader import FilmReader
from viewer.core.study import Film, Source, Unreadable

DICOM_SUFFIXES = (".dcm", ".dicom")
FALSE_NAME = (
    "Its name says DICOM, but it is a plain picture: nobody knows whose. Rename it to open it unverified."
)

PROGRESS_EVERY = 25
MOST_IN_BATCH = 32
BATCH_BYTES = 2 * 1024 * 1024
BATCH_S = 0.1
"""On a slow medium a batch is opened when it is this old, however few files it has."""


@dataclass(frozen=True, slots=True)
class FilmFound:
    """A film that can be shown."""

    film: Film
    stamp: FileStamp | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that gives no film, and why."""

    unreadable: Unreadable


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far the scan is. `total` grows while folders are still being listed."""

    done: int
    total: int


ScanEvent = FilmFound | Skipped | ScanProgress
KnownFilm = Callable[[Source, FileStamp], Film | None]
"""Returns the film that was read from this place when the file had this stamp, None where it must be read."""

_Batch = list[FileEntry]
_Answer = Film | FilmError


def nothing_known(source: Source, stamp: FileStamp) -> Film | None:  # noqa: ARG001
    return None


def scan(
    paths: Sequence[Path],
    reader: FilmReader,
    is_stopped: Callable[[], bool] = lambda: False,
    known: KnownFilm = nothing_known,
) -> Iterator[ScanEvent]:
    """Yield a film or a reason for every file below `paths`, in the order they lie there, and progress in between.

    Args:
        paths: Files, folders (searched to the bottom), ZIP files (told by content).
        reader: Opens the films; as many batches are opened at once as it has workers.
        is_stopped: Asked between files; the scan ends soon after it says True.
        known: Asked before a file is opened.
    """
    done = total = 0
    waiting: deque[tuple[_Batch, Future[list[_Answer]]]] = deque()

    def deliver() -> Iterator[ScanEvent]:
        """The oldest batch's events; waits where it is still being opened."""
        nonlocal done
        batch, answers = waiting.popleft()
        for entry, answer in zip(batch, answers.result(), strict=True):
            if is_stopped():
                return
            yield _event(entry, answer)
            done += 1
            if done % PROGRESS_EVERY == 0:
                yield ScanProgress(done, total)

    with ThreadPoolExecutor(max_workers=reader.workers, thread_name_prefix="scan") as pool:
        try:
            for batch in _batches(_entries(paths, reader), is_stopped):
                total += len(batch)
                waiting.append((batch, pool.submit(_opened, batch, reader, known)))
                while waiting and (len(waiting) > 2 * reader.workers or waiting[0][1].done()):
                    yield from deliver()
            while waiting and not is_stopped():
                yield from deliver()
            if not is_stopped():
                yield ScanProgress(done, total)
        finally:
            pool.shutdown(cancel_futures=True)


def _entries(paths: Sequence[Path], reader: FilmReader) -> Iterator[FileEntry]:
    for path in paths:
        if path.is_dir():
            directory = directory_in(path)
            yield from (
                files_in_folder(path) if directory is None else _medium(directory, reader, is_whole=True)
            )
        elif path.name.upper() == "DICOMDIR" and path.is_file():
            yield from _medium(path, reader, is_whole=False)
        else:
            yield from files_at(path)


def _medium(directory: Path, reader: FilmReader, *, is_whole: bool) -> Iterator[FileEntry]:
    """Yield what a DICOMDIR lists, in its order, then the other files of its folder.

    Where the DICOMDIR alone was opened, the others are looked at only if it is broken, empty, or lists files that
    are not there: then something was renamed or left out.
    """
    taken = {str(directory)}
    try:
        file_ids = reader.directory(Source(directory))
    except FilmError as error:
        reason = f"The DICOMDIR can't be read ({error.reason}) Its folder was searched instead."
        yield FileEntry(Source(directory), refusal=NotAnImage(reason))
        file_ids, is_whole = (), True
    else:
        reason = (
            f"It is the directory of this medium and lists {len(file_ids):,} files; it holds no film itself."
        )
        yield FileEntry(Source(directory), refusal=NotAnImage(reason))
    for entry in files_listed(directory, file_ids):
        is_whole |= entry.refusal is not None and entry.stamp is None
        if str(entry.source.path) not in taken or entry.source.member:
            yield entry
        if not (entry.refusal and entry.stamp is None):
            taken.add(str(entry.source.path))
    if is_whole or not file_ids:
        others = files_in_folder(directory.parent)
        yield from (entry for entry in others if str(entry.source.path) not in taken)


def _batches(entries: Iterator[FileEntry], is_stopped: Callable[[], bool]) -> Iterator[_Batch]:
    """Put entries together: one at first, so that a film is soon on screen, then more and more."""
    most = 1
    batch: _Batch = []
    size, began = 0, time.monotonic()
    for entry in entries:
        if is_stopped():
            return
        own_size = entry.stamp.size if entry.stamp and not entry.refusal else 0
        if batch and (size + own_size > BATCH_BYTES or time.monotonic() - began > BATCH_S):
            yield batch
            batch, size = [], 0
        if not batch:
            began = time.monotonic()
        batch.append(entry)
        size += own_size
        if len(batch) >= most:
            yield batch
            batch, size, most = [], 0, min(2 * most, MOST_IN_BATCH)
    if batch:
        yield batch


def _opened(batch: _Batch, reader: FilmReader, known: KnownFilm) -> list[_Answer]:
    """Return a film or the reason against it for each entry; only what is not known goes to the reader."""
    answers: list[_Answer | None] = [_answer_without_reading(entry, known) for entry in batch]
    unread = [place for place, answer in enumerate(answers) if answer is None]
    for place, answer in zip(
        unread, reader.open_many([batch[place].source for place in unread]), strict=True
    ):
        answers[place] = answer
    return [answer for answer in answers if answer is not None]


def _answer_without_reading(entry: FileEntry, known: KnownFilm) -> _Answer | None:
    if entry.refusal is not None or entry.stamp is None:
        return entry.refusal
    return known(entry.source, entry.stamp)


def _event(entry: FileEntry, answer: _Answer) -> ScanEvent:
    source = entry.source
    if isinstance(answer, FilmError):
        return Skipped(Unreadable(source, answer.reason))
    name = (source.member or source.path.name).lower()
    if not answer.header.is_verified and name.endswith(DICOM_SUFFIXES):
        return Skipped(Unreadable(source, FALSE_NAME))
    return FilmFound(answer, entry.stamp)

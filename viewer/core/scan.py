"""Finds films in files, folders and ZIP files, and says of every file that gives none why.

Events stream: the first film is there before the folder is listed. A bad file never ends a scan.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from viewer.core.archive import member_names
from viewer.core.errors import FilmError, RefusedSource
from viewer.core.reader import FilmReader
from viewer.core.sniff import HEAD_BYTES, kind_of
from viewer.core.study import Film, Source, Unreadable

DICOM_SUFFIXES = (".dcm", ".dicom")
FALSE_NAME = (
    "Its name says DICOM, but it is a plain picture: nobody knows whose. Rename it to open it unverified."
)

PROGRESS_EVERY = 25


@dataclass(frozen=True, slots=True)
class FilmFound:
    """A film that can be shown."""

    film: Film


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


def scan(
    paths: Sequence[Path], reader: FilmReader, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[ScanEvent]:
    """Yield a film or a reason for every file below `paths`, in the order they lie there, and progress in between.

    Args:
        paths: Files, folders (searched to the bottom), ZIP files (told by content).
        reader: Opens the films; as many files are opened at once as it has workers.
        is_stopped: Asked between files; the scan ends soon after it says True.
    """
    done = total = 0
    waiting: deque[tuple[Source, Future[Film] | FilmError]] = deque()
    with ThreadPoolExecutor(max_workers=reader.workers, thread_name_prefix="scan") as pool:
        try:
            for found in _sources(paths):
                if is_stopped():
                    return
                total += 1
                source, refusal = found
                waiting.append((source, refusal or pool.submit(reader.open, source)))
                while waiting and (len(waiting) > 2 * reader.workers or _is_done(waiting[0][1])):
                    yield _event(*waiting.popleft())
                    done += 1
                    if done % PROGRESS_EVERY == 0:
                        yield ScanProgress(done, total)
            while waiting and not is_stopped():
                yield _event(*waiting.popleft())
                done += 1
            yield ScanProgress(done, total)
        finally:
            pool.shutdown(cancel_futures=True)


def _is_done(answer: Future[Film] | FilmError) -> bool:
    return isinstance(answer, FilmError) or answer.done()


def _event(source: Source, answer: Future[Film] | FilmError) -> ScanEvent:
    if isinstance(answer, FilmError):
        return Skipped(Unreadable(source, answer.reason))
    try:
        film = answer.result()
    except FilmError as error:
        return Skipped(Unreadable(source, error.reason))
    if not film.header.is_verified and (source.member or source.path.name).lower().endswith(DICOM_SUFFIXES):
        return Skipped(Unreadable(source, FALSE_NAME))
    return FilmFound(film)


def _sources(paths: Sequence[Path]) -> Iterator[tuple[Source, FilmError | None]]:
    """Yield every file to open, or why it is not opened."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)


def _folder(root: Path) -> Iterator[tuple[Source, FilmError | None]]:
    """Walk a folder by name. Links are followed only where they stay inside what was dropped."""
    real_root = os.path.realpath(root)
    unlistable: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=unlistable.append):
        folders.sort()
        for link in [name for name in folders if os.path.islink(os.path.join(folder, name))]:  # noqa: PTH114, PTH118
            yield (
                Source(Path(folder, link)),
                RefusedSource("It is a link to another folder; it was not followed."),
            )
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(real_root):
                yield Source(path), RefusedSource("It is a link out of the folder; it was not followed.")
            else:
                yield from _file(path)
    for error in unlistable:
        yield (
            Source(Path(str(error.filename))),
            RefusedSource(f"The folder can't be listed: {error.strerror}."),
        )


def _file(path: Path) -> Iterator[tuple[Source, FilmError | None]]:
    """Yield a file, or what is in it where it is a ZIP file."""
    if not path.is_file():
        reason = "It is a pipe or device, not a file." if path.exists() else "There is no such file."
        yield Source(path), RefusedSource(reason)
        return
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD_BYTES))
    except OSError as error:
        yield Source(path), RefusedSource(f"The file can't be read: {error.strerror}.")
        return
    if kind != "zip":
        yield Source(path), None
        return
    try:
        for entry in member_names(path):
            name, refusal = (entry, None) if isinstance(entry, str) else entry
            yield Source(path, name), refusal
    except FilmError as error:
        yield Source(path), error

"""Lists the files below what was dropped, looks at their first bytes, and refuses what is no place for a film."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.core.archive import member_names
from viewer.core.errors import FilmError, NotAnImage, RefusedSource
from viewer.core.file_stamp import FileStamp
from viewer.core.sniff import HEAD_BYTES, kind_of, why_no_film
from viewer.core.study import Source


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file to open, or why it is not opened."""

    source: Source
    stamp: FileStamp | None = None  # None where there is no plain file
    refusal: FilmError | None = None


def files_in_folder(root: Path) -> Iterator[FileEntry]:
    """Walk a folder to the bottom, by name. Links are followed only where they stay inside what was dropped."""
    real_root = os.path.realpath(root)
    unlistable: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=unlistable.append):
        folders.sort()
        for link in [name for name in folders if os.path.islink(os.path.join(folder, name))]:  # noqa: PTH114, PTH118
            yield _refused(Path(folder, link), "It is a link to another folder; it was not followed.")
        for name in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118 - ten thousand files: a Path each costs as much as the rest
            if os.path.islink(path) and not Path(os.path.realpath(path)).is_relative_to(real_root):  # noqa: PTH114
                yield _refused(Path(path), "It is a link out of the folder; it was not followed.")
            else:
                yield from files_at(Path(path))
    for error in unlistable:
        yield _refused(Path(str(error.filename)), f"The folder can't be listed: {error.strerror}.")


def files_at(path: Path) -> Iterator[FileEntry]:
    """Yield one file, or what is in it where it is a ZIP file (told by content)."""
    try:
        looked = _look_at(path)
    except FileNotFoundError:
        yield _refused(path, "There is no such file.")
        return
    except OSError as error:
        yield _refused(path, f"The file can't be read: {error.strerror}.")
        return
    if looked is None:
        yield _refused(path, "It is a pipe or device, not a file.")
        return
    stamp, head = looked
    kind = kind_of(head)
    if kind == "zip":
        yield from _zip_members(path, stamp)
    elif (
        kind == "unknown"
    ):  # a viewer on a CD has hundreds of megabytes of programs that nobody needs to load
        yield FileEntry(Source(path), stamp, NotAnImage(why_no_film(head)))
    else:
        yield FileEntry(Source(path), stamp)


def directory_in(folder: Path) -> Path | None:
    """The DICOMDIR at the top of a medium, however its letters are written; None where there is none."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.upper() == "DICOMDIR")
    except OSError:
        return None
    return next((folder / name for name in names if (folder / name).is_file()), None)


def files_listed(directory: Path, file_ids: Sequence[tuple[str, ...]]) -> Iterator[FileEntry]:
    """Yield the files that a DICOMDIR lists. What points out of its folder, or is not there, has its reason."""
    root = directory.parent
    real_root = os.path.realpath(root)
    names = _NamesOnMedium()
    for parts in file_ids:
        listed = Source(directory, "/".join(parts))
        if not all(map(_is_plain_name, parts)):
            reason = "The DICOMDIR points out of its folder; it was not opened."
            yield FileEntry(listed, refusal=RefusedSource(reason))
            continue
        path = names.find(root, parts)
        if path is None:
            reason = "The DICOMDIR lists this file, but it is not there."
            yield FileEntry(listed, refusal=RefusedSource(reason))
        elif not Path(os.path.realpath(path)).is_relative_to(real_root):
            yield _refused(path, "It is a link out of the folder; it was not followed.")
        else:
            yield from files_at(path)


def _is_plain_name(part: str) -> bool:
    return part not in ("", ".", "..") and not any(mark in part for mark in "/\\:\0")


class _NamesOnMedium:
    """Finds names as a CD is read by different systems: other case, a version ";1", a dot at the end."""

    def __init__(self) -> None:
        self._names: dict[Path, dict[str, str]] = {}

    def find(self, root: Path, parts: Sequence[str]) -> Path | None:
        path = root
        for part in parts:
            name = self._names_in(path).get(_folded_name(part))
            if name is None:
                return None
            path = path / name
        return path

    def _names_in(self, folder: Path) -> dict[str, str]:
        if folder not in self._names:
            try:
                listed = sorted(os.listdir(folder), reverse=True)  # noqa: PTH208 - names, not paths
            except OSError:
                listed = []
            self._names[folder] = {_folded_name(name): name for name in listed}
        return self._names[folder]


def _folded_name(name: str) -> str:
    return name.split(";", 1)[0].rstrip(".").casefold()


def stamp_of(path: Path) -> FileStamp | None:
    """The stamp of a plain file; None where there is none or its medium does not answer."""
    try:
        info = path.stat()
    except OSError:
        return None
    return FileStamp(info.st_size, info.st_mtime_ns) if stat.S_ISREG(info.st_mode) else None


def _look_at(path: Path) -> tuple[FileStamp, bytes] | None:
    """Return a plain file's stamp and first bytes; None for anything else, which is not opened: it could block.

    Raises:
        OSError: It is not there, or may not be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        return None
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        info = os.fstat(file)
        return FileStamp(info.st_size, info.st_mtime_ns), os.read(file, HEAD_BYTES)
    finally:
        os.close(file)


def _zip_members(path: Path, stamp: FileStamp) -> Iterator[FileEntry]:
    try:
        for entry in member_names(path):
            name, refusal = (entry, None) if isinstance(entry, str) else entry
            yield FileEntry(Source(path, name), stamp, refusal)
    except FilmError as error:
        yield FileEntry(Source(path), stamp, error)


def _refused(path: Path, reason: str) -> FileEntry:
    return FileEntry(Source(path), refusal=RefusedSource(reason))

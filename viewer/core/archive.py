"""ZIP files as folders of films: listed and read in memory, nothing is ever written to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from viewer.core.errors import FilmError, OversizedFilm, RefusedSource

MAX_MEMBERS = 100_000
MAX_RATIO = 100
MAX_MEMBER_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 2
NESTED = "!/"
"""Between the path of a ZIP inside a ZIP and the path inside that: `inner.zip!/film.dcm`."""

_SMALL = 1024 * 1024  # a ratio says nothing about a small file
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, RuntimeError)


def member_names(path: Path) -> Iterator[str | tuple[str, FilmError]]:
    """Yield the members of a ZIP file, those of ZIPs inside it too: a name, or a name and why it is refused.

    Raises:
        RefusedSource: It is no ZIP file that can be read, or has more than MAX_MEMBERS members.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _names(archive, "", depth=1)
    except _BROKEN as error:
        raise RefusedSource(f"The ZIP file can't be read ({error}).") from error


def read_member(path: Path, member: str) -> bytes:
    """Return the bytes of one member.

    Raises:
        FilmError: It is refused (see `check_member`), missing or broken.
    """
    try:
        with path.open("rb") as file:
            return _read(file, member, depth=1)
    except _BROKEN as error:
        raise RefusedSource(f"This part of the ZIP file can't be read ({error}).") from error


def check_member(info: zipfile.ZipInfo) -> None:
    """Refuse a member that no honest archive of films has.

    Raises:
        RefusedSource: Its path leaves the archive, it is encrypted, or it is no plain file.
        OversizedFilm: It inflates to more than MAX_MEMBER_BYTES, or to more than MAX_RATIO times its size.
    """
    name = info.filename.replace("\\", "/")
    if ".." in PurePosixPath(name).parts or name.startswith("/") or name[1:2] == ":" or "\0" in info.filename:
        raise RefusedSource("Its path points out of the ZIP file; it was not opened.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise RefusedSource("It is a link or a device inside the ZIP file; it was not opened.")
    if info.flag_bits & 0x1:
        raise RefusedSource("It is encrypted. Unpack the ZIP file with its password, then open the folder.")
    if info.file_size > MAX_MEMBER_BYTES:
        raise OversizedFilm(f"It would unpack to {info.file_size:,} bytes, more than a film may have.")
    if info.file_size > _SMALL and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise OversizedFilm(f"It would unpack to more than {MAX_RATIO} times its size; it was not opened.")


def _names(archive: zipfile.ZipFile, before: str, depth: int) -> Iterator[str | tuple[str, FilmError]]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise RefusedSource(f"The ZIP file has more than {MAX_MEMBERS:,} members and was not opened.")
    seen: set[str] = set()
    for info in infos:
        if info.is_dir():
            continue
        name = before + info.filename
        try:
            if info.filename in seen:
                raise RefusedSource("The ZIP file has this name twice; the last one was opened.")
            seen.add(info.filename)
            check_member(info)
            if not _is_zip(archive, info):
                yield name
            elif depth >= MAX_DEPTH:
                raise RefusedSource(f"ZIP files more than {MAX_DEPTH} deep in each other are not opened.")
            else:
                with zipfile.ZipFile(BytesIO(_member_bytes(archive, info))) as inner:
                    yield from _names(inner, name + NESTED, depth + 1)
        except FilmError as error:
            yield name, error
        except _BROKEN as error:
            yield name, RefusedSource(f"This part of the ZIP file can't be read ({error}).")


def _is_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    with archive.open(info) as member:
        return member.read(4) == b"PK\x03\x04"


def _read(file: BinaryIO, member: str, depth: int) -> bytes:
    with zipfile.ZipFile(file) as archive:
        try:
            return _member_bytes(archive, archive.getinfo(member))
        except KeyError:
            outer, divider, inner = member.partition(NESTED)
            if not divider or depth >= MAX_DEPTH:
                raise RefusedSource("There is no such file in the ZIP file.") from None
        return _read(BytesIO(_member_bytes(archive, archive.getinfo(outer))), inner, depth + 1)


def _member_bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    check_member(info)
    with archive.open(info) as member:
        content = member.read(MAX_MEMBER_BYTES + 1)  # the size in the directory is only a claim
    if len(content) > MAX_MEMBER_BYTES:
        raise OversizedFilm("It unpacks to more than a film may have; it was not opened.")
    return content

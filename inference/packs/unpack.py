"""A pack out of a tar archive, without trusting the archive: plain files only, inside one folder, within a size."""

from __future__ import annotations

import errno
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from inference.errors import PackRefused
from inference.packs.manifest import MANIFEST

MOST_FILES = 1000
MOST_BYTES = 200 << 30


def unpack(archive: Path, folder: Path, most_bytes: int = MOST_BYTES) -> Path:
    """Write the archive's files below `folder`.

    Links, devices, absolute paths, `..`, too many and too large files are refused before anything of them is written;
    modes and owners are not taken over.

    Returns:
        The folder with the manifest: `folder`, or the one folder in it.

    Raises:
        PackRefused: It is no tar archive, or holds something that a pack must not; the message names it.
    """
    most_bytes = min(most_bytes, shutil.disk_usage(folder).free)
    try:
        with tarfile.open(archive) as tar:
            for member, path in _members(tar, archive, folder, most_bytes):
                path.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                if content is None:
                    raise PackRefused(f"{archive}: “{member.name[:200]}” is no plain file.")
                with content, path.open("xb") as target:
                    shutil.copyfileobj(content, target, 1 << 20)
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise PackRefused(f"{archive} can't be unpacked: {error}.") from error
    inside = [folder, *(path for path in folder.iterdir() if path.is_dir())]
    found = [one for one in inside if (one / MANIFEST).is_file()]
    if len(found) != 1:
        raise PackRefused(
            f"{archive} holds no pack: {MANIFEST} lies neither at its top nor in its one folder."
        )
    return found[0]


def _members(
    tar: tarfile.TarFile, archive: Path, folder: Path, most_bytes: int
) -> Iterator[tuple[tarfile.TarInfo, Path]]:
    total = 0
    for number, member in enumerate(tar, start=1):
        name = member.name.removeprefix("./")
        parts = PurePosixPath(name).parts
        leaves = name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name
        if leaves:
            raise PackRefused(f"{archive}: “{member.name[:200]}” leaves the pack's folder.")
        if member.isdir():
            continue
        if not member.isreg() or not parts:
            raise PackRefused(f"{archive}: “{member.name[:200]}” is a link or no plain file.")
        total += member.size
        if number > MOST_FILES or total > most_bytes:
            raise PackRefused(
                f"{archive} holds more than fits: {number} files, {total / 2**30:.1f} GiB so far."
            )
        yield member, folder.joinpath(*parts)

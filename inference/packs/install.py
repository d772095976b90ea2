"""Puts packs in place and takes them away: every byte checked first, one rename, nothing half done."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inference.errors import ModelNotInstalled, PackError
from inference.packs import trust
from inference.packs.files import is_litter
from inference.packs.manifest import Manifest
from inference.packs.store import (
    BUNDLED,
    DEFAULT_PACK,
    PREVIOUS,
    Pack,
    installed_packs,
    open_pack,
    pack_folders,
    user_packs_dir,
)
from inference.packs.unpack import unpack

SHARED_BYTES = 1 << 20
"""Files from this size on are kept once on the disk where two packs have the same."""


@contextlib.contextmanager
def opened_source(source: Path) -> Iterator[Path]:
    """The pack's folder in `source`, which is that folder or a tar archive (unpacked beside where packs live).

    Raises:
        PackRefused: The archive can't be trusted.
    """
    if source.is_dir():
        yield source
        return
    root = user_packs_dir()
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=root) as scratch:
        yield unpack(source, Path(scratch))


def install(source: Path, *, replace: bool = False) -> Pack:
    """Copy a pack to where packs live, check every byte of the copy, then rename it into place.

    A pack that is replaced is kept beside it as `.previous-ID` until the next replacement; it is used again if the new
    one fails its self-test.

    Args:
        source: The pack's folder (on a USB stick, for instance).
        replace: Put it in the place of a pack with the same id.

    Raises:
        PackRefused: The source or its copy is not what the manifest says.
        ReleaseRefused: It is a film generator of ours without a clean privacy report of its weights.
        PackError: The id is taken and `replace` is off, or the disk is too small.
    """
    manifest = open_pack(source).manifest  # by samples; the copy is hashed whole
    root = user_packs_dir()
    target = root / manifest.id
    if target.exists() and not replace:
        taken = PackError(f"A pack “{manifest.id}” is in {root} already.")
        taken.remedy = "Add --replace to put this one in its place; the old one is kept beside it."
        raise taken
    root.mkdir(parents=True, exist_ok=True)
    _check_space(root, manifest)
    with tempfile.TemporaryDirectory(prefix=".install-", dir=root) as scratch:
        copy = Path(scratch) / manifest.id
        shutil.copytree(source, copy, symlinks=True, ignore=_litter)
        open_pack(copy, whole=True)
        _check_release(copy, manifest)
        _share(copy, manifest)
        if target.exists():
            _keep_previous(target)
        copy.rename(target)
    return open_pack(target)


def _check_release(copy: Path, manifest: Manifest) -> None:
    """A generator that may have learnt films by heart is not put in place."""
    from inference.synthesis.privacy.gate import check_release

    check_release(copy, manifest)


def remove(id: str) -> list[Path]:
    """Delete a pack and its previous version.

    Returns:
        What was deleted.

    Raises:
        ModelNotInstalled: There is no such pack.
        PackError: It comes with the program, another pack needs it, or nothing that works would be left.
    """
    mine = removable(id)
    for folder in mine:
        doomed = folder.with_name(f".removed-{os.getpid()}-{folder.name.lstrip('.')}")
        folder.rename(doomed)  # at once for whoever looks
        shutil.rmtree(doomed)
    return mine


def removable(id: str) -> list[Path]:
    """The folders that `remove` would delete; raises as it does."""
    folders = pack_folders(id)
    if not folders:
        raise ModelNotInstalled(id, user_packs_dir())
    mine = [folder for folder in folders if folder.parent != BUNDLED]
    if not mine:
        raise _kept(f"“{id}” comes with the program and can't be removed.")
    if needing := [
        one.manifest.id for one in _working_packs() if one.base is not None and one.base.folder in mine
    ]:
        raise _kept(f"“{id}” is what the adapter “{needing[0]}” works on; remove that one first.")
    if id == DEFAULT_PACK and not any(_works(folder) for folder in folders if folder not in mine):
        raise _kept(f"“{id}” is the last working version of the pack that is read with by default.")
    return mine


def _kept(why: str) -> PackError:
    error = PackError(why)
    error.remedy = "Nothing was removed. `sidelight packs list` shows what is here."
    return error


def _works(folder: Path) -> bool:
    try:
        return trust.quarantine_of(open_pack(folder).sha256) is None
    except PackError:
        return False


def _working_packs() -> Iterator[Pack]:
    for folder in installed_packs():
        with contextlib.suppress(PackError):
            yield open_pack(folder)


def _keep_previous(target: Path) -> None:
    previous = target.with_name(PREVIOUS.format(id=target.name))
    if previous.exists() and not _works(target) and _works(previous):
        shutil.rmtree(target)  # the version before it is the one that works
        return
    shutil.rmtree(previous, ignore_errors=True)
    target.rename(previous)


def _check_space(root: Path, manifest: Manifest) -> None:
    needed, free = sum(file.size for file in manifest.files), shutil.disk_usage(root).free
    if free < needed:
        raise PackError(f"The pack takes {needed / 2**30:.1f} GiB; {root} has {free / 2**30:.1f} GiB free.")


def _litter(_: str, names: list[str]) -> set[str]:
    return {name for name in names if is_litter(name)}


def _share(copy: Path, manifest: Manifest) -> None:
    """Let large files be the same ones as those of packs that are here, where the file system can."""
    known = {
        file.sha256: pack.folder / file.name
        for pack in _working_packs()
        for file in pack.manifest.files
        if file.size >= SHARED_BYTES and pack.folder.parent == user_packs_dir()
    }
    for file in manifest.files:
        if (same := known.get(file.sha256)) is not None:
            link = copy / f"{file.name}.link"
            with contextlib.suppress(OSError):
                link.hardlink_to(same)
                link.replace(copy / file.name)

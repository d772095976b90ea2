"""Which files a published revision has, how large they are and what they hash to: a Hugging Face listing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import PackError, PackRefused
from inference.packs.files import sha256_of
from inference.packs.manifest import PackFile

WANTED_SUFFIXES = (".safetensors", ".json", ".txt", ".md")
WANTED_NAMES = ("tokenizer.model",)
REVISION = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of a revision."""

    name: str  # with `/`, inside the folder
    size: int
    sha256: str  # of large files (Git LFS); empty for small ones
    git_id: str  # SHA-1 of a small file as git stores it

    def is_at(self, path: Path) -> bool:
        """True if the file at `path` is this one, to the last byte."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        if self.sha256:
            return sha256_of(path) == self.sha256
        content = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == self.git_id  # noqa: S324  # git's own


def check_revision(revision: str) -> str:
    """The revision, if it is one: a branch or a tag can mean something else tomorrow.

    Raises:
        PackError: It is none.
    """
    if not REVISION.fullmatch(revision):
        told = (
            f"“{revision}” is no revision"
            if revision
            else "No revision was named, and the catalogue has none"
        )
        unpinned = PackError(f"{told}: 40 hexadecimal digits are one; a branch's name can change.")
        unpinned.remedy = (
            "Look it up on the repository's page, see what it holds, and name it: --revision SHA."
        )
        raise unpinned
    return revision


def wanted_files(listing: list[Any]) -> tuple[tuple[PublishedFile, ...], tuple[str, ...]]:
    """Split a listing (`/api/models/…/tree/…`) into what is fetched and the names of what is left alone.

    Raises:
        PackRefused: The listing is not what it should be, or names a file outside its folder.
    """
    wanted: list[PublishedFile] = []
    left: list[PublishedFile] = []
    for told in listing:
        if not isinstance(told, Mapping):
            raise PackRefused("The listing of the repository is not what it should be.")
        if told.get("type") != "file":
            continue
        file = _file(told)
        is_wanted = file.name.endswith(WANTED_SUFFIXES) or file.name.split("/")[-1] in WANTED_NAMES
        (wanted if is_wanted else left).append(file)
    return tuple(wanted), tuple(file.name for file in left)


def _file(told: Mapping[str, Any]) -> PublishedFile:
    large = told.get("lfs") or {}
    try:
        size = int(large.get("size", told["size"]))
        checked = PackFile(name=told["path"], size=size, sha256=large.get("oid", "0" * 64))
        git_id = str(told["oid"])
    except (KeyError, TypeError, ValueError) as error:
        raise PackRefused(
            f"The listing of the repository names a file that can't be fetched: {error}."
        ) from error
    return PublishedFile(checked.name, size, checked.sha256 if large else "", git_id)

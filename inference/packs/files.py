"""The files of a pack, looked at before anything reads them: kinds by name and by content, sizes, hashes.

Only safetensors, ONNX, JSON and plain text are ever opened. Whatever could run code when it is loaded (pickles under
any name, Python files, ONNX operators from elsewhere) is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from inference.errors import PackRefused
from inference.packs.manifest import MANIFEST, PackFile
from inference.packs.onnx_files import check_onnx
from inference.packs.tensor_files import read_header

ALLOWED_SUFFIXES = (".safetensors", ".json", ".onnx", ".txt", ".md", ".sig")
ALWAYS_HASHED_BYTES = 256 * 2**20
"""Files up to this size are hashed whole whenever a pack is opened; larger ones by samples, and whole on `verify`."""
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
MAX_TEXT_BYTES = 64 * 2**20
_BLOCK = 2**20
_PICKLE_PROTOCOLS = tuple(bytes([0x80, number]) for number in range(1, 8))
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")


def is_litter(name: str) -> bool:
    """True for what an operating system leaves in a folder that somebody looked into. It is never opened."""
    return name in LITTER or name.startswith("._")


def files_of(folder: Path) -> Iterator[str]:
    """Names of all files below `folder`, with `/`. Raises PackRefused at the first link or other odd thing."""
    for root, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            path = Path(root, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise PackRefused(f"{path} is a link or no plain file.")
        yield from (Path(root, name).relative_to(folder).as_posix() for name in files if not is_litter(name))


def check_files(folder: Path, files: tuple[PackFile, ...], *, whole: bool) -> None:
    """Hold every file against the manifest.

    Args:
        folder: The pack's folder.
        files: What the manifest names.
        whole: Hash large files whole too, not by samples.

    Raises:
        PackRefused: Names the first file that is missing, too many, of a refused kind, or changed.
    """
    named = {file.name for file in files}
    for name in files_of(folder):
        check_kind(folder / name)
        if name != MANIFEST and name not in named:
            raise PackRefused(f"{folder / name} is in the pack, but not in its manifest.")
        if name.lower().endswith(".onnx"):
            _check_external(folder / name, named, PurePosixPath(name).parent)
    for file in files:
        _check_file(folder / file.name, file, whole=whole)


def _check_external(path: Path, named: set[str], beside: PurePosixPath) -> None:
    """Files that hold tensors of an ONNX file are files of the pack, hashed like all others."""
    for other in check_onnx(path):
        if (beside / other).as_posix() not in named:
            raise PackRefused(f"{path} keeps tensors in {other}, which the manifest does not name.")


def check_kind(path: Path) -> None:
    """Raise PackRefused unless the file is of an allowed kind, by its name and by its content."""
    if path.suffix.lower() not in ALLOWED_SUFFIXES:
        kinds = " ".join(ALLOWED_SUFFIXES)
        raise PackRefused(f"{path} is of a kind that is never opened. Allowed are {kinds}.")
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith((*_PICKLE_PROTOCOLS, *_ARCHIVES)):
        raise PackRefused(f"{path} is a pickle or an archive in truth, whatever its name says.")
    match path.suffix.lower():
        case ".safetensors":
            read_header(path)
        case ".onnx":
            check_onnx(path)
        case ".json" | ".txt" | ".md":
            _check_text(path)


def describe(folder: Path, name: str) -> PackFile:
    """The manifest's entry for one file."""
    path = folder / name
    size = path.stat().st_size
    sample = sample_sha256(path) if size > ALWAYS_HASHED_BYTES else None
    return PackFile(name=name, size=size, sha256=sha256_of(path), sample_sha256=sample)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sample_sha256(path: Path) -> str:
    """SHA-256 over the first, the middle and the last MiB of a file: quick, and finds a broken copy."""
    size = path.stat().st_size
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for start in (0, max(size // 2 - _BLOCK // 2, 0), max(size - _BLOCK, 0)):
            file.seek(start)
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _check_file(path: Path, file: PackFile, *, whole: bool) -> None:
    if not path.is_file():
        raise PackRefused(f"{path} is missing.")
    if (size := path.stat().st_size) != file.size:
        raise PackRefused(f"{path} has {size} bytes; its manifest says {file.size}.")
    if whole or size <= ALWAYS_HASHED_BYTES:
        is_same = sha256_of(path) == file.sha256
    else:
        is_same = file.sample_sha256 is None or sample_sha256(path) == file.sample_sha256
    if not is_same:
        raise PackRefused(f"{path} is not the file its manifest names: its SHA-256 differs.")


def _check_text(path: Path) -> None:
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise PackRefused(f"{path} is far too large for a text.")
    try:
        text = path.read_bytes().decode("utf-8")
        if path.suffix.lower() == ".json":
            json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackRefused(f"{path} is no {path.suffix[1:]} file, whatever its name says: {error}.") from error

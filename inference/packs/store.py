"""Model packs: a folder with a manifest and the files it names. Found, checked, opened, written. Nothing is downloaded.

A pack is `manifest.json` + `config.json` + `model.safetensors` (or shards with their index) + `tokenizer.json` +
`preprocessor_config.json`; an adapter has `adapter_model.safetensors` + `adapter_config.json` for the weights, and
names the pack that it works on by the SHA-256 of that pack's manifest. A generator's pack (`cxr-sd`) is a folder in
diffusers layout with `synthesis.json`, and `control/` for its adapter (`inference.synthesis.networks`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import ValidationError

from inference.errors import ModelNotInstalled, PackQuarantined, PackRefused, WrongPack
from inference.packs import trust
from inference.packs.files import check_files, check_kind, describe, files_of
from inference.packs.manifest import (
    ARCHITECTURES,
    GENERATOR,
    ID_PATTERN,
    MANIFEST,
    READER,
    SCHEMA_VERSION,
    Base,
    Manifest,
)
from viewer.core.places import data_folder

logger = logging.getLogger(__name__)

PACKS_DIR_VARIABLE = "SIDELIGHT_PACKS_DIR"
DEFAULT_PACK = "starter"
DEFAULT_GENERATOR = "starter-synth"
BUNDLED = Path(__file__).parent.parent / "bundled"

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
PREPROCESSOR = "preprocessor_config.json"
INDEX = "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
REQUIRED = {
    READER: (CONFIG, TOKENIZER, PREPROCESSOR),
    GENERATOR: (
        "model_index.json",
        "synthesis.json",
        "scheduler/scheduler_config.json",
        *(f"{part}/config.json" for part in ("unet", "vae", "text_encoder")),
        *(f"{part}/diffusion_pytorch_model.safetensors" for part in ("unet", "vae")),
        "text_encoder/model.safetensors",
    ),
}
PREVIOUS = ".previous-{id}"
"""Folder of the version that was there before the last replacement."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was checked when it was opened."""

    folder: Path
    manifest: Manifest
    sha256: str  # of the manifest, which names the SHA-256 of every file
    base: Pack | None = None  # the pack that an adapter works on


def open_pack(folder: Path, *, whole: bool = False) -> Pack:
    """Check a folder against its manifest and return it as a pack.

    Args:
        folder: The pack's folder.
        whole: Hash files beyond 256 MiB whole as well (`sidelight packs verify`), not by samples.

    Raises:
        PackRefused: Something is missing, changed, of a refused kind, or not known to this program; the message
            names the file.
        ModelNotInstalled: It is an adapter, and the pack that it works on is not here.
    """
    path = folder / MANIFEST
    if folder.is_symlink() or path.is_symlink() or not path.is_file():
        raise PackRefused(f"{folder} is no model pack: it has no plain {MANIFEST}.")
    check_kind(path)
    content = path.read_bytes()
    manifest = _manifest(content, path)
    _check_architecture(manifest, folder)
    check_files(folder, manifest.files, whole=whole)
    base = None if manifest.base is None else _base(manifest.base, folder)
    return Pack(folder, manifest, hashlib.sha256(content).hexdigest(), base)


def find_pack(id: str | None = None, architecture: str = READER) -> Pack:
    """Open a pack by its id, or by its folder's path. None is the bundled starter: the one that reads, or that draws.

    Ids are looked up in `SIDELIGHT_PACKS_DIR`, then the user's data folder, then the program's own packs. The first
    that is there is opened; if it is damaged it is refused, and no other takes its place silently. If it is in
    quarantine, the last version that is not takes its place, and the log says so.

    Raises:
        ModelNotInstalled: There is no such pack.
        PackRefused: It is there, but not as its manifest says.
        PackQuarantined: It failed its self-test here, and there is no other version of it.
        WrongPack: It is sound, but of another architecture: it draws where one that reads is wanted, or reads.
    """
    name = id or (DEFAULT_GENERATOR if architecture == GENERATOR else DEFAULT_PACK)
    folders = pack_folders(name)
    if not folders:
        raise ModelNotInstalled(name, user_packs_dir())
    pack = open_pack(folders[0])
    check_architecture(pack, architecture)
    found = trust.quarantine_of(pack.sha256)
    return (
        pack
        if found is None
        else _working(folders[1:], PackQuarantined(name, pack.manifest.version, found.reason))
    )


def check_architecture(pack: Pack, wanted: str) -> None:
    """Raises WrongPack unless the pack is of this architecture."""
    if pack.manifest.architecture != wanted:
        raise WrongPack(pack.manifest.id, reads=pack.manifest.architecture == READER)


def pack_folders(name: str) -> list[Path]:
    """Where a pack of this id or path may be, the one that counts first; later ones are other versions of it."""
    if not re.match(ID_PATTERN, name):
        return [Path(name)] if Path(name).is_dir() else []
    found = [root / one for root in search_path() for one in (name, PREVIOUS.format(id=name))]
    beside = Path(name)  # a folder beside the caller, named without any slash
    folders = [folder for folder in found if folder.is_dir()]
    has_own = any(folder.name == name for folder in folders)
    return folders if has_own else [beside] if (beside / MANIFEST).is_file() else []


def _working(folders: list[Path], quarantined: PackQuarantined) -> Pack:
    for folder in folders:
        try:
            pack = open_pack(folder)
        except PackRefused:
            continue
        if trust.quarantine_of(pack.sha256) is None:
            logger.warning("%s Version %s in %s is used.", quarantined, pack.manifest.version, folder)
            return pack
    raise quarantined


def installed_packs() -> Iterator[Path]:
    """Folders of all packs, in the order of `find_pack`; of packs with the same folder name the first only."""
    seen: set[str] = set()
    for root in search_path():
        for folder in sorted(root.iterdir()) if root.is_dir() else []:
            if (
                re.match(ID_PATTERN, folder.name)
                and (folder / MANIFEST).is_file()
                and folder.name not in seen
            ):
                seen.add(folder.name)
                yield folder


def search_path() -> tuple[Path, ...]:
    """Folders that packs are looked for in."""
    named = os.environ.get(PACKS_DIR_VARIABLE)
    system = Path(platformdirs.user_data_dir("sidelight", appauthor=False)) / "packs"
    user = dict.fromkeys((data_folder() / "packs", system))  # two, where SIDELIGHT_HOME names a folder
    return (*((Path(named),) if named else ()), *user, BUNDLED)


def user_packs_dir() -> Path:
    """Where `sidelight packs install` puts packs: `SIDELIGHT_PACKS_DIR`, or the user's data folder.

    `SIDELIGHT_HOME` names the latter, as for everything that is the user's.
    """
    return search_path()[0]


def manifest_sha256(pack: Pack) -> str:
    """SHA-256 of the pack's manifest. It names every file's, so it stands for the whole pack."""
    return pack.sha256


def write_manifest(folder: Path, about: dict[str, Any]) -> Pack:
    """Write `manifest.json` for the files that lie in `folder`, then open the pack.

    Args:
        folder: Holds the pack's files and nothing else.
        about: All fields of `Manifest` but `files` and `schema_version`.

    Raises:
        PackRefused: A field is missing or wrong, or a file is of a refused kind.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    files = [describe(folder, name).model_dump(exclude_none=True) for name in sorted(files_of(folder))]
    content = (
        json.dumps({"schema_version": SCHEMA_VERSION, **about, "files": files}, indent=2, ensure_ascii=False)
        + "\n"
    )
    _manifest(content.encode(), folder / MANIFEST)
    (folder / MANIFEST).write_text(content, encoding="utf-8", newline="\n")
    return open_pack(folder)


def _manifest(content: bytes, path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        place = f"“{where}”: " if where else ""
        raise PackRefused(f"{path}: {place}{first['msg']}.") from error


def _check_architecture(manifest: Manifest, folder: Path) -> None:
    if manifest.architecture not in ARCHITECTURES:
        raise PackRefused(
            f"{folder}: architecture “{manifest.architecture}” is not known to this program; "
            f"known are: {', '.join(ARCHITECTURES)}."
        )
    named = {file.name for file in manifest.files}
    weights = (ADAPTER_WEIGHTS, ADAPTER_CONFIG) if manifest.base else ()
    if missing := [name for name in (*REQUIRED[manifest.architecture], *weights) if name not in named]:
        raise PackRefused(f"{folder}: the manifest names no {', '.join(missing)}.")
    if manifest.architecture == GENERATOR:
        return
    has_model = bool(named & {WEIGHTS, INDEX})
    if has_model == (manifest.base is not None):
        told = "an adapter with weights of its own" if has_model else f"neither {WEIGHTS} nor {INDEX}"
        raise PackRefused(f"{folder}: the manifest names {told}.")


def _base(base: Base, folder: Path) -> Pack:
    """The pack that the adapter in `folder` was made for, to the byte."""
    hashes = {_manifest_hash(one): one for one in reversed(pack_folders(base.id))}
    if not hashes:
        raise ModelNotInstalled(base.id, user_packs_dir())
    if base.sha256 not in hashes:  # looked at before it is opened: an adapter could name itself
        raise PackRefused(
            f"{folder / ADAPTER_WEIGHTS} works on the pack “{base.id}” whose manifest has the SHA-256 "
            f"{base.sha256[:12]}…; here are {', '.join(f'{one[:12]}…' for one in hashes)}."
        )
    pack = open_pack(hashes[base.sha256])
    if pack.base is not None:
        raise PackRefused(
            f"{folder}: “{base.id}” is an adapter itself; an adapter works on whole weights only."
        )
    return pack


def _manifest_hash(folder: Path) -> str:
    path = folder / MANIFEST
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"

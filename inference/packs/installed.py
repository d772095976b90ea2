"""The packs on this computer as their manifests describe them, without opening them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from inference.packs import trust
from inference.packs.manifest import MANIFEST, READER, Manifest
from inference.packs.store import installed_packs
from inference.status import InstalledPack


def installed() -> Iterator[InstalledPack]:
    """Every pack whose manifest can be read, in the order of `find_pack`. Weights are neither read nor hashed."""
    for folder in installed_packs():
        described = _described(folder)
        if described is not None:
            yield described


def _described(folder: Path) -> InstalledPack | None:
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = Manifest.model_validate_json(content)
    except (OSError, ValidationError):
        return None  # `sidelight packs verify` says what is wrong with it
    sha256 = hashlib.sha256(content).hexdigest()
    quarantine = trust.quarantine_of(sha256)
    return InstalledPack(
        manifest.id,
        manifest.version,
        manifest.title,
        manifest.tasks,
        manifest.licence.id,
        sha256,
        manifest.training_data,
        manifest.scores,
        quarantine.reason if quarantine else "",
        manifest.architecture == READER,
    )

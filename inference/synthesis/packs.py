"""Which pack draws on this computer, and what it will take. Nothing is loaded. No torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from inference.errors import PackRefused
from inference.packs import GENERATOR, MANIFEST, Pack, find_pack, installed_packs
from inference.packs.tensor_files import read_header
from inference.synthesis.asked import no_generator
from inference.synthesis.facts import read_facts
from inference.two_models import GeneratorSize

IN_HALF = ("unet/", "control/")
"""Folders whose weights are held in 16 bit on a graphics card; text encoder and autoencoder stay in float32."""


def draws(folder: Path) -> bool:
    """True if the folder's manifest says that this is a generator. Nothing is checked."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("architecture") == GENERATOR


def drawing_packs() -> Iterator[Path]:
    """Folders of the generators on this computer, the one that is taken first."""
    return (folder for folder in installed_packs() if draws(folder))


def synthesis_pack(name: str | None = None) -> Pack:
    """The generator of this id or path; None: the user's own, else the bundled one.

    Raises:
        ModelNotInstalled: There is none.
        WrongPack: The named pack reads films.
        PackRefused, PackQuarantined: As `find_pack` says.
    """
    chosen = name or next((folder.name for folder in drawing_packs()), None)
    if chosen is None:
        raise no_generator()
    return find_pack(chosen, GENERATOR)


def generator_size(pack: Pack) -> GeneratorSize:
    """Counted from the headers of its files. Raises PackRefused where they can't be read."""
    facts = read_facts(pack.folder)
    weights = halved = 0
    for file in pack.manifest.files:
        if file.name.endswith(".safetensors"):
            count = sum(_numbers(entry.shape) for entry in read_header(pack.folder / file.name))
            weights += count
            halved += count if file.name.startswith(IN_HALF) else 0
    return GeneratorSize(
        pack.manifest.id, weights, halved, facts.rows, facts.columns, _last_channels(pack.folder)
    )


def _numbers(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _last_channels(folder: Path) -> int:
    """Of the decoder's block of full size."""
    path = folder / "vae" / "config.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        blocks = told.get("decoder_block_out_channels") or told["block_out_channels"]
        return int(blocks[0])
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise PackRefused(f"{path} can't be read: {type(error).__name__}.") from error

"""A trained adapter as a pack of its own, bound to its base by the SHA-256 of the base's manifest.

Its id names its weights: the same weights on the same base are the same pack. It brings its own calibration,
decisions, self-test and card, and the base's tokenizer and preprocessing. The base's weights are not in it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.engine.loading import weights_folder
from inference.errors import PackRefused
from inference.packs import CONFIG, PREPROCESSOR, TOKENIZER, Pack, write_manifest
from inference.packs.manifest import SelfTestCase
from inference.packs.store import ADAPTER_CONFIG, ADAPTER_WEIGHTS

_INHERITED = (
    "title",
    "architecture",
    "tasks",
    "languages",
    "findings",
    "not_assessed",
    "preprocessing",
    "box_frame",
    "prompt_version",
    "intended_use",
    "min_memory_bytes",
)
_LETTERS = 10
LONGEST_VERSION, LONGEST_ID = 40, 64


@dataclass(frozen=True, slots=True)
class About:
    """What is told of an adapter besides what its base tells."""

    training_data: str
    card: str
    reading: Mapping[str, Any]
    scores: Mapping[str, Any]
    self_test: tuple[SelfTestCase, ...] = ()


def write_adapter_pack(adapter: Path, base: Pack, folder: Path, about: About) -> Pack:
    """Write the pack into `folder`, which is emptied first, and open it.

    Args:
        adapter: Folder with adapter_config.json and adapter_model.safetensors.
        base: What it was trained on: whole weights, opened.
        folder: Made if needed.
        about: What is told of it.

    Raises:
        PackRefused: Files are missing, or the adapter names another base.
    """
    _check_base(adapter, base)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(weights_folder(base) / CONFIG, folder / CONFIG)
    for name in (TOKENIZER, PREPROCESSOR):
        shutil.copyfile(base.folder / name, folder / name)
    for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG):
        shutil.copyfile(adapter / name, folder / name)
    short, told = adapter_name(adapter, base), base.manifest.model_dump(mode="json")
    return write_manifest(
        folder,
        {key: told[key] for key in _INHERITED}
        | {
            "id": adapter_id(short, base),
            "version": f"{base.manifest.version} + site adapter {short}"[:LONGEST_VERSION],
            "licence": told["licence"],
            "training_data": f"{base.manifest.training_data} Then, as an adapter: {about.training_data}",
            "card": about.card,
            "reading": dict(about.reading),
            "scores": dict(about.scores),
            "self_test": [case.model_dump(mode="json") for case in about.self_test],
            "base": {"id": base.manifest.id, "sha256": base.sha256},
            "source": "Trained on this site by `sidelight train`.",
            "precision": "float32",
        },
    )


def adapter_name(adapter: Path, base: Pack) -> str:
    """The first letters of a SHA-256 over the adapter's weights and its base's manifest.

    Raises:
        PackRefused: The weights are not there.
    """
    try:
        content = (adapter / ADAPTER_WEIGHTS).read_bytes()
    except OSError as error:
        raise PackRefused(f"{adapter / ADAPTER_WEIGHTS} can't be read: {error}.") from error
    return hashlib.sha256(content + base.sha256.encode()).hexdigest()[:_LETTERS]


def adapter_id(short: str, base: Pack) -> str:
    """Id of the adapter's pack."""
    end = f"-site-{short}"
    return base.manifest.id[: LONGEST_ID - len(end)] + end


def _check_base(adapter: Path, base: Pack) -> None:
    if base.base is not None:
        raise PackRefused(
            f"“{base.manifest.id}” is an adapter itself; an adapter works on whole weights only."
        )
    try:
        told = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackRefused(f"{adapter / ADAPTER_CONFIG} can't be read: {error}.") from error
    made_for = told.get("revision") if isinstance(told, dict) else None
    if made_for not in (None, base.sha256):
        raise PackRefused(
            f"The adapter in {adapter} was made for a base with the SHA-256 {str(made_for)[:12]}…; "
            f"“{base.manifest.id}” {base.manifest.version} has {base.sha256[:12]}…. Train it again on this base."
        )

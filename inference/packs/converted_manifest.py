"""What the manifest of a converted pack says: where its weights came from, how they are stored, what they answer."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.backend import FINDINGS
from inference.models.checkpoint import CONFIG
from inference.models.checkpoint_files import ADAPTER_CONFIG, CheckpointFiles
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import HEAD
from inference.models.quantised import SCHEMES, config_note
from inference.packs.catalogue import Entry
from inference.packs.files import sha256_of
from inference.packs.manifest import SelfTestCase
from inference.preprocess import PREPROCESSING_VERSION
from inference.text.prompts import PROMPT_VERSION

FLOATS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
PRECISIONS = (*FLOATS, *SCHEMES)
CONVERTER = "1"
EMBEDDINGS = "language_model.model.embed_tokens.weight"


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be converted."""

    folder: Path
    base: Path | None = None  # below an adapter
    revision: str = ""  # where it is known: 40 hexadecimal digits


def stored_dtype(precision: str) -> torch.dtype:
    """Of what is not quantised."""
    return FLOATS.get(precision, torch.bfloat16)


def about_pack(source: Source, entry: Entry, id: str, precision: str) -> dict[str, Any]:
    """Every field of the manifest that does not depend on the weights themselves."""
    told: dict[str, Any] = {
        "id": id,
        "version": f"{(source.revision or 'local')[:12]}-{precision}",
        "title": entry.title,
        "architecture": entry.architecture,
        "tasks": entry.tasks,
        "findings": FINDINGS,
        "preprocessing": PREPROCESSING_VERSION,
        "box_frame": "shortest_edge",
        "prompt_version": PROMPT_VERSION,
        "licence": entry.licence.model_dump(),
        "intended_use": entry.intended_use,
        "training_data": entry.training_data,
        "card": entry.card,
        "source": entry.source,
        "origins": list(_origins(source, entry)),
        "converter": f"sidelight {_version()}, packs convert {CONVERTER}, torch {torch.__version__}",
        "precision": str(stored_dtype(precision)).removeprefix("torch."),
    }
    if precision in SCHEMES:
        note = config_note(precision)
        told["quantisation"] = {"scheme": precision, "settings": note["quantization"] | _library(precision)}
    return told


def _library(precision: str) -> dict[str, str]:
    return {"bitsandbytes": importlib.metadata.version("bitsandbytes")} if precision == "nf4" else {}


def _origins(source: Source, entry: Entry) -> Iterator[dict[str, Any]]:
    is_adapter = source.base is not None
    for role, folder in (("adapter" if is_adapter else "model", source.folder), ("base", source.base)):
        if folder is None:
            continue
        names = sorted(
            path.name
            for path in folder.iterdir()
            if path.name in (CONFIG, ADAPTER_CONFIG) or path.suffix == ".safetensors"
        )
        yield {
            "role": role,
            "source": entry.repository if source.revision else "local folder",
            "revision": source.revision if role != "base" else "",
            "files": {name: sha256_of(folder / name) for name in names},
        }


def _version() -> str:
    try:
        return importlib.metadata.version("sidelight")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def expected_answers(
    folder: Path, config: M4cxrConfig, files: CheckpointFiles, stored: torch.dtype
) -> tuple[SelfTestCase, ...]:
    """Self-test cases out of the source's weights, read one module at a time and computed with in float32.

    They are rounded as the pack has them, but not quantised: what rounding does is part of the pack, what quantising
    does is what the self-test is to judge.
    """
    from inference.engine.self_test import Reference
    from inference.models.streamed import streamed_m4cxr
    from inference.packs.self_test import make_cases

    def tensor(name: str) -> Tensor | None:
        name = EMBEDDINGS if config.ties_embeddings and name == HEAD else name
        if name not in files.shapes:
            return None
        read = files.tensor(name, stored)
        read = read.clone() if stored == torch.float32 else read.float()  # nothing of the file is kept
        files.release()
        return read

    reference = Reference(streamed_m4cxr(config, tensor), folder)
    return make_cases(reference, longest=1)

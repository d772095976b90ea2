"""A Stable Diffusion checkpoint in diffusers layout becomes a pack that draws. Only text and tensors are read.

Folders as Stable Diffusion 1.x and 2.x are published: `unet/`, `vae/`, `text_encoder/`, `tokenizer/`, `scheduler/`, in
full precision or as `*.fp16.safetensors`. The safety checker is left out: it knows nothing of radiographs. With
`adapter` a `ReportControl` goes on top; without one the pack is a base alone.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from inference.errors import PackError, PackRefused
from inference.models.checkpoint import read_json
from inference.packs import GENERATOR, Pack, write_manifest
from inference.packs.files import check_kind, sha256_of
from inference.packs.manifest import Licence
from inference.synthesis.adapter import CONTROL_CONFIG, CONTROL_WEIGHTS
from inference.synthesis.facts import SYNTHESIS, SynthesisFacts
from inference.synthesis.networks import CONTROL, Networks
from inference.synthesis.prompt_tokenizer import MERGES, NAMES, TOKENIZER_JSON, VOCABULARY
from inference.synthesis.weight_files import DIFFUSERS_WEIGHTS, TRANSFORMERS_WEIGHTS, weight_file

PARTS = ("unet", "vae", "text_encoder")
PRECISIONS = ("float16", "bfloat16", "float32")
SCHEDULER = "scheduler/scheduler_config.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "README.md")
_NAMED_LICENCE = re.compile(r"^license:\s*([\w.+-]{1,100})\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GeneratorSource:
    """What is to be converted."""

    folder: Path
    adapter: Path | None = None  # what `ReportControl.save` wrote
    revision: str = ""  # of the checkpoint, where it is known: 40 hexadecimal digits
    published_as: str = ""  # the repository's name, where it is known


def licence_of(folder: Path, file: Path | None = None) -> Licence:
    """The checkpoint's terms: from `file`, or from the licence or README beside it. Always for research only.

    Raises:
        PackError: There is no such text; nobody may use weights without knowing the terms.
    """
    for path in (file,) if file is not None else tuple(folder / name for name in _LICENCES):
        if path.is_file() and (text := path.read_text(encoding="utf-8", errors="replace").strip()):
            named = _NAMED_LICENCE.search(text)
            return Licence(id=named[1] if named else "see its text", text=text, research_only=True)
    unknown = PackError(f"{folder} brings no licence: it has none of {', '.join(_LICENCES)}.")
    unknown.remedy = (
        "Save the terms that its publisher gives as a text file, and name it with --licence-file."
    )
    raise unknown


def convert_generator(
    source: GeneratorSource, out: Path, id: str, precision: str, licence: Licence, side: int | None = None
) -> Pack:
    """Write a pack.

    Args:
        source: The checkpoint. Nothing in it is changed.
        out: Folder of the pack; must not exist.
        id: The pack's id.
        precision: Of the stored weights: float16, bfloat16 or float32.
        licence: The checkpoint's terms (`licence_of`).
        side: Rows and columns of the films; None = what the U-Net was made for (`sample_size`).

    Raises:
        PackRefused: It has pickles only, lacks files, its tensors do not fit its configs, or numbers are too large for
            `precision`; nothing is left.
        PackError: `out` exists.
    """
    if out.exists():
        raise PackError(f"{out} exists already.")
    weights = {part: _weights(source.folder / part) for part in PARTS}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=out.parent) as scratch:
        folder = Path(scratch) / "pack"
        for part, path in weights.items():
            stem = TRANSFORMERS_WEIGHTS if part == "text_encoder" else DIFFUSERS_WEIGHTS
            _write_part(source.folder / part, path, folder / part, f"{stem}.safetensors", precision)
        _copy_texts(source.folder, folder)
        if source.adapter is not None:
            _write_part(
                source.adapter, source.adapter / CONTROL_WEIGHTS, folder / CONTROL, CONTROL_WEIGHTS, precision
            )
        facts = _facts(folder, side)
        (folder / SYNTHESIS).write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        Networks(folder, facts)  # refuses what does not fit
        pack = write_manifest(folder, _about(source, id, precision, licence, weights))
        folder.rename(out)
    return Pack(out, pack.manifest, pack.sha256)


def _weights(folder: Path) -> Path:
    try:
        return weight_file(folder)
    except PackRefused as error:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        if pickles := [name for name in names if name.endswith(_PICKLES)]:
            refused = PackRefused(
                f"{folder} has its weights in a pickle only ({pickles[0]}), which can run code."
            )
            refused.remedy = "It is never opened here. Ask for the safetensors files of the checkpoint."
            raise refused from error
        raise


def _write_part(source: Path, weights: Path, folder: Path, name: str, precision: str) -> None:
    """One network's config and weights, in `precision`."""
    folder.mkdir(parents=True)
    (folder / CONTROL_CONFIG).write_text(
        json.dumps(read_json(source / "config.json"), indent=2) + "\n", encoding="utf-8"
    )
    check_kind(weights)
    dtype = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}[precision]
    tensors = load_file(weights)
    for key in tensors:
        if not tensors[key].is_floating_point():
            continue
        tensors[key] = tensors[key].to(dtype).contiguous()
        if not bool(torch.isfinite(tensors[key]).all()):
            raise PackRefused(f"{weights}: {key} holds NaN, infinity or numbers too large for {precision}.")
    save_file(tensors, folder / name, metadata={"format": "pt"})


def _copy_texts(source: Path, folder: Path) -> None:
    for name in _text_files(source):
        check_kind(source / name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)


def _text_files(source: Path) -> Iterator[str]:
    """Tokenizer, scheduler and index, as far as they are there."""
    names = (TOKENIZER_JSON, VOCABULARY, MERGES, *NAMES)
    for name in ("model_index.json", SCHEDULER, *(f"tokenizer/{one}" for one in names)):
        if (source / name).is_file():
            yield name


def _facts(folder: Path, side: int | None) -> SynthesisFacts:
    unet, vae = (read_json(folder / part / "config.json") for part in ("unet", "vae"))
    widths = vae.get("encoder_block_out_channels") or vae.get("block_out_channels") or ()
    native = side or int(unet.get("sample_size") or 64) * 2 ** max(len(widths) - 1, 0)
    return SynthesisFacts(rows=native, columns=native)


def _about(
    source: GeneratorSource, id: str, precision: str, licence: Licence, weights: dict[str, Path]
) -> dict[str, Any]:
    read = [*weights.values(), *(source.folder / part / "config.json" for part in PARTS)]
    read += [source.folder / name for name in _text_files(source.folder)]
    published = source.published_as if source.revision and source.published_as else "local folder"
    origins = [
        {
            "role": "base",
            "source": published,
            "revision": source.revision,
            "files": {path.relative_to(source.folder).as_posix(): sha256_of(path) for path in sorted(read)},
        }
    ]
    if source.adapter is not None:
        names = (CONTROL_CONFIG, CONTROL_WEIGHTS)
        files = {name: sha256_of(source.adapter / name) for name in names}
        origins.append({"role": "adapter", "source": "local folder", "files": files})
    kind = "with an adapter for reports (CXR-SD)" if source.adapter else "base alone, without an adapter"
    return {
        "id": id,
        "version": f"{(source.revision or 'local')[:12]}-{precision}",
        "title": f"Stable Diffusion checkpoint, {kind}",
        "architecture": GENERATOR,
        "tasks": ["synthesis"],
        "licence": licence.model_dump(),
        "intended_use": "Research on synthetic chest films. Never for diagnosis. Not a medical device.",
        "training_data": "As the checkpoint's publisher tells; nothing is known here.",
        "card": f"A Stable Diffusion checkpoint, {kind}, converted by this program. Research use only, not a medical "
        "device. How good its films are was not measured here: `sidelight bench synthesis` does. A checkpoint that has "
        "seen no radiographs draws none.",
        "source": "Converted from a folder in diffusers layout.",
        "origins": origins,
        "converter": f"sidelight {importlib.metadata.version('sidelight')}, packs convert 1, torch {torch.__version__}",
        "precision": precision,
    }

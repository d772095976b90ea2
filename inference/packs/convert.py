"""A local copy of a published M4CXR repository, in whatever layout, to a pack. Only JSON and tensors are read.

Works through the model one tensor at a time, so the memory of the largest tensor is enough. Weights that are to be
quantised lie quantised in the pack: loading it never needs the full-size ones.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from inference.errors import PackError, PackRefused
from inference.models.checkpoint import ADAPTER_WEIGHTS, CONFIG, INDEX, WEIGHTS, check_fit, open_checkpoint
from inference.models.checkpoint_files import CheckpointFiles
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import HEAD, expected_shapes, may_be_missing
from inference.models.names import published_name
from inference.models.quantised import SCHEMES, config_note, is_projection, quantise_tensor, scheme_in_config
from inference.packs.catalogue import Entry
from inference.packs.converted_manifest import Source, about_pack, expected_answers, stored_dtype
from inference.packs.shards import ShardWriter
from inference.packs.source_texts import preprocessor_config, tokenizer_json
from inference.packs.store import PREPROCESSOR, TOKENIZER, Pack, write_manifest

logger = logging.getLogger(__name__)

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_MEASURES = 2**30

Told = Callable[[int, int, str], None]
"""Called with (tensors written, of how many, the name of the next one)."""


def convert(
    source: Source,
    out: Path,
    entry: Entry,
    id: str,
    precision: str,
    told: Told = lambda *_: None,
    *,
    with_self_test: bool = True,
) -> Pack:
    """Write a pack.

    Args:
        source: The copy of the repository. Nothing in it is changed.
        out: Folder of the pack; must not exist.
        entry: What is known about the published model.
        id: The pack's id.
        precision: float32, float16 or bfloat16 for everything, or int8, nf4 or int4 for the language model's
            projections and bfloat16 for the rest.
        told: Hears how far it is.
        with_self_test: Compute what the model answers in float32, and write it into the manifest. Takes as long as
            four short prompts through the whole model.

    Raises:
        PackRefused: The copy has pickles only, lacks files, or its tensors do not fit its config; nothing is left.
        PackError: `out` exists, or the disk is too small.
    """
    _check_source(source)
    if out.exists():
        raise PackError(f"{out} exists already.")
    told_config, files = open_checkpoint(source.folder, base=source.base)
    if scheme_in_config(told_config) is not None:
        raise PackRefused(f"{source.folder} is quantised already; convert the published weights.")
    config = M4cxrConfig.from_json(told_config)
    shapes = _fitting(config, files)
    files.release()
    out.parent.mkdir(parents=True, exist_ok=True)
    _check_space(out.parent, shapes, precision)
    with tempfile.TemporaryDirectory(prefix=".convert-", dir=out.parent) as scratch:
        folder = Path(scratch) / "pack"
        folder.mkdir()
        (folder / TOKENIZER).write_bytes(tokenizer_json(source.folder, source.base, config))
        (folder / PREPROCESSOR).write_text(
            json.dumps(preprocessor_config(source.folder, source.base, config), indent=2) + "\n",
            encoding="utf-8",
        )
        _write_config(folder, config, precision)
        _write_weights(folder, config, files, shapes, precision, told)
        about = about_pack(source, entry, id, precision)
        if with_self_test:
            about["self_test"] = [
                case.model_dump() for case in expected_answers(folder, config, files, stored_dtype(precision))
            ]
        pack = write_manifest(folder, about)
        folder.rename(out)
    return Pack(out, pack.manifest, pack.sha256)


def _check_source(source: Source) -> None:
    for folder in filter(None, (source.folder, source.base)):
        if not folder.is_dir():
            raise PackError(f"{folder} is no folder.")
        names = {path.name for path in folder.iterdir()}
        if names & {WEIGHTS, INDEX, ADAPTER_WEIGHTS}:
            continue
        if pickles := sorted(name for name in names if name.endswith(_PICKLES)):
            refused = PackRefused(
                f"{folder} has its weights in pickles only ({pickles[0]}), which can run code."
            )
            refused.remedy = (
                "They are never opened here. Ask for the safetensors files of the repository, or convert them on a "
                "machine that holds nothing else: load with torch.load(weights_only=True), write with "
                "safetensors.torch.save_file."
            )
            raise refused
        raise PackRefused(f"{folder} has none of {WEIGHTS}, {INDEX} and {ADAPTER_WEIGHTS}.")


def _fitting(config: M4cxrConfig, files: CheckpointFiles) -> dict[str, tuple[int, ...]]:
    """The tensors to write, in the model's order. Raises PackRefused with what is missing, surplus, or misshapen."""
    found, needless = files.shapes, may_be_missing(config)
    expected = {
        name: shape
        for name, shape in expected_shapes(config).items()
        if name in found or name not in needless
    }
    check_fit(found, expected)
    return {name: shape for name, shape in expected.items() if not (config.ties_embeddings and name == HEAD)}


def _check_space(folder: Path, shapes: dict[str, tuple[int, ...]], precision: str) -> None:
    bytes_per_value = {"float32": 4.0, "int8": 1.1, "nf4": 0.65, "int4": 0.75}.get(precision, 2.0)
    needed = int(sum(torch.Size(shape).numel() for shape in shapes.values()) * bytes_per_value)
    free = shutil.disk_usage(folder).free
    if free < needed:
        full = PackError(
            f"The pack needs about {needed / _MEASURES:.1f} GiB; {folder} has {free / _MEASURES:.1f} GiB free."
        )
        full.remedy = "Free some space, or name another folder with --out."
        raise full


def _write_config(folder: Path, config: M4cxrConfig, precision: str) -> None:
    told = config.to_json()
    if precision in SCHEMES:
        told |= config_note(precision)
    (folder / CONFIG).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _write_weights(
    folder: Path,
    config: M4cxrConfig,
    files: CheckpointFiles,
    shapes: dict[str, tuple[int, ...]],
    precision: str,
    told: Told,
) -> None:
    writer = ShardWriter(folder)
    try:
        for number, name in enumerate(shapes):
            told(number, len(shapes), name)
            _write(writer, name, config, files, precision)
            files.release()
        writer.finish()
    finally:
        writer.abandon()
    told(len(shapes), len(shapes), "")


def _write(
    writer: ShardWriter, name: str, config: M4cxrConfig, files: CheckpointFiles, precision: str
) -> None:
    """A function of its own, so that nothing of the tensor is held when the next one is read."""
    for part, tensor in _converted(name, files, precision):
        writer.add(published_name(part, config.encoder_type), tensor)


def _converted(name: str, files: CheckpointFiles, precision: str) -> Iterator[tuple[str, Tensor]]:
    """One tensor as it is to be written: itself in another dtype, or its quantised parts."""
    if precision in SCHEMES and is_projection(name):
        yield from quantise_tensor(name, files.tensor(name, torch.float32), precision).items()
        return
    dtype = stored_dtype(precision)
    converted = files.tensor(name, dtype)
    if not bool(torch.isfinite(converted).all()):
        raise PackRefused(f"{name} holds NaN, infinity or numbers too large for {str(dtype).split('.')[1]}.")
    yield name, converted

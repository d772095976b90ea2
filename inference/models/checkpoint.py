"""Reads a checkpoint folder's tensors: merged, sharded, or an adapter with its base. Only JSON and safetensors.

`inference.models.checkpoint_files` says how they are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.errors import PackRefused
from inference.models.checkpoint_files import ADAPTER_CONFIG, CheckpointFiles
from inference.models.config import M4cxrConfig
from inference.models.quantised import Scheme, is_projection, scheme_in_config, scheme_of

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
CONFIG = "config.json"

_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model as it stands in its files: sizes, and tensors by module name."""

    config: M4cxrConfig
    tensors: dict[str, Tensor]
    scheme: Scheme | None = None  # how the projections are quantised (`inference.models.quantised`)


def open_checkpoint(folder: Path, *, base: Path | None = None) -> tuple[dict[str, Any], CheckpointFiles]:
    """Look into `folder` without reading its tensors; an adapter is put on top of the checkpoint in `base`.

    Args:
        folder: Has `config.json` and weights, or an adapter (then the config may come from the base).
        base: The folder below an adapter.

    Returns:
        The content of `config.json`, and the tensors.

    Raises:
        PackRefused: Files are missing, damaged, of another kind, or do not fit together.
    """
    adapter = folder / ADAPTER_WEIGHTS
    has_weights = (folder / WEIGHTS).is_file() or (folder / INDEX).is_file()
    if adapter.is_file() and not has_weights and base is None:
        raise PackRefused(f"{folder} holds an adapter only; name the folder of its base model as well.")
    root = folder if has_weights or base is None else base
    config = read_json(root / CONFIG)
    files = CheckpointFiles(weight_files(root), _settings(root))
    if adapter.is_file():
        files.put_on_top(adapter, _settings(folder))
    return config, files


def read_checkpoint(
    folder: Path, *, dtype: torch.dtype, base: Path | None = None, projections: torch.dtype | None = None
) -> Checkpoint:
    """Read `folder`; if it holds an adapter only, put it on top of the checkpoint in `base`.

    Args:
        folder: Has `config.json` and weights, or an adapter (then the config may come from the base).
        dtype: Every tensor is converted to it, one at a time; LoRA is merged in float32.
        base: The folder below an adapter.
        projections: Instead of `dtype` for the language model's projections and its head, nearly all of the weights.

    Raises:
        PackRefused: Files are missing, damaged, of another kind, or do not fit together.
    """
    told, files = open_checkpoint(folder, base=base)
    config, scheme = M4cxrConfig.from_json(told), scheme_in_config(told)
    if (found := scheme_of(files.shapes)) != scheme:
        raise PackRefused(f"{folder / CONFIG} says quantization {scheme}, but the weights have {found}.")
    tensors = {
        name: files.tensor(name, projections if projections and _is_matrix(name, config) else dtype)
        for name in files.shapes
    }
    files.release()
    return Checkpoint(config, tensors, scheme)


def _is_matrix(name: str, config: M4cxrConfig) -> bool:
    """A projection of the language model, or its head where that is no table of embeddings too."""
    return is_projection(name) or (name == "language_model.lm_head.weight" and not config.ties_embeddings)


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON object. Raises PackRefused if it is missing or no object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackRefused(f"{path} can't be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise PackRefused(f"{path} holds no JSON object.")
    return content


def check_fit(shapes: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise PackRefused with the missing names, the surplus names and the wrong shapes, if there are any."""
    wrong = [
        f"{name} is {shapes[name]} and should be {shape}"
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    complaints = [
        _list("missing", [name for name in expected if name not in shapes]),
        _list("surplus", [name for name in shapes if name not in expected]),
        _list("of another shape", wrong),
    ]
    if any(complaints):
        raise PackRefused("The weights do not fit config.json: " + " ".join(filter(None, complaints)))


def _settings(folder: Path) -> dict[str, Any]:
    return read_json(folder / ADAPTER_CONFIG) if (folder / ADAPTER_CONFIG).is_file() else {}


def _list(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{len(names)} {what}: {', '.join(names[:_NAMES_SHOWN])}{more}."


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a whole model. Raises PackRefused if there are none, or if the index names others."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        raise PackRefused(f"{folder} has neither {WEIGHTS} nor {INDEX}.")
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise PackRefused(f"{folder / INDEX} names no weights.")
    shards = sorted({str(shard) for shard in weight_map.values()})
    for shard in shards:
        if Path(shard).name != shard or not shard.endswith(".safetensors"):
            raise PackRefused(f"{folder / INDEX} names “{shard}”, which is no safetensors file beside it.")
    return [folder / shard for shard in shards]

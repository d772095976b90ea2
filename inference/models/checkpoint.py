"""Reads a checkpoint folder's tensors: merged, sharded, or an adapter with its base. Only JSON and safetensors.

No pickle is ever opened and no code of a folder is ever run. Everything comes back under the names of our modules
(`inference.models.names`), LoRA factors already merged: W + (alpha / r) B A.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inference.errors import PackRefused
from inference.models.config import M4cxrConfig
from inference.models.names import module_name
from inference.models.quantised import Scheme, is_part, scheme_in_config, scheme_of

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
CONFIG = "config.json"

_LORA_SUFFIXES = (".lora_A.weight", ".lora_B.weight")
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model as it stands in its files: sizes, and tensors by module name."""

    config: M4cxrConfig
    tensors: dict[str, Tensor]
    scheme: Scheme | None = None  # how the projections are quantised (`inference.models.quantised`)


def read_checkpoint(folder: Path, *, dtype: torch.dtype, base: Path | None = None) -> Checkpoint:
    """Read `folder`; if it holds an adapter only, put it on top of the checkpoint in `base`.

    Args:
        folder: Has `config.json` and weights, or an adapter (then the config may come from the base).
        dtype: Every tensor is converted to it, one at a time; LoRA is merged in float32.
        base: The folder below an adapter.

    Raises:
        PackRefused: Files are missing, damaged, of another kind, or do not fit together.
    """
    adapter = folder / ADAPTER_WEIGHTS
    has_weights = (folder / WEIGHTS).is_file() or (folder / INDEX).is_file()
    if adapter.is_file() and not has_weights and base is None:
        raise PackRefused(f"{folder} holds an adapter only; name the folder of its base model as well.")
    root = folder if has_weights or base is None else base
    told = read_json(root / CONFIG)
    config, scheme = M4cxrConfig.from_json(told), scheme_in_config(told)
    tensors = _merged(_read_all(_weight_files(root)), root, dtype)
    if adapter.is_file():
        tensors = _merged({**tensors, **_read_all([adapter])}, folder, dtype)
    if (found := scheme_of(tensors)) != scheme:
        raise PackRefused(f"{root / CONFIG} says quantization {scheme}, but the weights have {found}.")
    return Checkpoint(config, tensors, scheme)


def read_json(path: Path) -> dict[str, Any]:
    """Read one JSON object. Raises PackRefused if it is missing or no object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackRefused(f"{path} can't be read as JSON: {error}.") from error
    if not isinstance(content, dict):
        raise PackRefused(f"{path} holds no JSON object.")
    return content


def check_fit(tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise PackRefused with the missing names, the surplus names and the wrong shapes, if there are any."""
    wrong = [
        f"{name} is {tuple(tensors[name].shape)} and should be {shape}"
        for name, shape in expected.items()
        if name in tensors and tuple(tensors[name].shape) != shape
    ]
    complaints = [
        _list("missing", [name for name in expected if name not in tensors]),
        _list("surplus", [name for name in tensors if name not in expected]),
        _list("of another shape", wrong),
    ]
    if any(complaints):
        raise PackRefused("The weights do not fit config.json: " + " ".join(filter(None, complaints)))


def _list(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{len(names)} {what}: {', '.join(names[:_NAMES_SHOWN])}{more}."


def _weight_files(folder: Path) -> list[Path]:
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


def _read_all(files: list[Path]) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for path in files:
        for name, tensor in _read_file(path):
            if name in tensors:
                raise PackRefused(f"{path} holds {name} a second time.")
            tensors[name] = tensor
    return tensors


def _read_file(path: Path) -> Iterator[tuple[str, Tensor]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            for file_name in file.keys():  # noqa: SIM118  # safe_open is no mapping
                if (name := module_name(file_name)) is not None:
                    yield name, file.get_tensor(file_name)
    except (OSError, SafetensorError) as error:
        raise PackRefused(f"{path} can't be read as safetensors: {error}.") from error


def _merged(tensors: dict[str, Tensor], folder: Path, dtype: torch.dtype) -> dict[str, Tensor]:
    """Add LoRA factors to their layers and convert every tensor to `dtype`."""
    layers = {name.removesuffix(s) for name in tensors for s in _LORA_SUFFIXES if name.endswith(s)}
    plain = {name: t for name, t in tensors.items() if not name.endswith(_LORA_SUFFIXES)}
    settings = read_json(folder / ADAPTER_CONFIG) if layers else {}
    for layer in sorted(layers):
        plain[f"{layer}.weight"] = _merged_weight(layer, tensors, settings)
    return {name: _in_dtype(name, tensor, dtype) for name, tensor in plain.items()}


def _in_dtype(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Quantised weights and their scales stay as they were written."""
    return tensor.to(dtype) if tensor.is_floating_point() and not is_part(name) else tensor


def _merged_weight(layer: str, tensors: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Tensor:
    weight, down, up = (tensors.get(f"{layer}.{kind}weight") for kind in ("", "lora_A.", "lora_B."))
    if weight is None or down is None or up is None:
        raise PackRefused(f"The adapter changes {layer}, but not all of weight, lora_A and lora_B are there.")
    if not weight.is_floating_point():
        raise PackRefused(
            f"The adapter changes {layer}, which is quantised; merge it into the full weights first."
        )
    if up.shape[0] != weight.shape[0] or down.shape[1] != weight.shape[1] or up.shape[1] != down.shape[0]:
        raise PackRefused(f"The adapter's factors do not fit {layer} of shape {tuple(weight.shape)}.")
    return weight.float() + _lora_scale(settings, down.shape[0]) * (up.float() @ down.float())


def _lora_scale(settings: Mapping[str, Any], rank: int) -> float:
    unknown = [
        key for key in ("use_dora", "fan_in_fan_out", "alpha_pattern", "rank_pattern") if settings.get(key)
    ]
    if unknown:
        raise PackRefused(f"{ADAPTER_CONFIG} uses {', '.join(unknown)}, which this program does not compute.")
    if settings.get("r") != rank or not isinstance(settings.get("lora_alpha"), (int, float)):
        raise PackRefused(f"{ADAPTER_CONFIG} does not state r = {rank} and lora_alpha for its weights.")
    return float(settings["lora_alpha"]) / (rank**0.5 if settings.get("use_rslora") else rank)

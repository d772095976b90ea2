"""A language model read through low-rank factors: the served weights as they are, and something small beside them.

What a merged adapter computes, W x + B A x · alpha / rank, without touching W: quantised or not, it goes on serving
everybody else.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from inference.engine.projections import Modules
from inference.engine.torch_runtime import TorchLanguageModel
from inference.errors import PackRefused
from inference.models.checkpoint import ADAPTER_WEIGHTS, read_json
from inference.models.checkpoint_files import ADAPTER_CONFIG

_NAME = re.compile(
    r".*language_model\..*?layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])(?:\.\w+)?\.weight"
)


@dataclass(frozen=True, slots=True)
class Factor:
    """Both factors of one projection: (rank, inputs) and (outputs, rank), the scale in the second."""

    down: Tensor
    up: Tensor

    def of(self, rows: Tensor) -> Tensor:
        """What it adds to the projection's rows."""
        return rows @ self.down.t() @ self.up.t()


Factors = Mapping[int, Mapping[str, Factor]]
"""By layer and projection."""


def read_factors(folder: Path) -> Factors:
    """The factors of an adapter folder, float32.

    Raises:
        PackRefused: Files are missing or damaged, or the adapter holds more than factors of the language model.
    """
    told = read_json(folder / ADAPTER_CONFIG)
    try:
        tensors = load_file(folder / ADAPTER_WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise PackRefused(f"{folder / ADAPTER_WEIGHTS} can't be read: {error}.") from error
    halves: dict[tuple[int, str], dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        match = _NAME.fullmatch(name)
        if match is None:
            raise PackRefused(f"{folder / ADAPTER_WEIGHTS} holds {name}: a skill has factors only.")
        halves.setdefault((int(match[1]), match[2]), {})[match[3]] = tensor.float()
    scale = float(told["lora_alpha"]) / int(told["r"])
    found: dict[int, dict[str, Factor]] = {}
    for (layer, projection), pair in halves.items():
        if pair.keys() != {"A", "B"}:
            raise PackRefused(f"{folder / ADAPTER_WEIGHTS} lacks a factor of layer {layer}, {projection}.")
        found.setdefault(layer, {})[projection] = Factor(pair["A"], pair["B"] * scale)
    return found


def through_factors(served: TorchLanguageModel, factors: Factors) -> TorchLanguageModel:
    """A second model over the same weights. Nothing of `served` changes.

    Raises:
        PackRefused: The factors are of another size, or the served form keeps no modules to read through.
    """
    layers = served.layers
    if factors and max(factors) >= len(layers):
        raise PackRefused(f"The adapter has layer {max(factors)}; the model has {len(layers)}.")
    made = copy.copy(served)
    made.projections = [
        _Factored(layer, {name: _fitted(one, layer, name) for name, one in factors.get(number, {}).items()})
        for number, layer in enumerate(layers)
    ]
    return made


def _fitted(factor: Factor, layer: object, name: str) -> Factor:
    block = getattr(layer, "self_attn" if name in ("q_proj", "k_proj", "v_proj", "o_proj") else "mlp")
    module = getattr(block, name)
    sizes = (int(module.in_features), int(module.out_features))
    if (factor.down.shape[1], factor.up.shape[0]) != sizes:
        raise PackRefused(f"The adapter's {name} is of another size than the model's.")
    norm = layer.input_layernorm.weight  # type: ignore[attr-defined]  # never quantised: where and what rows are
    return Factor(factor.down.to(norm.device, norm.dtype), factor.up.to(norm.device, norm.dtype))


class _Factored(Modules):
    """A layer's seven projections, each with what its factors add."""

    def __init__(self, layer: object, factors: Mapping[str, Factor]) -> None:
        super().__init__(layer)
        self._factors = factors

    def queries_keys_values(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = super().queries_keys_values(rows)
        return (
            self._added("q_proj", rows, queries),
            self._added("k_proj", rows, keys),
            self._added("v_proj", rows, values),
        )

    def joined(self, mixed: Tensor) -> Tensor:
        return self._added("o_proj", mixed, super().joined(mixed))

    def thought(self, rows: Tensor) -> Tensor:
        mlp = self._mlp
        gate = self._added("gate_proj", rows, mlp.gate_proj(rows))
        between = mlp.act_fn(gate) * self._added("up_proj", rows, mlp.up_proj(rows))
        return self._added("down_proj", between, mlp.down_proj(between))

    def _added(self, name: str, rows: Tensor, made: Tensor) -> Tensor:
        factor = self._factors.get(name)
        if factor is None:
            return made
        with torch.inference_mode():
            return made + factor.of(rows).to(made.dtype)

"""A decoder layer's seven projections, as the modules they are or, for a small model on a CPU, as four matrices.

A small model's product takes microseconds, and the way its matrix lies in memory decides how many: with columns
first the starter's take 0.55 to 0.75 of the time (MKL, 1 to 32 rows), and products that share their input are one. Of
a large model both are lost in the time that its weights take through the memory, and no second copy is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

MOST_FUSED_WEIGHTS = 25_000_000
"""Of all layers: 100 MB, which the fused form takes a second time."""


class Projections(Protocol):
    """What one layer does to its rows (B, L, width) besides attention and norms."""

    def queries_keys_values(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each (B, L, heads x head_dim)."""
        ...

    def joined(self, mixed: Tensor) -> Tensor:
        """What attention found, (B, L, heads x head_dim), as rows."""
        ...

    def thought(self, rows: Tensor) -> Tensor:
        """The gated MLP."""
        ...


def projections(layers: Any) -> list[Projections]:
    """The projections of transformers' Mistral layers, in the form that suits them and where they lie."""
    linear = [module for layer in layers for module in _linear(layer)]
    weights = [module.weight for module in linear if type(module) is nn.Linear]  # quantised ones are not
    suits = (
        len(weights) == len(linear)
        and all(weight.device.type == "cpu" and weight.dtype == torch.float32 for weight in weights)
        and all(module.bias is None for module in linear)
        and sum(weight.numel() for weight in weights) <= MOST_FUSED_WEIGHTS
    )
    return [Fused(layer) if suits else Modules(layer) for layer in layers]


def head(module: Any, made: Sequence[Projections]) -> Callable[[Tensor], Tensor]:
    """The head in the form that the layers have."""
    if (
        not isinstance(made[0], Fused)
        or type(module) is not nn.Linear
        or getattr(module, "bias", None) is not None
    ):
        return module  # type: ignore[no-any-return]  # a module is called like a function
    matrix = columns_first(module.weight)
    return lambda rows: rows @ matrix


class Modules:
    """The seven modules, whatever they are made of."""

    def __init__(self, layer: Any) -> None:
        self._attention, self._mlp = layer.self_attn, layer.mlp

    def queries_keys_values(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self._attention.q_proj(rows), self._attention.k_proj(rows), self._attention.v_proj(rows)

    def joined(self, mixed: Tensor) -> Tensor:
        rows: Tensor = self._attention.o_proj(mixed)
        return rows

    def thought(self, rows: Tensor) -> Tensor:
        mlp = self._mlp
        thought: Tensor = mlp.down_proj(mlp.act_fn(mlp.gate_proj(rows)) * mlp.up_proj(rows))
        return thought


class Fused:
    """Four matrices of our own, columns first; the modules stay as they are."""

    def __init__(self, layer: Any) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        heads = (attention.q_proj, attention.k_proj, attention.v_proj)
        self._sizes = [module.out_features for module in heads]
        self._heads = columns_first(*(module.weight for module in heads))
        self._join = columns_first(attention.o_proj.weight)
        self._gate_and_up = columns_first(mlp.gate_proj.weight, mlp.up_proj.weight)
        self._down = columns_first(mlp.down_proj.weight)
        self._activation = mlp.act_fn

    def queries_keys_values(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        queries, keys, values = torch.split(rows @ self._heads, self._sizes, -1)
        return queries, keys, values

    def joined(self, mixed: Tensor) -> Tensor:
        return mixed @ self._join

    def thought(self, rows: Tensor) -> Tensor:
        gate, up = (rows @ self._gate_and_up).chunk(2, -1)
        thought: Tensor = (self._activation(gate) * up) @ self._down
        return thought


def columns_first(*weights: Tensor) -> Tensor:
    """Weights (outputs, inputs) one after another as one matrix (inputs, outputs)."""
    return torch.cat([weight.detach() for weight in weights]).t().contiguous()


def _linear(layer: Any) -> list[Any]:
    attention, mlp = layer.self_attn, layer.mlp
    heads = [attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj]
    return [*heads, mlp.gate_proj, mlp.up_proj, mlp.down_proj]

"""The base model, loaded afresh to be trained on. Never an object that has served.

On a CPU with AVX512-BF16, bitsandbytes repacks 4-bit weights at the first forward pass without gradients in eval mode,
for a kernel that has no backward; from then on every gradient through them is None, without any error. Validation
between two steps is such a pass, so the repacking is switched off in what is loaded here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from inference.errors import PackRefused
from inference.models.m4cxr import M4cxr, load_m4cxr
from inference.packs import Pack
from inference.training.plan import Precision, Storage


def load_base(
    pack: Pack,
    *,
    storage: Storage = "full",
    precision: Precision = "float32",
    device: str = "cpu",
    keep_full: bool = False,
) -> M4cxr:
    """Transformers' modules with the pack's weights, nothing of it learning yet.

    Args:
        pack: Whole weights, not an adapter.
        storage: "nf4" quantises the language model's projections (blocks of 64, double quantisation) unless they lie
            so already.
        precision: With "bfloat16", projections that stay frozen are read as what autocast would make of them at each
            step: the same arithmetic in half the memory. Everything else is float32.
        device: Where it goes.
        keep_full: The language model itself is to learn: its projections stay float32.

    Raises:
        PackRefused: The pack is an adapter, or its weights can't be had so.
    """
    if pack.base is not None:
        refused = PackRefused(
            f"“{pack.manifest.id}” is an adapter itself; an adapter learns on whole weights."
        )
        refused.remedy = f"Plan the training on its base, “{pack.base.manifest.id}”."
        raise refused
    half = torch.bfloat16 if precision == "bfloat16" and not keep_full else None
    model = load_m4cxr(
        pack.folder, device=device, scheme="nf4" if storage == "nf4" else None, projections=half
    )
    set_attention(model, attention(device, precision))
    compute = torch.bfloat16 if precision == "bfloat16" else torch.float32
    layers = list(four_bit_layers(model))
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
        layer.compute_dtype = compute
        layer.weight.quant_state.dtype = compute
    model.__dict__["is_loaded_in_4bit"] = bool(layers)  # peft asks for it
    return model


def attention(device: str, precision: Precision) -> str:
    """The implementation of attention that trains fastest.

    On a CPU with AMX the fused kernel's bfloat16 backward pass is five times slower than the plain formula
    (docs/starter-training.md).
    """
    is_slow = device == "cpu" and precision == "bfloat16" and torch.cpu._is_amx_tile_supported()
    return "eager" if is_slow else "sdpa"


def set_attention(model: M4cxr, implementation: str) -> None:
    """In all parts that attend; a convolutional encoder does not."""
    for part in (model.vision_model, model.language_model):
        if hasattr(part, "set_attn_implementation"):
            part.set_attn_implementation(implementation)


def four_bit_layers(model: nn.Module) -> Iterator[Any]:
    """bitsandbytes' Linear4bit modules; its package is not imported for a model that has none."""
    for module in model.modules():
        if type(module).__name__ == "Linear4bit" and hasattr(module, "support_avx512bf16_for_cpu"):
            yield module


def has_served(model: nn.Module) -> bool:
    """True if bitsandbytes has repacked a weight of it: no gradient will ever come through."""
    states = (layer.weight.quant_state for layer in four_bit_layers(model))
    return any(getattr(state, "packing_format_for_cpu", False) for state in states)

"""Quantised projections as bitsandbytes' modules: on CUDA, and on a CPU where ONNX Runtime is not used.

Never train a model object that served: on a CPU with AVX512-BF16 the first forward without gradients repacks NF4
weights for a kernel without a backward, and from then on every LoRA gradient is None without any error. Load afresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from inference.models.quantised import INT8_ZERO, NF4_BLOCK, check_parts, nf4_statistics, parts_of, scheme_of
from inference.models.quiet_bitsandbytes import nn as bnb

_CPU_KERNEL_ROWS = 32  # its blocks of rows; it asserts that they come out even


def put_projections(
    model: nn.Module, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
) -> None:
    """Replace each quantised projection's Linear, which may lie on the meta device.

    Args:
        model: Has `nn.Linear` without bias at the projections' places.
        tensors: What `quantised.quantise_tensor` made, by name.
        device: Where the weights go.
        dtype: Arithmetic of the layers around.

    Raises:
        PackRefused: Parts do not fit their layer; the message names it.
    """
    for name, module in list(model.named_modules()):
        weight = f"{name}.weight"
        parts = parts_of(weight, tensors)
        scheme = scheme_of(parts)
        if scheme is None or not isinstance(module, nn.Linear):
            continue
        check_parts(weight, parts, (module.out_features, module.in_features))
        make = _int8_layer if scheme == "int8" else _nf4_layer
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, make(weight, parts, module, device, dtype))


def _int8_layer(
    name: str, parts: Mapping[str, Tensor], like: nn.Linear, device: torch.device, _: torch.dtype
) -> Any:
    layer = bnb.Linear8bitLt(
        like.in_features, like.out_features, bias=False, has_fp16_weights=False, device="meta"
    )
    data = (parts[name].to(device) ^ INT8_ZERO).view(torch.int8)  # from 0..255 to two's complement
    scale = (
        parts[f"{name.removesuffix('.weight')}.scale"].to(device) * 127
    )  # of the largest value, not of a step
    layer.weight = bnb.Int8Params(data, requires_grad=False, has_fp16_weights=False, CB=data, SCB=scale)
    return layer


def _nf4_layer(
    name: str, parts: Mapping[str, Tensor], like: nn.Linear, device: torch.device, dtype: torch.dtype
) -> Any:
    layer = bnb.Linear4bit(
        like.in_features, like.out_features, bias=False, compute_dtype=dtype, quant_type="nf4", device="meta"
    )
    layer.weight = bnb.Params4bit.from_prequantized(
        parts[name], nf4_statistics(name, parts), device=device, module=layer
    )
    layer.weight.quant_state.dtype = (
        dtype  # what dequantised weights come back in, whatever they were made from
    )
    if like.out_features % _CPU_KERNEL_ROWS or like.in_features % NF4_BLOCK:
        layer.support_avx512bf16_for_cpu = False
    return layer

"""How quantised weights are written: which tensors, in which form, under which names. Tensors in, tensors out.

Only the seven projections of each decoder layer are quantised. A projection `X.weight` (rows, columns) becomes

    int8   X.weight uint8 (rows, columns), X.scale float32 (rows,): w = (weight - 128) * scale. The bytes are those
           that ONNX Runtime's MatMulNBits takes, so a CPU maps them from the file; CUDA turns one bit for bitsandbytes
    nf4    X.weight uint8 (rows * columns / 2, 1) and bitsandbytes' QuantState under X.weight.*: blocks of 64, their
           scales in 8 bit (double quantisation). A file without double quantisation is read as well
    int4   X.weight uint8 (rows, columns / 64, 32), low nibble first, X.scales float32 (rows, columns / 64):
           w = (nibble - 8) * scale, as MatMulNBits takes them; blocks of 32 or 16 where 64 does not divide the columns

and every other tensor stays what it was. config.json says which under `quantization`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from inference.errors import PackRefused

Scheme = Literal["int8", "nf4", "int4"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

NF4_BLOCK = 64
NF4_NESTED_BLOCK = 256
INT4_BLOCK = 64
"""Blocks of 32 err 8.6 % of the weights' deviation, of 64 9.5 %, and are faster (docs/precision.md)."""
INT8_ZERO = 128
NF4_STATE = "quant_state.bitsandbytes__nf4"

_PROJECTION = re.compile(
    r"language_model\.model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)\.weight"
)
_NF4_SINGLE = {"absmax", "quant_map", NF4_STATE}
_NF4_DOUBLE = {*_NF4_SINGLE, "nested_absmax", "nested_quant_map"}
_PART = re.compile(
    r"(?P<layer>language_model\.model\.layers\.\d+\.\w+\.\w+_proj)\."
    r"(weight\.(absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.bitsandbytes__nf4)"
    r"|scale|scales)"
)


def is_projection(name: str) -> bool:
    """True for the weight of a tensor that may be quantised, by our module's name."""
    return _PROJECTION.fullmatch(name) is not None


def is_part(name: str) -> bool:
    """True for what lies beside a quantised weight: scales, tables. Such tensors are never converted."""
    return _PART.fullmatch(name) is not None


def quantise_tensor(name: str, tensor: Tensor, scheme: Scheme) -> dict[str, Tensor]:
    """What is written for one tensor of a model, by name; a tensor that stays as it is comes back alone.

    Args:
        name: Our module's name (`inference.models.names`).
        tensor: Any floating dtype; quantised from float32. Works on one tensor at a time: four times its size in
            memory at most.
        scheme: How.

    Raises:
        PackRefused: The tensor holds NaN or infinity, or its shape does not fit the blocks.
    """
    if not is_projection(name):
        return {name: tensor}
    if tensor.ndim != 2 or not bool(torch.isfinite(tensor).all()):
        raise PackRefused(f"{name} can't be quantised: it is no finite matrix.")
    weight = tensor.detach().to("cpu", torch.float32).contiguous()
    layer = name.removesuffix(".weight")
    match scheme:
        case "int8":
            quantised, scale = _int8(weight)
            return {name: quantised, f"{layer}.scale": scale}
        case "int4":
            quantised, scales = _int4(name, weight)
            return {name: quantised, f"{layer}.scales": scales}
        case "nf4":
            return _nf4(name, weight)


def dequantised(name: str, tensors: Mapping[str, Tensor], shape: tuple[int, int]) -> Tensor:
    """One projection (rows, columns) in float32, from what `quantise_tensor` made of it or from plain floats."""
    weight, layer = tensors[name], name.removesuffix(".weight")
    if f"{layer}.scale" in tensors:
        return (weight.float() - INT8_ZERO) * tensors[f"{layer}.scale"].unsqueeze(1)
    if f"{layer}.scales" in tensors:
        block = 2 * weight.shape[-1]
        nibbles = torch.stack((weight & 0xF, weight >> 4), -1).reshape(shape[0], -1, block)
        return ((nibbles.float() - 8) * tensors[f"{layer}.scales"].unsqueeze(-1)).reshape(shape)
    if f"{name}.absmax" in tensors:
        return _from_nf4(name, tensors).reshape(shape)
    return weight.float()


def parts_of(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All that belongs to one projection's weight."""
    layer = name.removesuffix(".weight")
    return {
        one: t for one, t in tensors.items() if one == name or (one.startswith(f"{layer}.") and is_part(one))
    }


def scheme_of(names: Iterable[str]) -> Scheme | None:
    """How the projections with these tensors are quantised; None if they are not.

    Raises:
        PackRefused: More than one scheme.
    """
    ends: dict[str, Scheme] = {".scale": "int8", ".scales": "int4", f".{NF4_STATE}": "nf4"}
    found = {ends[end] for name in names if is_part(name) for end in ends if name.endswith(end)}
    if len(found) > 1:
        raise PackRefused(f"The weights are quantised in more than one way: {', '.join(sorted(found))}.")
    return next(iter(found), None)


def config_note(scheme: Scheme) -> dict[str, Any]:
    """What config.json says about quantised weights: `{**config.to_json(), **config_note(scheme)}`."""
    return {"quantization": {"scheme": scheme}}


def scheme_in_config(config: Mapping[str, Any]) -> Scheme | None:
    """The scheme that config.json names. Raises PackRefused if this program does not know it."""
    told = config.get("quantization")
    if told is None:
        return None
    scheme = told.get("scheme") if isinstance(told, Mapping) else None
    if scheme not in SCHEMES:
        raise PackRefused(
            f"config.json: quantization {scheme!r} is not known; known are {', '.join(SCHEMES)}."
        )
    return scheme  # type: ignore[no-any-return]  # one of the three by the test above


def check_parts(name: str, tensors: Mapping[str, Tensor], shape: tuple[int, int]) -> None:
    """Check the shapes and dtypes of a quantised projection: kernels in C++ read them without looking.

    Raises:
        PackRefused: Something is missing, surplus, or of another size than (rows, columns) needs.
    """
    layer, rows, columns = name.removesuffix(".weight"), *shape
    parts = {one.removeprefix(f"{layer}."): t for one, t in parts_of(name, tensors).items()}
    wanted: dict[str, tuple[tuple[int, ...], torch.dtype]]
    match scheme_of(parts_of(name, tensors)):
        case "int8":
            wanted = {"weight": (shape, torch.uint8), "scale": ((rows,), torch.float32)}
        case "int4":
            block = block_of(name, columns, INT4_BLOCK)
            blocks = columns // block
            wanted = {
                "weight": ((rows, blocks, block // 2), torch.uint8),
                "scales": ((rows, blocks), torch.float32),
            }
        case "nf4":
            wanted = _nf4_layout(parts, rows * columns)
            _check_nf4_state(name, parts, shape)
        case None:
            wanted = {}
    if {part: (tuple(t.shape), t.dtype) for part, t in parts.items()} != wanted:
        raise PackRefused(f"{name}: its quantised parts do not fit a matrix of {rows} x {columns}.")


def block_of(name: str, columns: int, most: int) -> int:
    """The largest block of at most `most` columns that MatMulNBits takes and that divides them.

    Raises:
        PackRefused: Not even 16 does.
    """
    for block in (256, 128, 64, 32, 16):
        if block <= most and columns % block == 0:
            return block
    raise PackRefused(f"{name} has {columns} columns: a multiple of 16 is needed.")


def _int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    scale = weight.abs().amax(1) / 127
    steps = weight / scale.clamp(min=torch.finfo(torch.float32).tiny).unsqueeze(1)
    return steps.round_().clamp_(-127, 127).add_(INT8_ZERO).to(torch.uint8), scale


def _int4(name: str, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric about 8. The value furthest from zero gets -8, so that all 16 steps are used."""
    rows, columns = weight.shape
    blocks = weight.reshape(rows, -1, block_of(name, columns, INT4_BLOCK))
    furthest = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    scales = furthest / -8
    exact = torch.where(scales == 0, torch.zeros(()), blocks / scales)
    steps = exact.round_().clamp_(-8, 7).add_(8).to(torch.uint8)
    return (steps[..., 0::2] | (steps[..., 1::2] << 4)).contiguous(), scales.squeeze(-1).contiguous()


def _nf4(name: str, weight: Tensor) -> dict[str, Tensor]:
    from inference.models.quiet_bitsandbytes import functional

    quantised, state = functional.quantize_4bit(
        weight, blocksize=NF4_BLOCK, compress_statistics=True, quant_type="nf4"
    )
    return {name: quantised} | {
        f"{name}.{part}": t.contiguous() for part, t in state.as_dict(packed=True).items()
    }


def _from_nf4(name: str, tensors: Mapping[str, Tensor]) -> Tensor:
    from inference.models.quiet_bitsandbytes import functional

    state = functional.QuantState.from_dict(nf4_statistics(name, tensors), device=torch.device("cpu"))
    restored: Tensor = functional.dequantize_4bit(tensors[name], state)
    return restored.float()


def nf4_statistics(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of bitsandbytes' QuantState of one weight, by their names inside it."""
    head = f"{name}."
    return {one.removeprefix(head): t for one, t in tensors.items() if one.startswith(head)}


def _nf4_layout(parts: Mapping[str, Tensor], count: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    blocks = -(-count // NF4_BLOCK)
    is_double = "weight.nested_absmax" in parts
    state = parts[f"weight.{NF4_STATE}"]
    layout: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
        "weight": ((-(-count // 2), 1), torch.uint8),
        "weight.absmax": ((blocks,), torch.uint8 if is_double else torch.float32),
        "weight.quant_map": ((16,), torch.float32),
        f"weight.{NF4_STATE}": (tuple(state.shape), torch.uint8),
    }
    if is_double:
        layout["weight.nested_absmax"] = ((-(-blocks // NF4_NESTED_BLOCK),), torch.float32)
        layout["weight.nested_quant_map"] = ((256,), torch.float32)
    return layout


def _check_nf4_state(name: str, parts: Mapping[str, Tensor], shape: tuple[int, int]) -> None:
    try:
        told = json.loads(bytes(parts[f"weight.{NF4_STATE}"].numpy()))
        fits = (told["quant_type"], told["blocksize"], tuple(told["shape"])) == ("nf4", NF4_BLOCK, shape)
        if "weight.nested_absmax" in parts:
            fits = fits and told["nested_blocksize"] == NF4_NESTED_BLOCK
    except (ValueError, KeyError, TypeError) as error:
        raise PackRefused(f"{name}: its NF4 description can't be read: {error}.") from error
    if not fits:
        raise PackRefused(
            f"{name}: its NF4 description is not one of blocks of 64 over {shape[0]} x {shape[1]}."
        )

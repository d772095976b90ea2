"""In how many bits the language model's projections are held, and what to choose. Pure: no torch, no device asked.

Only the seven projections of each decoder layer are ever quantised; vision encoder, abstractor, embeddings, norms and
lm_head stay as they are (m4cxr.md §1.5). What the choice rests on was measured; see docs/precision.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Precision = Literal["float32", "bfloat16", "float16", "int8", "nf4", "int4"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
PRECISION_HELP = "how the language model's weights are held; default: what the device computes best"
QUANTISED: tuple[Precision, ...] = ("int8", "nf4", "int4")

BYTES_PER_WEIGHT: Mapping[Precision, float] = {
    "float32": 4.0,
    "bfloat16": 2.0,
    "float16": 2.0,
    "int8": 1.0 + 4 / 4096,  # one float32 scale for each row, of 4096 columns or more
    "nf4": 0.5
    + 1 / 64
    + 4 / (64 * 256),  # blocks of 64; their scales in 8 bit, those in blocks of 256 in float32
    "int4": 0.5 + 4 / 64,  # blocks of 64, float32 scales
}
"""Of one weight of a projection, its scales included."""

SMALL_MODEL = 100_000_000
"""Weights. Below this float32 is the fastest on a CPU, or near it, and needs no check of what rounding did."""

Kind = Literal["cpu", "cuda"]


def precisions_for(
    weights: int, kind: Kind, *, has_bfloat16: bool = True, stored: Precision | None = None
) -> tuple[Precision, ...]:
    """What is worth computing with on a device, best first: the first that fits into memory is taken.

    On a CPU a small model stays in float32; from there on int8 by ONNX Runtime leads among the faithful ones, and
    int4 is left for where int8 does not fit. A GPU computes in 16 bit and quantises only for memory's sake; NF4 loses
    less than int4 there and bitsandbytes is what it runs by. torch's dynamic int8 is never used: it changes answers
    (KL 1.13 beside 0.005, environment.md).

    Args:
        weights: Of the whole model.
        kind: The device.
        has_bfloat16: The GPU computes in it; else float16 is used.
        stored: How the pack's projections lie quantised in its files; nothing else can be made of them.
    """
    if stored is not None:
        return (stored,)
    if kind == "cuda":
        return ("bfloat16" if has_bfloat16 else "float16", "int8", "nf4")
    return ("float32",) if weights < SMALL_MODEL else ("int8", "int4")


def computable(kind: Kind, stored: Precision | None = None) -> tuple[Precision, ...]:
    """What may be asked for on a device, largest first."""
    if stored is not None:
        return (stored,)
    floats: tuple[Precision, ...] = (
        ("float32", "bfloat16", "float16") if kind == "cuda" else ("float32", "bfloat16")
    )
    return (*floats, "int8", "nf4") if kind == "cuda" else (*floats, "int8", "nf4", "int4")


def tried_after(precision: Precision, kind: Kind, stored: Precision | None = None) -> Sequence[Precision]:
    """What is tried, in this order, once `precision` was refused: ever larger ones."""
    larger = LARGER[precision]
    return tuple(one for one in larger if one in computable(kind, stored))


LARGER: Mapping[Precision, tuple[Precision, ...]] = {
    "int4": ("int8", "float32"),
    "nf4": ("int8", "bfloat16", "float16", "float32"),
    "int8": ("bfloat16", "float16", "float32"),
    "float16": ("float32",),
    "bfloat16": ("float32",),
    "float32": (),
}


@dataclass(frozen=True, slots=True)
class ModelSize:
    """How many weights a model has."""

    projections: int
    """Weights of the language model's projections, the ones that can be quantised: 6,979,321,856 for 7 B."""
    others: int
    """All other weights."""


def weight_bytes(size: ModelSize, precision: Precision, *, is_cuda: bool) -> int:
    """Memory for all weights. Beside quantised projections the rest is held in 16 bit on CUDA, float32 on a CPU."""
    rest = BYTES_PER_WEIGHT[precision] if precision not in QUANTISED else 2.0 if is_cuda else 4.0
    return round(size.projections * BYTES_PER_WEIGHT[precision] + size.others * rest)

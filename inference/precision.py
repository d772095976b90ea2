"""In how many bits the language model's projections are held, and which to choose. Pure: no torch, no device asked.

Only the seven projections of each decoder layer are ever quantised; vision encoder, abstractor, embeddings, norms and
lm_head stay as they are (m4cxr.md §1.5). What the choice rests on was measured; see docs/precision.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Precision = Literal["float32", "bfloat16", "float16", "int8", "nf4", "int4"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
QUANTISED: tuple[Precision, ...] = ("int8", "nf4", "int4")

BYTES_PER_WEIGHT: Mapping[Precision, float] = {
    "float32": 4.0,
    "bfloat16": 2.0,
    "float16": 2.0,
    "int8": 1.0 + 4 / 4096,  # one float32 scale for each row, of 4096 columns or more
    "nf4": 0.5
    + 1 / 64
    + 4 / (64 * 256),  # blocks of 64; their scales in 8 bit, those in blocks of 256 in float32
    "int4": 0.5 + 4 / 32,  # blocks of 32, float32 scales
}
"""Of one weight of a projection, its scales included."""

LARGER: Mapping[Precision, tuple[Precision, ...]] = {
    "int4": ("int8", "float32"),
    "nf4": ("int8", "bfloat16", "float32"),
    "int8": ("bfloat16", "float32"),
    "float16": ("float32",),
    "bfloat16": ("float32",),
    "float32": (),
}
"""What is tried, in this order, when a precision was refused or can't be had."""


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

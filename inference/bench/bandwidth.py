"""How fast this computer's memory can be read: decoding one answer reads every weight for every token."""

from __future__ import annotations

import time

import torch
from torch.nn import functional

from inference.models.m4cxr import M4cxr
from inference.precision import BYTES_PER_WEIGHT, Precision

BUFFER_BYTES = 2 << 30
"""Far larger than any cache (the largest processors have 1 GiB)."""
COLUMNS = 8192


def read_gb_per_s(buffer_bytes: int = BUFFER_BYTES, repeats: int = 4) -> float:
    """The most that two ways of reading a large buffer reached, in 10^9 bytes per second: a sum, and a product
    of a matrix and a vector, with as many threads as torch is set to."""
    matrix = torch.ones(buffer_bytes // (4 * COLUMNS), COLUMNS)
    vector = torch.ones(COLUMNS)
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        torch.sum(matrix)
        between = time.perf_counter()
        functional.linear(vector, matrix)
        best = min(best, between - start, time.perf_counter() - between)
    return matrix.numel() * 4 / best / 1e9


def bytes_per_token(model: M4cxr, precision: Precision) -> int:
    """Weights that one token needs, whatever was read before: all layers, norms and the head, one row of embeddings."""
    language = model.language_model
    layers = sum(parameter.numel() for parameter in language.model.layers.parameters())
    rest = "float32" if precision in ("int8", "nf4", "int4") else precision
    head = int(language.lm_head.weight.numel())
    return int(layers * BYTES_PER_WEIGHT[precision] + head * BYTES_PER_WEIGHT[rest])

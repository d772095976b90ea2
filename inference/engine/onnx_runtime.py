"""The language model computed by ONNX Runtime on a CPU: implements `inference.engine.runtime.LanguageModel`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from torch import Tensor
from torch.nn import functional

from inference.engine.kv_memory import GROWTH, KvMemory, KvShape
from inference.engine.runtime import Memory
from inference.engine.torch_runtime import FREE_SHARE, MOST_ROWS
from inference.models.mistral_onnx import memory_errors
from inference.models.onnx_graph import Sizes, shapes_of

PREFILL_TOKENS = 64
"""Read in one call: 512 at once are no faster (1.1 billion weights in int8: 14.4 and 14.8 ms of processor time each),
and a wish to stop would be heard eight times later."""
HIDDEN = np.float32(-np.inf)


class OnnxLanguageModel:
    """Rows in, logits out, float32 but for the projections' weights.

    Args:
        session: From `inference.models.mistral_onnx.build_session`.
        sizes: Those it was built with.
        embedding: (vocabulary, width), any floating dtype.
        precision: How the projections' weights are held.
    """

    def __init__(self, session: InferenceSession, sizes: Sizes, embedding: Tensor, precision: str) -> None:
        self._session = session
        self._sizes = sizes
        self._embedding = embedding
        self._outputs = [one.name for one in session.get_outputs()]
        self._shape = KvShape(
            sizes.layers, sizes.kv_heads, sizes.head, torch.float32, torch.device("cpu"), positions_first=True
        )
        self.precision = precision
        self.context_tokens = sizes.positions
        self.prefill_tokens = PREFILL_TOKENS

    @property
    def bytes_per_position(self) -> int:
        """Memory that one position of one row takes."""
        return self._shape.bytes_per_position

    def most_rows(self, shared: int, own: int) -> int:  # noqa: ARG002  # the shared positions are held once
        """As many as fit into a share of the memory that is free now."""
        free = psutil.virtual_memory().available * FREE_SHARE
        return max(1, min(MOST_ROWS, int(free) // (self.bytes_per_position * (own + GROWTH))))

    def new_memory(self) -> KvMemory:
        return KvMemory(self._shape)

    @torch.inference_mode()
    def embed(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids.cpu(), self._embedding).float()

    @torch.inference_mode()
    def read(self, rows: Tensor, memory: Memory, lengths: Sequence[int] | None = None) -> Tensor:
        assert isinstance(memory, KvMemory), "a memory belongs to the runtime that made it"
        count, steps = rows.shape[:2]
        read = [steps] * count if lengths is None else list(lengths)
        memory.make_room(steps)
        with memory_errors():
            logits, *new = self._session.run(self._outputs, self._feeds(rows, memory, read))
        _write(memory, new, count, steps)
        memory.grow(read)
        return torch.from_numpy(logits)

    def _feeds(self, rows: Tensor, memory: KvMemory, read: Sequence[int]) -> dict[str, NDArray[Any]]:
        count, steps = rows.shape[:2]
        own = np.array(memory.own)
        stretches = (
            max(memory.shared, 1),
            max(int(own.max()), 1),
            steps,
        )  # none may be empty, see mistral_onnx
        shapes = shapes_of(self._sizes, count, steps, stretches)
        feeds: dict[str, NDArray[Any]] = {
            "rows": np.ascontiguousarray(rows.float().numpy()),
            "positions": memory.shared + own[:, None] + np.arange(steps),
            "last": np.arange(count) * steps + np.array(read) - 1,
            "mask": _mask(memory.shared, own, stretches),
            "stretches": np.array(stretches),
            **{name: np.array(shape) for name, shape in shapes.items()},
        }
        # without a trunk any position serves: the mask hides it
        prefix = memory.trunk if memory.trunk is not None and memory.shared else memory
        for kind in ("keys", "values"):
            shared = zip(getattr(prefix.buffer, kind), getattr(memory.buffer, kind), strict=True)
            for layer, (far, near) in enumerate(shared):
                feeds[f"prefix_{kind}.{layer}"] = _stretch(far[:1], stretches[0])
                feeds[f"own_{kind}.{layer}"] = _stretch(near, stretches[1])
        return feeds


def _stretch(buffer: Tensor, length: int) -> NDArray[np.float32]:
    """The first positions of (rows, heads, capacity, head) as (length, rows * heads, head), without a copy."""
    return buffer.permute(2, 0, 1, 3)[:length].flatten(1, 2).numpy()


def _mask(shared: int, own: NDArray[np.int64], stretches: tuple[int, int, int]) -> NDArray[np.float32]:
    """What each position may look at, (rows, 1, S, 1, P + T + S): 0, or minus infinity."""
    prefix, longest, steps = stretches
    seen = np.zeros((len(own), steps, sum(stretches)), bool)
    seen[:, :, :prefix] = shared > 0
    seen[:, :, prefix : prefix + longest] = (np.arange(longest) < own[:, None])[:, None]
    seen[:, :, prefix + longest :] = np.tri(steps, dtype=bool)
    return np.where(seen, np.float32(0), HIDDEN)[:, None, :, None]


def _write(memory: KvMemory, new: Sequence[NDArray[np.float32]], count: int, steps: int) -> None:
    """Put new keys and values (S, rows * heads, head) behind each row's own."""
    buffer, heads, width = memory.buffer, memory.shape.heads, memory.shape.head_dim
    own = memory.own
    for kind, arrays in ((buffer.keys, new[0::2]), (buffer.values, new[1::2])):
        for target, array in zip(kind, arrays, strict=True):
            fresh = torch.from_numpy(array).view(steps, count, heads, width)
            if min(own) == max(own):
                target.permute(2, 0, 1, 3)[own[0] : own[0] + steps] = fresh
                continue
            for row in range(count):
                target.permute(2, 0, 1, 3)[own[row] : own[row] + steps, row] = fresh[:, row]

"""Keys and values of what was read: written in place where nobody else reads, copied where somebody does.

A memory with one row lies in one buffer per layer. Its forks share that buffer; whoever reads on writes behind what
all the others hold, and moves to a buffer of its own where another has already written. Rows that are read side by
side share the one-row memory they began from (`trunk`) and have buffers for what each of them read since (`own`), so
thirteen questions about a film hold the film once.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import torch

GROWTH = 128
"""Positions that a new buffer has to spare, at least: a copy every so many tokens, not at each."""


@dataclass(frozen=True, slots=True)
class KvShape:
    """What one position takes."""

    layers: int
    heads: int  # of keys and values
    head_dim: int
    dtype: torch.dtype
    device: torch.device
    positions_first: bool = False  # in memory: a part of the positions is then one block (for ONNX Runtime)

    @property
    def bytes_per_position(self) -> int:
        return 2 * self.layers * self.heads * self.head_dim * self.dtype.itemsize


class KvBuffer:
    """Keys and values of `rows` rows, (rows, heads, capacity, head_dim) for each layer, and who reads them."""

    def __init__(self, shape: KvShape, rows: int, capacity: int) -> None:
        self.keys = [_zeros(shape, rows, capacity) for _ in range(shape.layers)]
        self.values = [_zeros(shape, rows, capacity) for _ in range(shape.layers)]
        self.capacity = capacity
        self.readers: weakref.WeakSet[KvMemory] = weakref.WeakSet()


class KvMemory:
    """Implements `inference.engine.runtime.Memory` for runtimes that keep keys and values in torch tensors."""

    def __init__(self, shape: KvShape, *, rows: int = 1, trunk: KvMemory | None = None) -> None:
        self.shape = shape
        self.trunk = trunk  # has one row and is never written to again
        self.own = (0,) * rows  # positions of each row in `buffer`
        self._buffer: KvBuffer | None = None

    @property
    def shared(self) -> int:
        """How many positions all rows have in common, in `trunk`."""
        return 0 if self.trunk is None else self.trunk.own[0]

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(self.shared + own for own in self.own)

    @property
    def buffer(self) -> KvBuffer:
        """Where the rows' own positions lie. There is one once `make_room` was called."""
        assert self._buffer is not None, "the memory has no room yet"
        return self._buffer

    def fork(self) -> KvMemory:
        """A memory that goes on from here on its own, at the price of a few references."""
        other = KvMemory(self.shape, rows=len(self.own), trunk=self.trunk)
        if self._buffer is not None:
            other._use(self._buffer, self.own)
        return other

    def cut(self, length: int) -> None:
        """Forget everything from position `length` on; of a memory with one row."""
        assert len(self.own) == 1, "only a memory with one row can be cut"
        if self.trunk is not None and length < self.shared:
            trunk, self.trunk = self.trunk, None
            self._leave()
            if trunk._buffer is not None:
                self._use(trunk._buffer, (length,))
            return
        self.own = (min(self.own[0], length - self.shared),)

    def repeated(self, rows: int) -> KvMemory:
        """`rows` rows that share all of this memory, which has one row; this one stays as it is."""
        assert len(self.own) == 1, "only a memory with one row can be repeated"
        return KvMemory(self.shape, rows=rows, trunk=self.fork() if self.trunk is None else self._flat())

    def kept(self, rows: Sequence[int]) -> KvMemory:
        """The named rows alone, in that order; what they share stays shared."""
        other = KvMemory(self.shape, rows=len(rows), trunk=self.trunk)
        own = tuple(self.own[row] for row in rows)
        if self._buffer is not None and max(own):
            buffer = KvBuffer(self.shape, len(rows), self._buffer.capacity)
            _copy(self._buffer, buffer, max(own), list(rows))
            other._use(buffer, own)
        return other

    def make_room(self, more: int) -> None:
        """Let `more` further positions be written behind each row, where no fork reads them."""
        wanted = max(self.own) + more
        buffer = self._buffer
        if buffer is None or wanted > buffer.capacity or self._others_read_on(buffer):
            bigger = KvBuffer(self.shape, len(self.own), wanted + max(GROWTH, wanted // 4))
            if buffer is not None:
                _copy(buffer, bigger, max(self.own))
            self._use(bigger, self.own)

    def grow(self, lengths: Sequence[int]) -> None:
        """Count what was written behind each row."""
        self.own = tuple(own + more for own, more in zip(self.own, lengths, strict=True))

    def _others_read_on(self, buffer: KvBuffer) -> bool:
        """True if a fork holds positions behind ours: they must not be written over."""
        return any(
            other is not self and any(theirs > ours for theirs, ours in zip(other.own, self.own, strict=True))
            for other in buffer.readers
        )

    def _flat(self) -> KvMemory:
        """The same memory of one row in one buffer."""
        assert self.trunk is not None
        shared, own = self.shared, self.own[0]
        flat = KvMemory(self.shape)
        flat.make_room(shared + own)
        for layer in range(self.shape.layers):
            for part, start, length in ((self.trunk._buffer, 0, shared), (self._buffer, shared, own)):
                if part is not None:
                    flat.buffer.keys[layer][:, :, start : start + length] = part.keys[layer][:, :, :length]
                    flat.buffer.values[layer][:, :, start : start + length] = part.values[layer][
                        :, :, :length
                    ]
        flat.grow([shared + own])
        return flat

    def _use(self, buffer: KvBuffer, own: tuple[int, ...]) -> None:
        self._leave()
        self._buffer, self.own = buffer, own
        buffer.readers.add(self)

    def _leave(self) -> None:
        if self._buffer is not None:
            self._buffer.readers.discard(self)
        self._buffer = None


def _zeros(shape: KvShape, rows: int, capacity: int) -> torch.Tensor:
    """Zeros: what lies behind a short row has weight 0, which times NaN would still be NaN."""
    heads, width, dtype, device = shape.heads, shape.head_dim, shape.dtype, shape.device
    if shape.positions_first:
        return torch.zeros((capacity, rows, heads, width), dtype=dtype, device=device).permute(1, 2, 0, 3)
    return torch.zeros((rows, heads, capacity, width), dtype=dtype, device=device)


def _copy(source: KvBuffer, target: KvBuffer, length: int, rows: Sequence[int] | None = None) -> None:
    """The first `length` positions, of the named rows or of all."""
    for old, new in zip((*source.keys, *source.values), (*target.keys, *target.values), strict=True):
        part = old[:, :, :length] if rows is None else old[list(rows), :, :length]
        new[:, :, :length] = part

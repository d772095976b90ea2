"""What the engine asks of a language model, whatever computes it: torch, quantised torch, ONNX Runtime.

A runtime is stateless but for its weights; what was read lies in a `Memory` (a KV cache) that the caller holds. So
two conversations, two studies and two engines in one process never meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor


class Memory(Protocol):
    """What a language model has read in one conversation, or in several of them side by side ("rows")."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many positions each row has read."""
        ...

    def fork(self) -> Memory:
        """A memory that goes on from here on its own, at the price of a few references."""
        ...

    def cut(self, length: int) -> None:
        """Forget everything from position `length` on; of a memory with one row."""
        ...

    def repeated(self, rows: int) -> Memory:
        """`rows` copies of a memory with one row, to be read on side by side; this one stays as it is."""
        ...

    def kept(self, rows: Sequence[int]) -> Memory:
        """The named rows alone, in that order: how answers that have ended leave a batch."""
        ...


class LanguageModel(Protocol):
    """Rows in, logits out. Called from one thread."""

    @property
    def precision(self) -> str:
        """How the projections' weights are held: float32, bfloat16, float16, int8, nf4 or int4."""
        ...

    @property
    def context_tokens(self) -> int:
        """The most positions that a row can hold."""
        ...

    @property
    def prefill_tokens(self) -> int:
        """How many positions of a prompt are best read in one call: between two calls a wish to stop is heard."""
        ...

    def most_rows(self, shared: int, own: int) -> int:
        """How many rows should be read side by side where each goes on by `own` positions from the same `shared` ones.

        At least 1: what doesn't fit alone is for `read` to refuse.
        """
        ...

    def embed(self, ids: Tensor) -> Tensor:
        """Input rows (B, L, width) of text ids (B, L), none negative, on any device; the caller may write to them."""
        ...

    def new_memory(self) -> Memory:
        """An empty memory with one row."""
        ...

    def read(self, rows: Tensor, memory: Memory, lengths: Sequence[int] | None = None) -> Tensor:
        """Read on.

        Nothing but the memory changes: a call that fails (memory ran out) leaves it as it was.

        Args:
            rows: (B, L, width), B being the memory's rows; padded on the right.
            memory: Grows by each row's length. Padding is never seen again.
            lengths: How many of each row's L are no padding, at least 1; None = all.

        Returns:
            Logits (B, vocabulary), float32, after each row's last position.
        """
        ...

"""What happens when memory runs out in the middle of a request: room is made, and less is tried, once.

The call that failed is made again in smaller parts after all caches that nobody is reading from were dropped, so the
request goes on where it was and its answer stays the same. What still does not fit ends it with `OutOfMemory`; the
backend stays fit for the next request. From then on the smaller limits hold: memory does not grow back.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from inference.backend import Flag
from inference.devices import is_out_of_memory
from inference.engine.runtime import LanguageModel, Memory
from inference.errors import OutOfMemory
from inference.plan import Limits

T = TypeVar("T")
SMALLER_PLAN = "smaller_plan"


class TooManyRows(OutOfMemory):
    """So many questions can't be read side by side: ask again with as many as `most_rows` says now."""


class Room:
    """The limits of one engine, and how they shrink.

    Args:
        free: Lets go of every cache that no request is reading from.
    """

    def __init__(self, free: Callable[[], None], limits: Limits | None = None) -> None:
        self._free = free
        self.limits = limits or Limits()
        self._notes: list[Flag] = []

    def notes(self) -> tuple[Flag, ...]:
        """What was changed since this was last asked, in words for the reader."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def note(self, words: str, kind: str = SMALLER_PLAN) -> None:
        """Something that the reader is to be told with the next reading, as a flag of this kind."""
        self._notes.append(Flag(kind, words))

    def attempt(self, call: Callable[[], T]) -> T:
        """`call()`, once more after making room where memory ran out."""
        try:
            return call()
        except Exception as error:
            self.shrink_after(error)
        return call()

    def shrink_after(self, error: Exception) -> None:
        """Make room if `error` says that memory ran out; raise it again if it says anything else."""
        if not is_out_of_memory(error):
            raise error
        traceback.clear_frames(error.__traceback__)  # they hold tensors
        self.limits = self.limits.smaller() or self.limits
        self._free()
        self.note(
            "Memory ran out; the reading went on with a smaller plan: no caches of other studies, "
            f"{self.limits.prefill_tokens} tokens read at once, one question at a time. It takes longer."
        )


class RoomyModel:
    """A language model that is asked for no more than its engine's limits allow."""

    def __init__(self, inside: LanguageModel, room: Room) -> None:
        self._inside, self._room = inside, room

    @property
    def precision(self) -> str:
        return self._inside.precision

    @property
    def context_tokens(self) -> int:
        return self._inside.context_tokens

    @property
    def prefill_tokens(self) -> int:
        return min(self._room.limits.prefill_tokens, self._inside.prefill_tokens)

    def most_rows(self, shared: int, own: int) -> int:
        return min(self._room.limits.rows, self._inside.most_rows(shared, own))

    def embed(self, ids: Tensor) -> Tensor:
        return self._room.attempt(lambda: self._inside.embed(ids))

    def new_memory(self) -> Memory:
        return self._inside.new_memory()

    def read(self, rows: Tensor, memory: Memory, lengths: Sequence[int] | None = None) -> Tensor:
        """See `inference.engine.runtime.LanguageModel.read`.

        Raises:
            TooManyRows: Several rows were given, and memory ran out. Room was made; `memory` is as it was.
        """
        if len(rows) == 1:
            return self._room.attempt(lambda: self._in_parts(rows, memory))
        try:
            return self._inside.read(rows, memory, lengths)
        except Exception as error:
            self._room.shrink_after(error)
        raise TooManyRows("There is too little memory for several questions at once.")

    def _in_parts(self, rows: Tensor, memory: Memory) -> Tensor:
        before = memory.lengths[0]
        try:
            for part in torch.split(rows, self._room.limits.prefill_tokens, dim=1):
                logits = self._inside.read(part, memory)
        except Exception:
            if memory.lengths[0] > before:
                memory.cut(before)
            raise
        return logits

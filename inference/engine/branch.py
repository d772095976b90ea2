"""A prompt with pictures, and how much of it the language model has read: nothing is ever read twice.

A `Branch` can be forked for the price of a few references (`inference.engine.runtime.Memory.fork`). In `Branch.ids` a
negative number names a picture: -1 is the first of `pictures`, -2 the second, and so on; each takes as many places in
a row as it has rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from inference.backend import CancelToken
from inference.engine.runtime import LanguageModel, Memory
from inference.engine.usage import Usage
from inference.errors import InferenceCancelled


@dataclass(slots=True)
class Branch:
    """One way that a conversation went. `fed` ids are in the memory; the rest is read by the next `feed`."""

    ids: list[int]
    memory: Memory | None = None  # None = nothing was read

    @property
    def fed(self) -> int:
        return 0 if self.memory is None else self.memory.lengths[0]

    def fork(self) -> Branch:
        """A branch that starts here and leaves this one as it is."""
        return Branch(list(self.ids), None if self.memory is None else self.memory.fork())

    def cut(self, length: int) -> None:
        """Forget everything from position `length` on."""
        del self.ids[length:]
        if self.memory is not None and self.fed > length:
            self.memory.cut(length)

    def unread_last(self) -> None:
        """Let the next `feed` read the last id again, for its logits."""
        if self.memory is not None and self.fed == len(self.ids):
            self.memory.cut(self.fed - 1)


class Pictures:
    """Abstractor rows of the pictures that prompts may name, by number: -1, -2, …"""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: dict[int, Tensor] = {}

    def for_request(self) -> Pictures:
        """The same numbers, for ids that were kept go on meaning the same pictures; the rows are each request's own."""
        own = Pictures()
        own._numbers = self._numbers
        return own

    def add(self, image_sha256: str, rows: Tensor) -> None:
        """Give a picture its number; `rows` has shape (image_tokens, width)."""
        number = self._numbers.setdefault(image_sha256, -1 - len(self._numbers))
        self._rows.setdefault(number, rows)

    def number(self, image_sha256: str) -> int:
        return self._numbers[image_sha256]

    def rows(self, number: int) -> Tensor:
        """Rows (image_tokens, width) of the picture with this number."""
        return self._rows[number]


class Reader:
    """Feeds branches to one language model and counts what it does."""

    def __init__(self, model: LanguageModel, pictures: Pictures, usage: Usage) -> None:
        self.model = model
        self.pictures = pictures
        self.usage = usage

    def feed(self, branch: Branch, cancel: CancelToken, *, said: int = 0) -> Tensor:
        """Read what the branch has that was not read yet.

        Args:
            said: How many of those ids, the last ones, the model said itself: they don't count as prefill.

        Returns:
            Logits (vocabulary,) after its last id, float32.

        Raises:
            InferenceCancelled: Before the next model call once `cancel` is set; the branch stays usable.
            ValueError: Nothing was left to read.
        """
        if branch.fed >= len(branch.ids):
            raise ValueError("the branch has no unread ids")
        if branch.memory is None:
            branch.memory = self.model.new_memory()
        prompt, rows = len(branch.ids) - said, self._embed(branch.ids[branch.fed :])
        for part in torch.split(rows, self.model.prefill_tokens, dim=1):
            stop_if_cancelled(cancel)
            self.usage.prefill_tokens += max(0, min(part.shape[1], prompt - branch.fed))
            logits = self.model.read(part, branch.memory)
        return logits[0]

    def feed_rows(self, memory: Memory, endings: Sequence[Sequence[int]], cancel: CancelToken) -> Tensor:
        """Read some ids behind each row of a memory, in one call; they hold no pictures.

        Returns:
            Logits (rows, vocabulary), float32, after each row's last id.
        """
        stop_if_cancelled(cancel)
        lengths = [len(ending) for ending in endings]
        ids = torch.zeros(len(endings), max(lengths), dtype=torch.long)
        for row, ending in enumerate(endings):
            ids[row, : len(ending)] = torch.tensor(ending)
        same = min(lengths) == max(lengths)
        return self.model.read(self.model.embed(ids), memory, None if same else lengths)

    @torch.inference_mode()
    def _embed(self, ids: Sequence[int]) -> Tensor:
        """Input rows (1, L, width) of ids that may name pictures; a block is never begun in its middle."""
        rows = self.model.embed(torch.tensor([[max(number, 0) for number in ids]]))
        start = 0
        for number, block in groupby(ids):
            length = len(list(block))
            if number < 0:
                rows[0, start : start + length] = self.pictures.rows(number).to(rows)
            start += length
        return rows


def stop_if_cancelled(cancel: CancelToken) -> None:
    """Let more urgent work go first, then raise InferenceCancelled once the reader has pressed stop."""
    cancel.rest()
    if cancel.is_cancelled:
        raise InferenceCancelled("Stopped.")


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids two prompts share from the start."""
    for position, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return position
    return min(len(one), len(other))

"""A prompt with pictures, and how much of it the language model has read: nothing is ever read twice.

A `Branch` can be forked for the price of a few references: transformers' DynamicLayer grows by concatenation, so
tensors that two branches share are never written to (`tests/unit/inference/engine/test_branch.py` holds it to that).
In `Branch.ids` a negative number names a picture: -1 is the first of `pictures`, -2 the second, and so on; each takes
`image_tokens` places in a row.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from inference.backend import CancelToken
from inference.engine.usage import Usage
from inference.errors import InferenceCancelled
from inference.models.m4cxr import IMAGE_ID, M4cxr

PREFILL_TOKENS = 512
"""Read at once; the cancel token is looked at in between."""


@dataclass(slots=True)
class Branch:
    """One way that a conversation went. `fed` ids are in the cache; the rest is read by the next `feed`."""

    ids: list[int]
    cache: Any = field(default_factory=DynamicCache)
    fed: int = 0

    def fork(self) -> Branch:
        """A branch that starts here and leaves this one as it is."""
        cache = copy.copy(self.cache)
        cache.layers = [copy.copy(layer) for layer in self.cache.layers]
        return Branch(list(self.ids), cache, self.fed)

    def cut(self, length: int) -> None:
        """Forget everything from position `length` on."""
        del self.ids[length:]
        if self.fed > length:
            self.cache.crop(length - self.fed)
            self.fed = length

    def unread_last(self) -> None:
        """Let the next `feed` read the last id again, for its logits."""
        if self.fed == len(self.ids):
            self.cache.crop(-1)
            self.fed -= 1


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

    def rows(self, numbers: Sequence[int]) -> Tensor:
        return torch.stack([self._rows[number] for number in numbers])


class Reader:
    """Feeds branches to one model and counts what it does."""

    def __init__(self, model: M4cxr, pictures: Pictures, usage: Usage) -> None:
        self.model = model
        self.pictures = pictures
        self.usage = usage

    @torch.inference_mode()
    def feed(self, branch: Branch, cancel: CancelToken, *, is_prompt: bool = True) -> Tensor:
        """Read what the branch has that was not read yet; only a prompt's tokens are counted as prefill.

        Returns:
            Logits (vocabulary,) after its last id, float32.

        Raises:
            InferenceCancelled: Before the next model call once `cancel` is set; the branch stays usable.
            ValueError: Nothing was left to read.
        """
        if branch.fed >= len(branch.ids):
            raise ValueError("the branch has no unread ids")
        rows = self._embed(branch.ids[branch.fed :])
        for part in torch.split(rows, PREFILL_TOKENS, dim=1):
            stop_if_cancelled(cancel)
            output = self.model.language_model(
                inputs_embeds=part, past_key_values=branch.cache, use_cache=True, logits_to_keep=1
            )
            branch.fed += part.shape[1]
            self.usage.prefill_tokens += part.shape[1] if is_prompt else 0
        logits: Tensor = output.logits[0, -1].float()
        return logits

    @torch.inference_mode()
    def last_logits(self, branch: Branch, endings: Sequence[Sequence[int]], cancel: CancelToken) -> Tensor:
        """Logits (endings, vocabulary) after each of several short endings of one branch, read as one batch.

        The endings hold no pictures. They are padded on the right, where causality hides the padding; the branch
        itself must be read and is left as it is.
        """
        stop_if_cancelled(cancel)
        fork = branch.fork()
        for layer in fork.cache.layers:
            layer.keys = layer.keys.expand(len(endings), -1, -1, -1)
            layer.values = layer.values.expand(len(endings), -1, -1, -1)
        longest = max(len(ending) for ending in endings)
        ids = torch.zeros(len(endings), longest, dtype=torch.long, device=self.model.device)
        for row, ending in enumerate(endings):
            ids[row, : len(ending)] = torch.tensor(ending)
        output = self.model.language_model.model(
            inputs_embeds=self.model.embed(ids), past_key_values=fork.cache, use_cache=True
        )
        self.usage.prefill_tokens += sum(len(ending) for ending in endings)
        last = torch.tensor([len(ending) - 1 for ending in endings], device=self.model.device)
        hidden = output.last_hidden_state[torch.arange(len(endings), device=self.model.device), last]
        logits: Tensor = self.model.language_model.lm_head(hidden).float()
        return logits

    def _embed(self, ids: Sequence[int]) -> Tensor:
        """Input rows (1, L, width) of ids that may name pictures; a block is never begun in its middle."""
        places = [number for number in ids if number < 0]
        numbers = places[:: self.model.config.image_tokens]
        tensor = torch.tensor([[max(number, IMAGE_ID) for number in ids]], device=self.model.device)
        return self.model.embed(tensor, self.pictures.rows(numbers) if numbers else None)


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

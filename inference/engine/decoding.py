"""Greedy decoding, one token at a time, with text that streams and stops when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from inference.backend import CancelToken
from inference.engine.branch import Branch, Reader

UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Constraint(Protocol):
    """Says which tokens may come next. One object serves one answer."""

    def allowed(self) -> Sequence[int] | None:
        """Ids that may follow, the stop token included where the answer may end; None = all."""
        ...

    def take(self, token: int) -> None:
        """The decoder chose `token`."""
        ...


class Decodes(Protocol):
    """The part of a tokenizer that streaming needs."""

    @property
    def eos_id(self) -> int: ...

    def decode(self, ids: list[int]) -> str: ...


def greedy(
    reader: Reader,
    branch: Branch,
    cancel: CancelToken,
    *,
    eos_id: int,
    max_new_tokens: int,
    constraint: Constraint | None = None,
) -> Iterator[int]:
    """Append the most probable ids to `branch`, yielding each; the stop token is appended and yielded too.

    Raises:
        InferenceCancelled: Before the next token once `cancel` is set.
    """
    for step in range(max_new_tokens):
        logits = reader.feed(branch, cancel, is_prompt=step == 0)
        token = choose(logits, constraint)
        branch.ids.append(token)
        reader.usage.new_tokens += 1
        yield token
        if token == eos_id:
            return


def choose(logits: Tensor, constraint: Constraint | None = None) -> int:
    """The id with the highest logit, among those that `constraint` allows."""
    allowed = None if constraint is None else constraint.allowed()
    if constraint is None or allowed is None:
        return int(torch.argmax(logits))
    ids = torch.tensor(list(allowed), device=logits.device)
    token = int(ids[torch.argmax(logits[ids])])
    constraint.take(token)
    return token


class TextStream:
    """Turns ids into text as they come; half a character waits for its other half. Control characters are left out."""

    def __init__(self, tokenizer: Decodes) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self.text = ""

    def add(self, token: int) -> str:
        """The new text that `token` completes; empty while a character is unfinished."""
        self._ids.append(token)
        text = shown(self._tokenizer, self._ids)
        return "" if text.endswith(UNFINISHED) else self._new(text)

    def rest(self) -> str:
        """What `add` was still holding back, once the answer is complete."""
        return self._new(shown(self._tokenizer, self._ids))

    def _new(self, text: str) -> str:
        if not text.startswith(self.text):  # bytes that are no character can read otherwise once more follow
            return ""
        new, self.text = text[len(self.text) :], text
        return new


def shown(tokenizer: Decodes, ids: list[int]) -> str:
    """The text of ids without control characters."""
    text = tokenizer.decode(ids)
    return "".join(character for character in text if character.isprintable() or character == "\n")

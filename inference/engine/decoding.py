"""Greedy decoding of one answer that streams, or of many side by side; both stop when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from inference.backend import CancelToken
from inference.engine.branch import Branch, Reader, stop_if_cancelled
from inference.engine.room import TooManyRows
from inference.engine.runtime import Memory

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


class Answer:
    """The tokens of one answer as they are chosen: the best that may follow, and at once all that then must follow.

    Args:
        eos_id: Ends the answer, and is part of it.
        most_tokens: The answer ends there in any case.
        constraint: Says which tokens may follow; None = all.
    """

    def __init__(self, eos_id: int, most_tokens: int, constraint: Constraint | None = None) -> None:
        self.ids: list[int] = []
        self._eos_id = eos_id
        self._most_tokens = most_tokens
        self._constraint = constraint

    @property
    def is_done(self) -> bool:
        return len(self.ids) >= self._most_tokens or self.ids[-1:] == [self._eos_id]

    def choose(self, logits: Tensor) -> list[int]:
        """The tokens that follow: one chosen by its logit (vocabulary,), then those that leave no choice."""
        allowed = None if self._constraint is None else self._constraint.allowed()
        if allowed is None:
            token = int(torch.argmax(logits))
        else:
            ids = torch.tensor(list(allowed), device=logits.device)
            token = int(ids[torch.argmax(logits[ids])])
        return [self._take(token), *self.forced()]

    def forced(self) -> list[int]:
        """The tokens that must follow, whatever the model says: it need not be asked for them."""
        tokens = []
        while self._constraint is not None and not self.is_done:
            allowed = self._constraint.allowed()
            if allowed is None or len(allowed) != 1:
                break
            tokens.append(self._take(allowed[0]))
        return tokens

    def _take(self, token: int) -> int:
        if self._constraint is not None:
            self._constraint.take(token)
        self.ids.append(token)
        return token


def greedy(reader: Reader, branch: Branch, cancel: CancelToken, answer: Answer) -> Iterator[int]:
    """Append the answer's ids to `branch`, yielding each; the stop token is appended and yielded too.

    Raises:
        InferenceCancelled: Before the next token once `cancel` is set.
    """
    said, tokens = 0, answer.forced()
    while True:
        for token in tokens:
            branch.ids.append(token)
            reader.usage.new_tokens += 1
            said += 1
            yield token
            stop_if_cancelled(cancel)
        if answer.is_done:
            return
        tokens = answer.choose(reader.feed(branch, cancel, said=said))
        said = 0


@dataclass(slots=True)
class Row:
    """One of several prompts that are answered side by side."""

    number: int
    unread: list[int]  # behind what all of them share
    answer: Answer


def side_by_side(
    reader: Reader, memory: Memory, rows: Sequence[Row], cancel: CancelToken
) -> Iterator[tuple[int, list[int]]]:
    """Decode the answers of several prompts together; whoever is done leaves the others to go on.

    Args:
        memory: With one row: what all prompts share. It stays as it is.
        rows: Each with at least one id that was not read.

    Yields:
        A row's number and its answer's ids, the stop token included, as soon as it ends.

    Raises:
        InferenceCancelled: Before the next token once `cancel` is set.
    """
    for row in rows:
        reader.usage.prefill_tokens += len(row.unread)
        row.unread += row.answer.forced()
    batches = [(memory.repeated(len(rows)), list(rows))]
    while batches:
        memory, rows = batches.pop()
        try:
            logits = reader.feed_rows(memory, [row.unread for row in rows], cancel)
        except TooManyRows:  # one half, then the other
            half = len(rows) // 2
            for some in (range(half, len(rows)), range(half)):
                batches.append((memory.kept(some), [rows[place] for place in some]))
            continue
        going = []
        for place, row in enumerate(rows):
            row.unread = row.answer.choose(logits[place])
            if row.answer.is_done:
                reader.usage.new_tokens += len(row.answer.ids)
                yield row.number, row.answer.ids
            else:
                going.append(place)
        if going:
            left = memory if len(going) == len(rows) else memory.kept(going)
            batches.append((left, [rows[place] for place in going]))


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

"""The conversations about one study: what was read of them, and how a new prompt finds the longest part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from torch import Tensor

from inference.backend import CancelToken
from inference.engine.branch import Branch, Pictures, Reader, common_length
from inference.engine.careful import careful_text
from inference.engine.decoding import (
    Answer,
    Constraint,
    Decodes,
    Row,
    TextStream,
    greedy,
    shown,
    side_by_side,
)
from inference.engine.room import TooManyRows
from inference.engine.runtime import Memory
from inference.engine.usage import Usage
from inference.errors import InvalidRequest
from inference.text.prompts import Role, chat_text

BRANCHES_KEPT = 6

T = TypeVar("T")


class Encodes(Decodes, Protocol):
    """The part of `M4cxrTokenizer` that the engine needs."""

    image_tokens: int

    def encode_prompt(self, text: str) -> list[int]: ...


class Dialogue:
    """Prompts, answers and caches of one study. Every text is read once; what two prompts share is shared."""

    def __init__(self, reader: Reader, tokenizer: Encodes) -> None:
        self.reader = reader
        self.pictures: Pictures = reader.pictures
        self._tokenizer = tokenizer
        self._kept: list[Branch] = []
        self.was_cut = False  # the last answer ended at its limit, not at the model's own stop

    def for_request(self, usage: Usage) -> Dialogue:
        """This dialogue for one request: what was read is shared, counts and picture rows are the request's own.

        So a request may be interrupted between two tokens by another about the same study.
        """
        reader = Reader(self.reader.model, self.pictures.for_request(), usage)
        own = Dialogue(reader, self._tokenizer)
        own._kept = self._kept
        return own

    def prompt(self, turns: Sequence[tuple[Role, str]], images: Sequence[str] = ()) -> list[int]:
        """Ids of a chat that ends with a user turn; `images` are the hashes behind its `<image>` marks, in order."""
        return self._with_pictures(self._tokenizer.encode_prompt(chat_text(turns)), images)

    def start(self, ids: Sequence[int]) -> Branch:
        """A branch of `ids` that has read all that any kept branch has read of them, except the last id."""
        return self._begun(ids, len(ids) - 1)

    def _begun(self, ids: Sequence[int], most: int) -> Branch:
        """A branch of `ids` that has read what any kept branch has read of its first `most`."""
        best, shared = None, 0
        for branch in self._kept:
            length = min(common_length(branch.ids, ids), branch.fed, most)
            if length > shared:
                best, shared = branch, length
        if best is None:
            return Branch(list(ids))
        self._kept.remove(best)  # the one used last stays longest
        self._kept.append(best)
        started = best.fork()
        started.cut(_block_start(ids, shared))
        started.ids = list(ids)
        return started

    def _trunk(self, ids: Sequence[int], cancel: CancelToken) -> Memory:
        """What was read once all of `ids` were, for prompts that go on from there."""
        branch = self._begun(ids, len(ids))
        if branch.fed < len(ids):
            self.reader.feed(branch, cancel)
            self.keep(branch)
        return branch.memory or self.reader.model.new_memory()

    def keep(self, branch: Branch) -> None:
        """Let later prompts begin with what `branch` has read."""
        kept = [other for other in self._kept if other.ids != branch.ids]
        self._kept[:] = [*kept, branch.fork()][-BRANCHES_KEPT:]

    def answer(
        self,
        branch: Branch,
        cancel: CancelToken,
        *,
        max_new_tokens: int,
        constraint: Constraint | None = None,
        is_forbidden: Callable[[str], bool] | None = None,
    ) -> Iterator[str]:
        """Decode the answer to `branch`, yielding its text as it comes; afterwards the branch ends with EOS.

        Args:
            constraint: Says which tokens may follow.
            is_forbidden: Says whether the text may end so (see `inference.engine.careful`).

        Raises:
            InvalidRequest: The prompt leaves no room for an answer.
        """
        limit, eos = min(max_new_tokens, self._room(branch.ids)), self._tokenizer.eos_id
        if is_forbidden is None:
            yield from self._plain_text(branch, cancel, limit, constraint)
        else:
            yield from careful_text(
                self.reader, self._tokenizer, branch, cancel, max_new_tokens=limit, is_forbidden=is_forbidden
            )
        self.was_cut = branch.ids[-1] != eos
        if self.was_cut:  # the chat helper of the published code closes it too
            branch.ids.append(eos)

    def _plain_text(
        self, branch: Branch, cancel: CancelToken, limit: int, constraint: Constraint | None
    ) -> Iterator[str]:
        stream, eos = TextStream(self._tokenizer), self._tokenizer.eos_id
        for token in greedy(self.reader, branch, cancel, Answer(eos, limit, constraint)):
            new = "" if token == eos else stream.add(token)
            if new:
                yield new
        rest = stream.rest()
        if rest:
            yield rest

    def answers(
        self,
        prompts: Sequence[Sequence[int]],
        cancel: CancelToken,
        *,
        max_new_tokens: int,
        constraints: Sequence[Constraint | None],
    ) -> Iterator[tuple[int, str]]:
        """Answer several prompts, side by side where they begin alike: what they share is read once.

        Yields (number of the prompt, its whole answer) as answers get ready, in any order.

        Args:
            constraints: One for each prompt; None leaves the choice to the model.

        Raises:
            InvalidRequest: A prompt leaves no room for an answer.
        """
        eos = self._tokenizer.eos_id
        answers = [
            Answer(eos, min(max_new_tokens, self._room(ids)), constraint)
            for ids, constraint in zip(prompts, constraints, strict=True)
        ]
        for numbers in _alike(prompts):
            shared = shared_length([prompts[number] for number in numbers])
            trunk = self._trunk(prompts[numbers[0]][:shared], cancel)
            own = max(len(prompts[number]) for number in numbers) - shared + max_new_tokens
            for some in _batches(numbers, self.reader.model.most_rows(shared, own)):
                rows = [Row(number, list(prompts[number][shared:]), answers[number]) for number in some]
                for number, ids in side_by_side(self.reader, trunk, rows, cancel):
                    yield number, shown(self._tokenizer, ids)

    def next_turn(self, branch: Branch, content: str) -> None:
        """Append a user turn to an answered branch; nothing before it is encoded again."""
        branch.ids += self._tokenizer.encode_prompt(f"[INST] {content} [/INST]")

    def write_answer(self, branch: Branch, answer: str) -> None:
        """Put `answer` where the model's own would stand, as the reader may do between the turns."""
        branch.ids += self._tokenizer.encode_prompt(f"{answer}</s>")

    def first_tokens(
        self, prompts: Sequence[Sequence[int]], cancel: CancelToken, batch: int
    ) -> Iterator[Tensor]:
        """Logits (vocabulary,) after each of several prompts that share a beginning, read once for all of them."""
        shared = shared_length(prompts)
        trunk = self._trunk(prompts[0][:shared], cancel)
        endings = [list(one[shared:]) for one in prompts]
        longest = max(map(len, endings))
        while endings:
            rows = endings[: min(batch, self.reader.model.most_rows(shared, longest))]
            try:
                logits = self.reader.feed_rows(trunk.repeated(len(rows)), rows, cancel)
            except TooManyRows:  # `most_rows` says fewer now
                continue
            yield from logits
            self.reader.usage.prefill_tokens += sum(map(len, rows))
            del endings[: len(rows)]

    def forget(self) -> None:
        """Free every cache of the study. A request that is at work keeps what it holds."""
        self._kept.clear()

    def _room(self, ids: Sequence[int]) -> int:
        """How many tokens an answer to `ids` may have. Raises InvalidRequest if there is no place for one."""
        context = self.reader.model.context_tokens
        if len(ids) >= context:
            raise InvalidRequest(
                f"The conversation has {len(ids)} tokens; this model takes {context}. "
                "Ask a shorter question or leave films out."
            )
        return context - len(ids)

    def _with_pictures(self, ids: list[int], images: Sequence[str]) -> list[int]:
        """Replace the -1 of each picture's block by its number in `pictures`."""
        size = self._tokenizer.image_tokens
        places = [position for position, token in enumerate(ids) if token < 0]
        if len(places) != size * len(images):
            raise InvalidRequest(
                f"The prompt has places for {len(places) // size} films, {len(images)} were given."
            )
        numbered = list(ids)
        for place, position in enumerate(places):
            numbered[position] = self.pictures.number(images[place // size])
        return numbered


def shared_length(prompts: Sequence[Sequence[int]]) -> int:
    """How many ids all prompts share from the start; each keeps one of its own, and none is left inside a picture."""
    shared = min(common_length(prompts[0], one) for one in prompts)
    return _block_start(prompts[0], min(shared, *(len(one) - 1 for one in prompts)))


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _alike(prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The prompts' numbers in groups that are the same up to their last picture."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, ids in enumerate(prompts):
        last = max((place for place, token in enumerate(ids) if token < 0), default=-1)
        groups.setdefault(tuple(ids[: last + 1]), []).append(number)
    return list(groups.values())


def _block_start(ids: Sequence[int], length: int) -> int:
    """`length`, moved back to where a picture begins if it lies inside one."""
    while 0 < length < len(ids) and ids[length] < 0 and ids[length] == ids[length - 1]:
        length -= 1
    return length

"""The conversations about one study: what was read of them, and how a new prompt finds the longest part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from torch import Tensor

from inference.backend import CancelToken
from inference.engine.branch import Branch, Pictures, Reader, common_length
from inference.engine.careful import careful_text
from inference.engine.decoding import Constraint, Decodes, TextStream, greedy
from inference.engine.room import TooManyRows
from inference.engine.usage import Usage
from inference.errors import InvalidRequest
from inference.text.prompts import Role, chat_text

BRANCHES_KEPT = 6


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
        best, shared = None, 0
        for branch in self._kept:
            length = min(common_length(branch.ids, ids), branch.fed, len(ids) - 1)
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
        room = self.reader.model.context_tokens - len(branch.ids)
        if room < 1:
            raise InvalidRequest(
                f"The conversation has {len(branch.ids)} tokens; this model takes {self.reader.model.context_tokens}. "
                "Ask a shorter question or leave films out."
            )
        limit, eos = min(max_new_tokens, room), self._tokenizer.eos_id
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
        for token in greedy(
            self.reader, branch, cancel, eos_id=eos, max_new_tokens=limit, constraint=constraint
        ):
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
        """Answer several prompts; yields (number of the prompt, its whole answer) as answers get ready, in any order.

        Args:
            constraints: One for each prompt; None leaves the choice to the model.
        """
        for number, (ids, constraint) in enumerate(zip(prompts, constraints, strict=True)):
            branch = self.start(ids)
            texts = self.answer(branch, cancel, max_new_tokens=max_new_tokens, constraint=constraint)
            yield number, "".join(texts)

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
        shared = min(common_length(prompts[0], one) for one in prompts)
        shared = min(shared, *(len(one) - 1 for one in prompts))
        trunk = self.start(prompts[0][:shared])
        if trunk.fed < shared:
            self.reader.feed(trunk, cancel)
            self.keep(trunk)
        endings = [list(one[shared:]) for one in prompts]
        longest = max(map(len, endings))
        while endings:
            rows = endings[: min(batch, self.reader.model.most_rows(shared, longest))]
            assert trunk.memory is not None
            try:
                logits = self.reader.feed_rows(trunk.memory.repeated(len(rows)), rows, cancel)
            except TooManyRows:  # `most_rows` says fewer now
                continue
            yield from logits
            self.reader.usage.prefill_tokens += sum(map(len, rows))
            del endings[: len(rows)]

    def forget(self) -> None:
        """Free every cache of the study. A request that is at work keeps what it holds."""
        self._kept.clear()

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


def _block_start(ids: Sequence[int], length: int) -> int:
    """`length`, moved back to where a picture begins if it lies inside one."""
    while 0 < length < len(ids) and ids[length] < 0 and ids[length] == ids[length - 1]:
        length -= 1
    return length

"""Prompt text to token ids, piece by piece, exactly as M4CXR was trained.

The `tokenizers` library is used directly: `AutoTokenizer` of transformers 5 rebuilds the same `tokenizer.json` with
another pre-tokeniser, which gives other ids for every piece that starts with a blank, and so another prompt than the
one trained on. That is asserted when a tokenizer is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from inference.errors import PackRefused

IMAGE_ID = -1
"""Stands in the ids at each position that a picture's token takes."""
IGNORED_LABEL = -100
"""Label of a position that is not learnt."""
PAD_ID = 0

IMAGE = "<image>"
USER_START = "[INST]"
USER_END = "[/INST]"
_PIECES = re.compile(r"(<image>|\[INST\]|\[/INST\])")

# The vocabulary of Mistral-7B-Instruct-v0.2, where known ids can be held against it.
_MISTRAL_SIZE = 32000
_MISTRAL_CHECKS = {" ": [259], " The following": [28705, 415, 2296]}


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded samples. Each array is (samples, length) int64; `seq_length` (samples,) counts what is no padding."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    seq_length: NDArray[np.int64]


class M4cxrTokenizer:
    """Encodes prompts and training samples, decodes answers.

    Args:
        tokenizer_json: The file, or its content.
        image_tokens: Positions that one `<image>` takes (361 in the published model).

    Raises:
        PackRefused: The file is no such tokenizer, or splits text otherwise than the model was trained with.
    """

    def __init__(self, tokenizer_json: Path | bytes, image_tokens: int) -> None:
        content = tokenizer_json.read_bytes() if isinstance(tokenizer_json, Path) else tokenizer_json
        try:
            self._tokenizer = Tokenizer.from_buffer(content)
        except Exception as error:  # the library raises plain Exception and ValueError
            raise PackRefused(f"tokenizer.json can't be read: {error}.") from error
        self.image_tokens = image_tokens
        self.bos_id = self._special("<s>")
        self.eos_id = self._special("</s>")
        self._check_blanks()

    @property
    def vocabulary_size(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode_prompt(self, text: str, *, no_eos: bool = False, max_length: int | None = None) -> list[int]:
        """Ids of a chat text; each `<image>` becomes `image_tokens` times -1.

        Args:
            text: As `inference.text.prompts.chat_text` builds it.
            no_eos: Drop one EOS at the very end.
            max_length: Keep at most this many ids and one more (for BOS). A picture that does not fit whole ends
                the sequence right there.
        """
        return self._encode(text, no_eos, max_length)[0]

    def encode_sample(
        self, text: str, *, no_eos: bool = False, max_length: int | None = None
    ) -> tuple[list[int], list[int]]:
        """Ids and labels of a training sample: answers and their EOS are labelled, all else is -100."""
        ids, is_answer = self._encode(text, no_eos, max_length)
        return ids, [id_ if answer else IGNORED_LABEL for id_, answer in zip(ids, is_answer, strict=True)]

    def encode_text(self, text: str) -> list[int]:
        """Ids of one piece of plain text, nothing added: how an answer that starts with `text` begins."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int], *, keep_special: bool = False) -> str:
        """Text of ids, without special tokens and without the one leading blank that answers start with."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=not keep_special))

    def decode_prompt(self, ids: Sequence[int]) -> str:
        """Readable text of a whole prompt: special tokens shown, each run of picture ids as one `<image>`."""
        chunks: list[tuple[bool, list[int]]] = []
        for id_ in ids:
            if not chunks or chunks[-1][0] != (id_ == IMAGE_ID):
                chunks.append((id_ == IMAGE_ID, []))
            chunks[-1][1].append(id_)
        return " ".join(
            IMAGE if is_image else self.decode(chunk, keep_special=True) for is_image, chunk in chunks
        )

    def collate(
        self,
        samples: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        side: Literal["left", "right"] = "right",
        length: int | None = None,
    ) -> Batch:
        """Pad (ids, labels) pairs to one length: ids with 0, labels with -100, mask with 0.

        Args:
            samples: As `encode_sample` gives them.
            side: Training pads right, batched generation left.
            length: At least the longest sample's; None takes just that.
        """
        lengths = np.array([len(ids) for ids, _ in samples], dtype=np.int64)
        shape = (len(samples), max(int(lengths.max(initial=0)), length or 0))
        batch = Batch(
            np.full(shape, PAD_ID, dtype=np.int64),
            np.full(shape, IGNORED_LABEL, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            lengths,
        )
        for row, (ids, labels) in enumerate(samples):
            filled = slice(shape[1] - len(ids), None) if side == "left" else slice(len(ids))
            batch.ids[row, filled] = ids
            batch.labels[row, filled] = labels
            batch.attention_mask[row, filled] = 1
        return batch

    def _encode(self, text: str, no_eos: bool, max_length: int | None) -> tuple[list[int], list[bool]]:
        limit = None if max_length is None else max_length + 1
        ids: list[int] = []
        is_answer: list[bool] = []
        for piece_ids, answer in self._pieces(text):
            if limit is not None and len(ids) >= limit:
                break
            if limit is not None and piece_ids[0] == IMAGE_ID and len(ids) + len(piece_ids) > limit:
                break
            ids += piece_ids
            is_answer += [answer] * len(piece_ids)
        ids, is_answer = ids[:limit], is_answer[:limit]
        if no_eos and ids and ids[-1] == self.eos_id:
            return ids[:-1], is_answer[:-1]
        return ids, is_answer

    def _pieces(self, text: str) -> Iterator[tuple[list[int], bool]]:
        """Each piece's ids and whether it is an answer, which is the piece directly after `[/INST]`."""
        before = ""
        for piece in filter(None, _PIECES.split(text)):
            is_answer = before == USER_END and piece != IMAGE
            ids = [IMAGE_ID] * self.image_tokens if piece == IMAGE else self.encode_text(piece)
            if is_answer and ids[-1:] != [self.eos_id]:
                ids.append(self.eos_id)
            if ids:
                yield ids, is_answer
            before = piece

    def _special(self, token: str) -> int:
        id_ = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise PackRefused(f"tokenizer.json has no token “{token}”.")
        return int(id_)

    def _check_blanks(self) -> None:
        """A leading blank must be doubled: `▁` is put in front of every piece, whatever it starts with."""
        for text, expected in _MISTRAL_CHECKS.items():
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            wanted = "▁" + text.replace(" ", "▁")
            is_mistral = self.vocabulary_size == _MISTRAL_SIZE and self._tokenizer.token_to_id("▁▁") == 259
            if "".join(encoding.tokens) != wanted or (is_mistral and encoding.ids != expected):
                raise PackRefused(
                    f"tokenizer.json splits {text!r} into {encoding.tokens}; the model was trained with a blank in "
                    "front of every piece. It has been rebuilt by another program."
                )

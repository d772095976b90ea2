"""The generator's words as ids: always `longest` of them, start, text, end, padding, as Stable Diffusion has them.

The `tokenizers` library is used directly: transformers 5 rebuilds a tokenizer from its files, which gives other ids for
some texts than the ones a model was trained with. Two layouts are read: `tokenizer.json` (the starter's), and CLIP's
`vocab.json` with `merges.txt` (a Stable Diffusion folder).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from inference.errors import PackRefused

TOKENIZER_JSON = "tokenizer.json"
VOCABULARY, MERGES = "vocab.json", "merges.txt"
NAMES = ("special_tokens_map.json", "tokenizer_config.json")
"""Where the start, end and padding tokens are named; the last that names one counts."""

_CLIP_DEFAULTS = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>"}
_CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class PromptTokenizer:
    """Encodes prompts.

    Args:
        folder: `tokenizer/` of a pack or of a Stable Diffusion folder.
        longest: How many ids the text encoder takes (its `max_position_embeddings`).

    Raises:
        PackRefused: The files are missing or are no such tokenizer.
    """

    def __init__(self, folder: Path, longest: int) -> None:
        self.longest = longest
        self._tokenizer, names = _read(folder)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.start = self._id(names, "bos_token", folder)
        self.end = self._id(names, "eos_token", folder)
        self.padding = self._id(names, "pad_token", folder) if names.get("pad_token") else self.end

    @property
    def size(self) -> int:
        """How many ids there are."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    def ids(self, text: str) -> list[int]:
        """Exactly `longest` ids: start, the text (cut if it is too long), end, padding."""
        words = self._words(text)[: self.longest - 2]
        ids = [self.start, *words, self.end]
        return ids + [self.padding] * (self.longest - len(ids))

    def is_cut(self, text: str) -> bool:
        """True if the end of `text` does not reach the generator."""
        return len(self._words(text)) > self.longest - 2

    def _words(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _id(self, names: Mapping[str, str], role: str, folder: Path) -> int:
        name = names.get(role, "")
        id_ = self._tokenizer.token_to_id(name) if name else None
        if id_ is None:
            raise PackRefused(f"{folder} names no {role} that is in its vocabulary.")
        return int(id_)


def _read(folder: Path) -> tuple[Tokenizer, dict[str, str]]:
    names = _special_names(folder)
    try:
        if (folder / VOCABULARY).is_file() and (
            folder / MERGES
        ).is_file():  # as published, whatever else is there
            names = {**_CLIP_DEFAULTS, **names}
            return _clip(folder, set(names.values())), names
        if (folder / TOKENIZER_JSON).is_file():
            return Tokenizer.from_file(str(folder / TOKENIZER_JSON)), names
    except Exception as error:  # the library raises bare Exception
        raise PackRefused(f"{folder} holds no tokenizer that can be read: {error}.") from error
    raise PackRefused(f"{folder} has neither {TOKENIZER_JSON} nor {VOCABULARY} with {MERGES}.")


def _special_names(folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for file in NAMES:
        told = _object(folder / file) if (folder / file).is_file() else {}
        for role in ("bos_token", "eos_token", "pad_token"):
            value = told.get(role)
            value = value.get("content") if isinstance(value, Mapping) else value
            if isinstance(value, str) and value:
                names[role] = value
    return names


def _object(path: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackRefused(f"{path} can't be read as JSON: {error}.") from error
    return told if isinstance(told, Mapping) else {}


def _clip(folder: Path, special: set[str]) -> Tokenizer:
    """CLIP's byte-pair encoding as published: NFC, one blank for many, lower case, words end in `</w>`."""
    vocabulary, merges = models.BPE.read_file(str(folder / VOCABULARY), str(folder / MERGES))
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=merges,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            fuse_unk=False,
            unk_token=_CLIP_DEFAULTS["eos_token"],
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(name, normalized=False, special=True) for name in sorted(special) if name in vocabulary]
    )
    return tokenizer

"""Builds a `tokenizer.json` from the `tokenizer.model` that some repositories bring instead. No other library needed.

The file is a protobuf message, sentencepiece_model.proto's ModelProto: pieces (1) with text (1) and score (2), and the
trainer's settings (2) with the kind of model (3).
"""

from __future__ import annotations

import struct
from pathlib import Path

from inference.errors import PackRefused
from inference.protobuf import FIXED32, fields, text
from inference.text.vocabulary import SPECIAL_TOKENS, legacy_tokenizer, merges_by_score

BPE = 2
_PIECE, _TRAINER = 1, 2


def tokenizer_from_sentencepiece(path: Path) -> bytes:
    """The content of a `tokenizer.json` that splits text as the model was trained.

    Raises:
        PackRefused: The file is no SentencePiece model of the BPE kind with `<unk>`, `<s>` and `</s>` first.
    """
    try:
        vocabulary, scores, kind = _read(path)
    except (ValueError, struct.error) as error:
        raise PackRefused(f"{path} is no SentencePiece model: {error}.") from error
    if kind != BPE:
        raise PackRefused(f"{path} is a SentencePiece model of kind {kind}; only BPE ({BPE}) is known here.")
    if [vocabulary.get(token) for token in SPECIAL_TOKENS] != [0, 1, 2]:
        raise PackRefused(f"{path}: its first pieces are not {', '.join(SPECIAL_TOKENS)}.")
    content: str = legacy_tokenizer(vocabulary, merges_by_score(vocabulary, scores)).to_str()
    return content.encode()


def _read(path: Path) -> tuple[dict[str, int], dict[str, float], int]:
    vocabulary: dict[str, int] = {}
    scores: dict[str, float] = {}
    kind = 1  # the format's default, UNIGRAM
    for number, _, value in fields(memoryview(path.read_bytes())):
        if number == _PIECE and not isinstance(value, int):
            piece, score = _piece(value)
            if piece in vocabulary:
                raise ValueError(f"the piece “{piece}” stands there twice")
            vocabulary[piece] = len(vocabulary)
            scores[piece] = score
        elif number == _TRAINER and not isinstance(value, int):
            kind = next((one for field, _, one in fields(value) if field == 3 and isinstance(one, int)), kind)
    return vocabulary, scores, kind


def _piece(content: memoryview) -> tuple[str, float]:
    piece, score = "", 0.0
    for number, wire_type, value in fields(content):
        if number == 1:
            piece = text(value)
        elif number == 2 and wire_type == FIXED32 and not isinstance(value, int):
            (score,) = struct.unpack("<f", value)
    return piece, score

"""Reads pieces and scores out of a SentencePiece model file."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from inference.text.vocabulary import legacy_tokenizer, merges_by_score


def read_vocabulary(path: Path) -> tuple[dict[str, int], dict[str, float]]:
    """Piece to id, and piece to score."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    ids = range(processor.get_piece_size())
    pieces = [processor.id_to_piece(id_) for id_ in ids]
    return dict(zip(pieces, ids, strict=True)), {
        piece: processor.get_score(i) for i, piece in enumerate(pieces)
    }


def mistral_json() -> bytes:
    """`tokenizer.json` of the real Mistral v1 vocabulary, out of the mistral-common package; skips without that."""
    found = importlib.util.find_spec("mistral_common")  # its files, without importing it
    if found is None or found.origin is None:
        pytest.skip("mistral-common, which carries the real vocabulary, is not installed")
    vocabulary, scores = read_vocabulary(Path(found.origin).parent / "data" / "tokenizer.model.v1")
    content: str = legacy_tokenizer(vocabulary, merges_by_score(vocabulary, scores)).to_str()
    return content.encode()

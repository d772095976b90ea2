"""Reads pieces and scores out of a SentencePiece model file."""

from __future__ import annotations

from pathlib import Path


def read_vocabulary(path: Path) -> tuple[dict[str, int], dict[str, float]]:
    """Piece to id, and piece to score."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    ids = range(processor.get_piece_size())
    pieces = [processor.id_to_piece(id_) for id_ in ids]
    return dict(zip(pieces, ids, strict=True)), {
        piece: processor.get_score(i) for i, piece in enumerate(pieces)
    }

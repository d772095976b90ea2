"""Builds a `tokenizer.json` that splits text as the Llama tokenizer of transformers 4 did ("legacy").

One `▁` is always put in front, blanks become `▁`, there is no pre-tokeniser, and characters outside the vocabulary
fall back to bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

SPECIAL_TOKENS = ("<unk>", "<s>", "</s>")
"""With the ids 0, 1 and 2, in this order."""


def legacy_tokenizer(vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> Tokenizer:
    """A tokenizer from a BPE vocabulary with byte pieces `<0x00>` to `<0xFF>` and its merges, best first."""
    tokenizer = Tokenizer(
        models.BPE(
            vocab=dict(vocabulary),
            merges=list(merges),
            unk_token=SPECIAL_TOKENS[0],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL_TOKENS])
    return tokenizer


def merges_by_score(vocabulary: Mapping[str, int], scores: Mapping[str, float]) -> list[tuple[str, str]]:
    """The merges that a SentencePiece BPE vocabulary implies, best first.

    Args:
        vocabulary: Piece to id.
        scores: Piece to its score; the id is no substitute, pieces of blanks only have low ids and the lowest scores.
    """
    merges = [
        (-scores[piece], vocabulary[piece[:cut]], vocabulary[piece[cut:]], piece[:cut], piece[cut:])
        for piece in vocabulary
        for cut in range(1, len(piece))
        if piece[:cut] in vocabulary and piece[cut:] in vocabulary
    ]
    return [(left, right) for _, _, _, left, right in sorted(merges)]

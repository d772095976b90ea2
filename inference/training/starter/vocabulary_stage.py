"""A small vocabulary of the starter's own: byte-pair pieces of real reports and of every prompt.

Same settings as Mistral's (byte fallback, digits one by one, a blank in front, blanks kept), so that the program's
one tokenizer reads it. Words of the prompts become whole pieces, which keeps prompts short and reading quick.
"""

from __future__ import annotations

import io
import string
from collections.abc import Iterator, Sequence

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from inference.backend import FINDINGS
from inference.text import prompts
from inference.text.answers import NOT_FOUND, NOT_PRESENT
from inference.text.vocabulary import SPECIAL_TOKENS, legacy_tokenizer, merges_by_score

BLANKS = ("▁▁",)
"""Pieces of blanks only: " " must be one piece (m4cxr.md §3.2)."""
MARKS = ("[INST]", "[/INST]")
PROMPT_REPEATS = 400
"""How often each prompt is shown to the vocabulary: enough to make pieces of its words."""


def train_vocabulary(texts: Sequence[str], size: int) -> bytes:
    """`tokenizer.json` with `size` pieces, learnt from report texts and the prompts."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*texts, *_prompt_texts()]),
        model_writer=model,
        model_type="bpe",
        vocab_size=size - len(BLANKS),
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        character_coverage=1.0,
        num_threads=1,
        max_sentence_length=20000,
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    pieces = [piece.piece for piece in proto.pieces] + list(BLANKS)
    scores = {piece.piece: piece.score for piece in proto.pieces} | {
        blank: min(piece.score for piece in proto.pieces) - 1 - i for i, blank in enumerate(BLANKS)
    }
    vocabulary = {piece: id_ for id_, piece in enumerate(dict.fromkeys(pieces))}
    assert tuple(pieces[:3]) == SPECIAL_TOKENS
    tokenizer = legacy_tokenizer(vocabulary, merges_by_score(vocabulary, scores))
    return str(tokenizer.to_str()).encode()


def _prompt_texts() -> Iterator[str]:
    single = [prompts.is_present(name) for name in FINDINGS] + [
        prompts.finding_grounding(name) for name in FINDINGS
    ]
    several = [
        prompts.single_image_findings(),
        prompts.multi_image_findings(2),
        prompts.multi_study_findings(1, 1, "No change."),
        prompts.multi_finding_grounding(),
        prompts.SINGLE_REPORT,
        prompts.MULTI_IMAGE_REPORT,
        prompts.MULTI_STUDY_REPORT,
        prompts.impression("The heart is normal."),
        prompts.phrase_grounding("opacity"),
        prompts.ABNORMAL_REGIONS,
        prompts.ANY_FINDINGS,
        prompts.organ_grounding(),
        prompts.anatomy_grounding("right lung"),
        prompts.anatomy_grounding("cardiac silhouette"),
        prompts.grounded_finding("[12,34,56,78]"),
        prompts.difference_question("What has changed?"),
        prompts.visual_question("What is the view of this chest X-ray?"),
        prompts.SUMMARY,
        prompts.EASY_LANGUAGE,
        f"{NOT_FOUND} {NOT_PRESENT} Yes. No. {' '.join(MARKS)}",
        f"0123456789 {string.ascii_letters} {string.punctuation}",  # every one of them a piece, boxes need "0"
    ]
    for _ in range(PROMPT_REPEATS):
        yield from several
        yield from (text for text in single)

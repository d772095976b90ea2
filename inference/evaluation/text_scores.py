"""BLEU and ROUGE-L of reports, computed as the COCO caption evaluation computes them. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

ORDERS = (1, 2, 3, 4)
_TINY, _SMALL = 1e-15, 1e-9  # COCO's guards against division by zero; they show in the 9th digit
_ROUGE_BETA = 1.2
_TOKEN = re.compile(r"\w+|[^\w\s]+")


def tokens(text: str) -> list[str]:
    """Lower-case words and runs of punctuation."""
    return _TOKEN.findall(text.lower())


def bleu(predicted: Sequence[Sequence[str]], reference: Sequence[Sequence[str]]) -> dict[str, float]:
    """`BLEU_1` to `BLEU_4` over a whole set of tokenised texts, each with one reference."""
    length = sum(len(text) for text in predicted)
    reference_length = sum(len(text) for text in reference)
    brevity = _brevity(length, reference_length)
    scores: dict[str, float] = {}
    product = 1.0
    for n in ORDERS:
        correct = sum(_clipped(p, r, n) for p, r in zip(predicted, reference, strict=True))
        guessed = sum(max(len(p) - n + 1, 0) for p in predicted)
        product *= (correct + _TINY) / (guessed + _SMALL)
        scores[f"BLEU_{n}"] = product ** (1 / n) * brevity
    return scores


def n_gram_matches(predicted: Sequence[str], reference: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Of BLEU-1 to 4: how many n-grams of one text agree with its reference, and how many it has."""
    return tuple((_clipped(predicted, reference, n), max(len(predicted) - n + 1, 0)) for n in ORDERS)


def rouge_l(predicted: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L of one pair: longest common subsequence, recall weighted with beta 1.2."""
    common = _longest_common(predicted, reference)
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(reference)
    weight = _ROUGE_BETA**2
    return (1 + weight) * precision * recall / (recall + weight * precision)


def _brevity(length: int, reference_length: int) -> float:
    ratio = (length + _TINY) / (reference_length + _SMALL)
    return math.exp(1 - 1 / ratio) if ratio < 1 else 1.0


def _clipped(predicted: Sequence[str], reference: Sequence[str], n: int) -> int:
    return (_n_grams(predicted, n) & _n_grams(reference, n)).total()


def _n_grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]

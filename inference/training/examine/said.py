"""What a sentence says of the findings, worked out once for all checks that ask."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from inference.text.labels import label_sentence


@lru_cache(maxsize=50_000)
def findings_said(sentence: str) -> Mapping[str, int]:
    """As `inference.text.labels.label_sentence`. Never changed by who asks."""
    return label_sentence(sentence)

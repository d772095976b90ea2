"""Words that compare with an earlier film, as the data file `comparison_words.json` lists them.

Without a prior no such word may be written (reading.md PR-7): the engine keeps its model from it, and the checks before
signing look for it in what the reader has written.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files

LONGEST_PHRASE = 80  # characters; each of comparison_words.json is shorter

_CHANGE = re.compile(
    r"\b(?:compar\w+|previous\w*|priors?|before|earlier|since|progress\w*|larger|smaller|grown|shrunk"
    r"|(?:in|de)creas\w+|changed|changing|(?:any|what|which|interval|the|no|a)\s+changes?"
    r"|changes?\s+(?:since|from|to|over|between|in\s+size)|(?:did|does|do|has|have|is|are)\b.*\bchange)\b"
    r"|^\W*changes?\b",
    re.IGNORECASE | re.DOTALL,
)
"""In questions. "Degenerative changes" are none: they are seen on one film."""


def comparison_word(sentence: str) -> str | None:
    """The first word of `sentence` that compares with an earlier film, as it stands there."""
    found = comparison_pattern().search(sentence)
    return found.group(0) if found else None


def asks_for_change(question: str) -> bool:
    """True for a question about change over time: in a report's words, or in those of a question."""
    return comparison_word(question) is not None or _CHANGE.search(question) is not None


def ends_in_comparison(text: str) -> bool:
    """True if the last words of `text` compare with an earlier film."""
    return _comparison_end().search(text[-LONGEST_PHRASE:]) is not None


@lru_cache(maxsize=1)
def comparison_pattern() -> re.Pattern[str]:
    """All phrases of comparison_words.json."""
    return re.compile(rf"(?<![\w-])(?:{_phrases()})(?![\w-])", re.IGNORECASE)


@lru_cache(maxsize=1)
def _comparison_end() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{_phrases()})[^\w]*$", re.IGNORECASE)


def _phrases() -> str:
    """The phrases as alternatives, longest first."""
    text = files("inference.text").joinpath("comparison_words.json").read_text(encoding="utf-8")
    phrases: list[str] = json.loads(text)["phrases"]
    return "|".join(
        re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True)
    )

"""What a sentence says has become of a finding since the prior: new, larger, unchanged, smaller, resolved. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from inference.text.labels import ABSENT, label_sentence, sentences

Direction = Literal[-1, 0, 1]
StatedChange = Literal["new", "larger", "unchanged", "smaller", "resolved"]

DIRECTIONS: Mapping[str, Direction] = {"new": 1, "larger": 1, "unchanged": 0, "smaller": -1, "resolved": -1}
"""More of it, as much, less of it."""

CHANGE_WORDS: Mapping[StatedChange, re.Pattern[str]] = {
    "new": re.compile(r"\b(?:new|newly|developed|development|developing)\b", re.IGNORECASE),
    "larger": re.compile(r"\b(?:increas\w+|worsen\w+|progress\w+|larger|enlarging)\b", re.IGNORECASE),
    "smaller": re.compile(r"\b(?:decreas\w+|improv\w+|smaller|diminish\w+)\b", re.IGNORECASE),
    "unchanged": re.compile(
        r"\b(?:stable|unchanged|persist\w+|no (?:interval |significant )?change)\b", re.IGNORECASE
    ),
    "resolved": re.compile(r"\b(?:resol\w+|cleared|no longer)\b", re.IGNORECASE),
}
_DENIED_TOO = ("resolved", "unchanged")  # "no longer an effusion", "no change of the effusion"


def words_of_change(sentence: str) -> tuple[StatedChange, ...]:
    """Every kind of change that words of the sentence name."""
    return tuple(kind for kind, pattern in CHANGE_WORDS.items() if pattern.search(sentence))


@lru_cache(maxsize=512)  # asked again for the same sentences at every stroke of a key
def stated_changes(text: str) -> tuple[tuple[str, StatedChange], ...]:
    """The findings whose change a text states, with the change, in the text's order.

    A sentence whose words name several kinds is left out: which finding each belongs to is not worked out.
    """
    stated: list[tuple[str, StatedChange]] = []
    for sentence in sentences(text):
        kinds = words_of_change(sentence)
        if len(kinds) == 1:
            stated += [
                (label, kinds[0])
                for label, value in label_sentence(sentence).items()
                if value != ABSENT or kinds[0] in _DENIED_TOO
            ]
    return tuple(stated)

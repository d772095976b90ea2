"""Which side of the patient words speak of. Pure."""

from __future__ import annotations

import re
from typing import Literal

from plugin.checks.doubts import Side

BOTH: frozenset[Side] = frozenset({"left", "right"})

_NO_SIDE = re.compile(
    r"\b(?:to|toward|towards) the (?:left|right)\b|\b(?:right|left)-? ?to-? ?(?:left|right)\b"
    r"|\b(?:right|left) (?:heart|cardiac|atri\w+|ventric\w+|aortic arch|main ?stem|main bronchus"
    r"|anterior descending"
    r"|paratracheal|lateral(?: \w+)? (?:film|view|radiograph|image|decubitus))\b(?: borders?)?"
    r"|\bright (?:angle|away)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(?:(?P<both>bilateral\w*|both|bibasilar|bibasal|biapical|bases|apices|either side|each side"
    r"|symmetric\w*)"
    r"|(?P<left>left|lingulas?|lingular)|(?P<right>right|middle lobe))\b",
    re.IGNORECASE,
)
_IMPOSSIBLE = re.compile(
    r"\bleft (?:middle lobe|minor fissure|horizontal fissure|transverse fissure)\b|\bright lingulas?\b"
    r"|\bright lingular\b"
    r"|\b(?:middle lobe|minor fissure|horizontal fissure) (?:of|on) the left\b|\blingula (?:of"
    r"|on) the right\b",
    re.IGNORECASE,
)
Named = Literal["left", "right", "both"]


def sides_of(words: str) -> frozenset[Side]:
    """The sides that the words name, as the patient's; empty where they name none."""
    named = {kind for match in _SIDE.finditer(_NO_SIDE.sub(_blank, words)) for kind in [match.lastgroup]}
    if "both" in named:
        return BOTH
    return frozenset(side for side in BOTH if side in named)


def impossible_place(words: str) -> re.Match[str] | None:
    """A part of the lung that the named side does not have: the left lung has no middle lobe."""
    return _IMPOSSIBLE.search(words)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group(0))

"""What is stated in one place and denied in another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.checks.concepts import DENIED, DEVICES
from plugin.checks.doubts import Doubt
from plugin.checks.making import doubt_about, quoted
from plugin.checks.mentions import Mention

MEND = "Take out one of the two, or acknowledge it with a reason."
_SMALL_OR_OLD = re.compile(
    r"\b(?:calcified|linear|streaky|minimal|minor|subsegmental|discoid|platelike|plate-like|scar\w*"
    r"|granulom\w*|old|healed|chronic"
    r"|unchanged|stable|known|nipple)\b",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"\b(?:granulom\w+|calcif\w+|scar\w*|nipple|atelecta\w+|artifact\w*)\b", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"\b(?:mediastin\w+|hil(?:ar|um|a)|paratracheal|chest wall|breast|axill\w+|neck|pleural|rib"
    r"|soft tissue)\b",
    re.IGNORECASE,
)


def denial_doubts(found: Sequence[Mention]) -> Iterator[Doubt]:
    """A doubt on what one sentence states and another denies: one for each thing and denial, and for each sentence."""
    denials = [one for one in found if one.stance == "denied" and not one.is_limited]
    told: set[object] = set()
    for one in found:
        if one.stance != "stated" or one.is_limited or one.is_blanket or one.sentence in told:
            continue
        other = next((denial for denial in denials if _contradicts(denial, one)), None)
        if other is None or (one.concept, other.sentence) in told:
            continue
        told |= {one.sentence, (one.concept, other.sentence)}
        place = "the impression says" if other.sentence.where == "impression" else "the findings say"
        who = "The impression states" if one.sentence.where == "impression" else "The findings state"
        why = f"{who} {one.concept}, but {place} {quoted(other.sentence.text)}."
        yield doubt_about("negation", one.sentence, why, MEND)


def _contradicts(denial: Mention, statement: Mention) -> bool:
    if (
        statement.concept in {"mass", "nodule"}
        and _OUTSIDE.search(statement.chunk)
        and not _OUTSIDE.search(denial.chunk)
    ):
        return False  # "no mass in the lungs" and a mediastinal one
    if statement.concept in {"nodule", "opacity"} and _HARMLESS.search(statement.sentence.text):
        return False
    if denial.is_blanket:
        is_denied = statement.concept in DENIED[denial.concept]
        is_slight = denial.concept != "no devices are seen" and bool(_SMALL_OR_OLD.search(statement.chunk))
        return is_denied and not is_slight and _same_side(denial, statement)
    if denial.concept != statement.concept or denial.concept in DEVICES:
        return False
    return _same_side(denial, statement)


def _same_side(denial: Mention, statement: Mention) -> bool:
    """A denial without a side reaches both; one with a side reaches only what is stated there."""
    if not denial.sides:
        return True
    return bool(denial.sides & statement.sides)

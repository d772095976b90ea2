"""Sides that contradict each other: findings and impression, one sentence in itself, a sentence and its box. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from inference.text.labels import label_sentence
from plugin.checks.concepts import DEVICES, LUNG_SHADOWS
from plugin.checks.doubts import CheckedFinding, CheckInput, Doubt, Side
from plugin.checks.making import doubt_about, quoted
from plugin.checks.mentions import Mention
from plugin.checks.sentences import Part
from plugin.checks.sides import BOTH, impossible_place, sides_of

_COMPARES = re.compile(
    r"\b(?:than|greater|more|less|versus|vs|compared|both|bilateral\w*|to|respectively|from|side|across)\b"
    r"|[/>]",
    re.IGNORECASE,
)
_DEFINITE = re.compile(
    r"(?<!in )(?<!of )(?<!at )(?<!on )(?<!within )(?<!over )\b(?:the|this|that) (?:left"
    r"|right)(?:-sided)? (?:\w+ )?$",
    re.IGNORECASE,
)
"""Words right before what was named before: "the left" pneumothorax, but not the one "in the left lung"."""
MEND = "Correct the side, or acknowledge it with a reason."


def side_doubts(told: CheckInput, sentences: Sequence[Part], found: Sequence[Mention]) -> Iterator[Doubt]:
    """All doubts about sides."""
    stated = [one for one in found if one.stance != "denied" and not one.is_blanket]
    yield from _impossible(sentences)
    yield from _in_itself(stated)
    yield from _impression_against_findings(stated)
    yield from _turned_round(told, stated)
    yield from _against_boxes(told, sentences)


def words_of(sides: frozenset[Side]) -> str:
    return "both sides" if sides == BOTH else "".join(sides)


def _impossible(sentences: Sequence[Part]) -> Iterator[Doubt]:
    for sentence in sentences:
        match = impossible_place(sentence.text)
        if match:
            words = sentence.part(match.start(), match.end())
            why = f"{quoted(words.text)}: that side has no such part."
            yield doubt_about("laterality", sentence, why, MEND, words=words)


def _in_itself(stated: Sequence[Mention]) -> Iterator[Doubt]:
    """One thing on both sides at once: "a nodule of the right upper lobe over the left third rib"."""
    seen = set()
    for one in stated:
        is_once = one.sides == BOTH and one.concept not in DEVICES and not _COMPARES.search(one.chunk)
        if is_once and len(sides_of(one.chunk)) == 2 and not _is_plural(one) and one.sentence not in seen:
            seen.add(one.sentence)
            yield doubt_about("laterality", one.sentence, "It names left and right for one thing.", MEND)


def _is_plural(one: Mention) -> bool:
    words = one.chunk.lower()
    return bool(
        re.search(
            r"\b(?:bases|apices|bibasilar|bibasal|biapical|lungs|sides|symmetric\w*|effusions|opacities)\b",
            words,
        )
    )


def _impression_against_findings(stated: Sequence[Mention]) -> Iterator[Doubt]:
    seen = set()
    for family in dict.fromkeys(one.family for one in stated):
        kin = LUNG_SHADOWS if family in LUNG_SHADOWS else {family}
        borne_out = _sides_in_findings(stated, kin)
        below = _sides_in_findings(stated, {family}) or borne_out
        for one in stated:
            is_said = one.family == family and one.sides and one.sentence.where == "impression"
            if is_said and below and not one.sides <= borne_out and one.sentence not in seen:
                seen.add(one.sentence)
                said, known = words_of(one.sides), words_of(below)
                why = f"The impression says {said}, the findings say {known}, about {one.concept}."
                yield doubt_about("laterality", one.sentence, why, MEND)


def _sides_in_findings(stated: Sequence[Mention], families: Collection[str]) -> frozenset[Side]:
    named = (one for one in stated if one.family in families and one.sentence.where == "report")
    return frozenset(side for one in named for side in one.sides)


def _turned_round(told: CheckInput, stated: Sequence[Mention]) -> Iterator[Doubt]:
    """ "The left pneumothorax", where so far only a right one was spoken of. With a prior it may be that one's."""
    if told.prior is not None:
        return
    before: dict[str, frozenset[Side]] = {}
    for one in stated:
        known = before.get(one.family, frozenset())
        is_definite = (
            _DEFINITE.search(one.sentence.text[: one.start - one.sentence.start])
            and one.sentence.where == "report"
        )
        if (
            is_definite
            and len(one.sides) == 1
            and known
            and not one.sides & known
            and one.concept not in DEVICES
        ):
            why = (
                f"It speaks of the {words_of(one.sides)}, so far there was one on the {words_of(known)} only."
            )
            yield doubt_about("laterality", one.sentence, why, MEND)
        before[one.family] = known | one.sides


def _against_boxes(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """A sentence whose finding the reader has accepted with boxes on the other side only."""
    accepted = [one for one in told.findings if one.verdict in {"accepted", "edited"} and one.sides]
    for sentence in sentences:
        said = sides_of(sentence.text)
        stated = {label for label, value in label_sentence(sentence.text).items() if value == 1}
        for label in sorted(stated):
            shown = _sides_of_label(accepted, label)
            if len(said) == 1 and shown and not said & shown:
                where = words_of(shown)
                why = f"It says {words_of(said)}, but the accepted box of {label} lies on the patient's {where}."
                yield doubt_about("laterality", sentence, why, MEND)
                break


def _sides_of_label(accepted: Sequence[CheckedFinding], label: str) -> frozenset[Side]:
    return frozenset(side for one in accepted if one.label == label for side in one.sides)

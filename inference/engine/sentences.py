"""Sentences of a drafted report: what each states, and the reasons to doubt it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inference.backend import FINDINGS, Flag, Presence, Sentence
from inference.engine.claims import untold_flags
from inference.text.comparing import comparison_word
from inference.text.labels import NO_FINDING, label_report, narrower

_MEASUREMENT = re.compile(
    r"\b\d+(?:[.,]\d+)?(?:\s*(?:x|by|-|to)\s*\d+(?:[.,]\d+)?)*\s*"
    r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|ml|cc|degrees?|inch(?:es)?)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A report in sentences, what they state, and the flags on them."""

    sentences: tuple[Sentence, ...]
    flags: tuple[Flag, ...]


def split_sentences(text: str) -> tuple[str, ...]:
    """Sentences of a report, in order, without empty ones."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text.strip()) if part.strip(" ."))


def review(
    report: str,
    finding_ids: Mapping[str, Sequence[str]],
    presence: Mapping[str, Presence],
    *,
    has_prior: bool,
) -> Draft:
    """Link each sentence to the findings it names and flag what the reader must check.

    Args:
        report: The drafted findings text.
        finding_ids: For each of the 13 labels, the ids of its Finding events (one per film).
        presence: For each label, its state in the study.
        has_prior: A prior was read together with the study.
    """
    sentences, flags, named = [], [], set[str]()
    for number, text in enumerate(split_sentences(report), start=1):
        labels = {label: value for label, value in label_report(text).items() if label in FINDINGS}
        ids = tuple(one for label in labels for one in finding_ids.get(label, ()))
        sentence = Sentence(f"s{number}", text, ids)
        sentences.append(sentence)
        flags += _doubts(sentence, labels, presence, has_prior=has_prior)
        named |= labels.keys()
    flags += _dropped(named, presence)
    return Draft(tuple(sentences), tuple(flags))


def impression_doubts(impression: str, presence: Mapping[str, Presence], *, has_prior: bool) -> list[Flag]:
    """Flags on an impression: it is a summary of its own, so it can contradict the findings on its own."""
    labels = label_report(impression)
    present = [label for label, state in presence.items() if state == "present"]
    if labels.get(NO_FINDING) == 1 and present:
        why = f"The impression finds nothing, but among the findings there is {', '.join(present)}."
        doubts = [Flag("unsupported_sentence", why)]
    else:
        told = ((label, value) for label, value in labels.items() if label in FINDINGS)
        doubts = [
            Flag("unsupported_sentence", f"The impression: {doubt[0].lower()}{doubt[1:]}")
            for label, value in told
            if (doubt := contradiction(label, value, presence))
        ]
    return [*doubts, *wording_doubts(impression, has_prior=has_prior)]


def measurement(sentence: str) -> str | None:
    """The first number with a unit. The model can't measure, and its training text had lost its decimal points."""
    found = _MEASUREMENT.search(sentence)
    return found.group(0) if found else None


def _doubts(
    sentence: Sentence, labels: Mapping[str, int], presence: Mapping[str, Presence], *, has_prior: bool
) -> list[Flag]:
    return [
        *wording_doubts(sentence.text, sentence.id, has_prior=has_prior),
        *(
            Flag("unsupported_sentence", doubt, sentence.id)
            for label, value in labels.items()
            if (doubt := contradiction(label, value, presence))
        ),
    ]


def wording_doubts(
    text: str, sentence_id: str | None = None, *, has_prior: bool, given: str = ""
) -> list[Flag]:
    """Flags on what no text of the model may claim: a comparison without a prior, a measurement, a date, a name.

    Args:
        given: Words that the model was told and may repeat: the text that it sums up, the reader's question.
    """
    flags = []
    word = None if has_prior else comparison_word(text)
    if word:
        why = f"“{word}” compares with an earlier film, but no prior was read."
        flags.append(Flag("comparison_without_prior", why, sentence_id))
    number = measurement(text)
    if number and number.casefold() not in given.casefold():
        why = f"“{number}” was not measured: the model can't measure. Verify with the measuring tools."
        flags.append(Flag("measurement", why, sentence_id))
    return [*flags, *untold_flags(text, sentence_id, given)]


def contradiction(label: str, value: int, presence: Mapping[str, Presence]) -> str | None:
    """Why a sentence that states `label` (1 present, 0 absent, -1 uncertain) disagrees with the findings."""
    state = presence.get(label, "absent")
    if state == "not assessed" and value != 0:
        return f"States {label}, which this model can't judge."
    if (
        value == 1
        and state == "absent"
        and not any(presence.get(one) == "present" for one in narrower(label))
    ):
        return f"States {label}, which is not among the findings."
    if value == 0 and state == "present":
        return f"Denies {label}, which is among the findings."
    return None


def _dropped(named: set[str], presence: Mapping[str, Presence]) -> list[Flag]:
    """Present findings that no sentence names; one that is denied has its flag already."""
    return [
        Flag("dropped_finding", f"{label} is among the findings, but no sentence of the report states it.")
        for label, state in presence.items()
        if state == "present" and not named & {label, *narrower(label)}
    ]

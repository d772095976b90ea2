"""The finding list against the text, where it would matter. Pure.

Untuned, such a check cries wolf in one study of five (reading.md RP-7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from inference.text.labels import ABSENT, PRESENT, WIDER_TERM, label_sentence, narrower
from plugin.checks.doubts import CheckedFinding, CheckInput, Doubt
from plugin.checks.making import doubt_about
from plugin.checks.sentences import Part

SURE = 0.9
"""From this probability on, an unreviewed finding that the text leaves out is a doubt."""
MATTERS = frozenset(
    {"pneumothorax", "pleural effusion", "consolidation", "pneumonia", "edema", "lung lesion", "fracture"}
)
_OPACITIES = frozenset({"lung opacity", "consolidation", "pneumonia", "atelectasis", "edema", "lung lesion"})


def list_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Accepted findings that the text leaves out, rejected ones that it states, sure ones nobody looked at."""
    said = [(sentence, label_sentence(sentence.text)) for sentence in sentences]
    spoken = _spoken(said)
    labels = dict.fromkeys(one.label for one in told.findings)
    for label in labels:
        of_label = [one for one in told.findings if one.label == label]
        if any(one.verdict in {"accepted", "edited"} for one in of_label):
            yield from _accepted(label, spoken)
        elif any(one.verdict == "rejected" for one in of_label):
            yield from _rejected(label, said)
        else:
            yield from _unreviewed(label, of_label, spoken)


def _spoken(said: Sequence[tuple[Part, Mapping[str, int]]]) -> dict[str, set[int]]:
    """label -> all stances that the text takes to it."""
    spoken: dict[str, set[int]] = {}
    for _, values in said:
        for label, value in values.items():
            spoken.setdefault(label, set()).add(value)
    return spoken


def _accepted(label: str, spoken: Mapping[str, set[int]]) -> Iterator[Doubt]:
    stances = {stance for name in _names(label) for stance in spoken.get(name, ())}
    if stances - {ABSENT}:
        return
    if ABSENT in spoken.get(label, ()):
        why, mend = (
            f"You accepted {label}, but the text denies it.",
            "Correct the text, or reject the finding.",
        )
    else:
        why = f"You accepted {label}, but the text does not speak of it."
        mend = "Write a sentence about it, or reject the finding."
    yield Doubt("discrepancy", "warns", why, mend)


def _names(label: str) -> tuple[str, ...]:
    """Labels whose words speak of this one as well: readers say opacity for a consolidation and the other way round."""
    family = _OPACITIES if label in _OPACITIES - {"lung lesion"} else frozenset[str]()
    return (label, *narrower(label), *([WIDER_TERM[label]] if label in WIDER_TERM else []), *sorted(family))


def _rejected(label: str, said: Sequence[tuple[Part, Mapping[str, int]]]) -> Iterator[Doubt]:
    for sentence, values in said:
        is_narrower = any(values.get(one) == PRESENT for one in narrower(label))
        if values.get(label) == PRESENT and not is_narrower:
            why = f"You rejected {label}, but this sentence states it."
            yield doubt_about(
                "discrepancy", sentence, why, "Take the sentence out, or take the rejection back."
            )
            return


def _unreviewed(
    label: str, of_label: Sequence[CheckedFinding], spoken: Mapping[str, set[int]]
) -> Iterator[Doubt]:
    is_sure = any(one.presence == "present" and (one.confidence or 0.0) >= SURE for one in of_label)
    if is_sure and label in MATTERS and not any(name in spoken for name in _names(label)):
        why = f"The AI is sure of {label}. It was neither accepted nor rejected, and the text does not speak of it."
        yield Doubt("discrepancy", "warns", why, "Look at it, then accept or reject it.")

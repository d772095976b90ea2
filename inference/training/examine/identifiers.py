"""Words that may tell whose a report is: dates, named persons, numbers, addresses. Pure.

The rules are those that the corrections store is scrubbed with (`inference.corrections.scrub`), so that what the doctor
lets pass and what the store keeps is the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from inference.corrections.scrub import Identity, scrub
from inference.training.examine.faults import Fault
from inference.training.examine.subject import Row

_NO_ONE = Identity()
_MARKS = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Doctor|Professor)\b\.?\s+(?:X{3,}|_{2,})|_{2,}|\bX{3,}\b")
"""A name that is gone already is a mark (`removed_marks`), no name."""
_SIGNED = re.compile(r"\b[A-Z][a-z]+(?: [A-Z]\.)? [A-Z][a-z]+,? (?:M\.?D\b|MBBS\b|D\.?O\b|FRCR\b|Ph\.?D\b)")


def identifiers(rows: Sequence[Row]) -> Iterator[Fault]:
    """Studies with such words, each with how many of which kind in which text; the words are not repeated."""
    for row in rows:
        told = [words for name, text in row.texts if (words := _told(name, text))]
        if told:
            yield row.fault(
                "identifier",
                f"It holds what may tell whose it is: {'; '.join(told)}.",
                "Remove them at the source, or run the texts through a de-identification; a model may repeat what it "
                "was taught.",
            )


def _told(name: str, text: str) -> str:
    clean = _MARKS.sub(" ", text)
    signed = len(_SIGNED.findall(clean))
    found = Counter(scrub(_SIGNED.sub(" ", clean), _NO_ONE)[1])
    found["name"] += signed
    found.pop("blank", None)
    kinds = ", ".join(
        f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(found.items()) if count
    )
    return f"{kinds.replace('addresss', 'addresses')} in {name}" if kinds else ""

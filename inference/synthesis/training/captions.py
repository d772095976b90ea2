"""A report as the words of a generator: nothing of whose it is, and nothing that its films can't show. Pure.

Identifiers go by the rules of the corrections store, and with them the sentence that held one; so do words that
de-identification took out (`___`, `XXXX`), comparisons with an earlier film, and what was done rather than seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from inference.backend import FINDINGS, NO_FINDING
from inference.corrections.scrub import REMOVED, Identity, scrub
from inference.synthesis.training.wording import Fact, worded
from inference.synthesis.wish import without_view_sentence
from inference.text.comparing import comparison_word
from inference.text.labels import PRESENT, label_report, sentences
from inference.training.rows import LABELS, Known, KnownStudy

_TAKEN_OUT = re.compile(r"\bX{3,}\b|_{2,}")
_NOT_SEEN = re.compile(
    r"\b(?:dictat\w+|discuss\w+|notif\w+|communicat\w+|telephon\w+|phone[ds]?|page[dr]\w*|recommend\w*|follow-?up"
    r"|clinical\w*|histor\w+|patient\w*|(?:years?|months?)[- ]old|technique|indication|please|correlat\w+"
    r"|CT|MRI|ultrasound)\b",
    re.IGNORECASE,
)


def report_words(study: KnownStudy) -> str:
    """The findings section as a caption without its view sentence; else the impression; empty where neither can be.

    A section of which only a sentence that must go stated a finding gives nothing: silence would deny it.
    """
    return _cleaned(study.findings) or _cleaned(study.impression)


def _cleaned(text: str) -> str:
    scrubbed, _ = scrub(re.sub(r"\s+", " ", text), Identity())  # lines of a report are broken anywhere
    marked = scrubbed.replace(REMOVED, "XXXX")  # a sentence begins with a capital
    whole = [one.strip() for one in sentences(marked) if one.strip()]
    kept = [one for one in whole if not _must_go(one)]
    if not kept or not _stated(whole) <= _stated(kept):
        return ""
    return without_view_sentence(". ".join(one.rstrip(".") for one in kept) + ".")


def _must_go(sentence: str) -> bool:
    is_taken_out = _TAKEN_OUT.search(sentence) is not None
    return is_taken_out or comparison_word(sentence) is not None or _NOT_SEEN.search(sentence) is not None


def _stated(some: list[str]) -> frozenset[str]:
    """The listed findings that sentences state."""
    labels = label_report(". ".join(some))
    return frozenset(name for name in FINDINGS if labels.get(name) == PRESENT)


def label_words(labels: Mapping[str, Known], rng: Random) -> str:
    """Labels in varied words; what is uncertain or not known is not said."""
    facts = [Fact(name) for name in LABELS if name != NO_FINDING and labels.get(name) == "present"]
    absent = [name for name in LABELS if labels.get(name) == "absent"]
    return worded(facts, absent, rng, is_clear=labels.get(NO_FINDING) == "present")

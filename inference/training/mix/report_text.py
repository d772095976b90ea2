"""A report as something to learn: cleaned as published, without what the films of the conversation can't show. Pure."""

from __future__ import annotations

import re

from inference.backend import FINDINGS
from inference.text import prompts
from inference.text.comparing import comparison_word
from inference.text.labels import PRESENT, label_report, sentences
from inference.text.report import clean_report

LEAST_CHARACTERS = 5
"""A cleaned report of four characters or fewer says nothing (published: left out)."""

_REMOVED = re.compile(r"\bX{3,}\b|_{3,}")
"""Words that de-identification took out: a model that learns them writes them."""


def told_report(findings: str, *, with_prior: bool) -> str | None:
    """The findings section as a target, or None where none can be made of it.

    Sentences with removed words are left out, and, where no prior is shown, those that compare with one: a model that
    learns them invents priors (reading.md PR-7). If such a sentence alone stated a finding, the report would deny by
    silence what the list before it names: None then.
    """
    text = re.sub(r"\s+", " ", prompts.plain(findings))  # lines of a report are broken anywhere
    whole = sentences(text)
    kept = [one for one in whole if not _can_not_be_shown(one, with_prior=with_prior)]
    if len(kept) == len(whole):
        cleaned = clean_report(text)
    else:
        if not _stated(text) <= _stated(". ".join(kept)):
            return None
        cleaned = clean_report(". ".join(kept))
    return cleaned if len(cleaned) >= LEAST_CHARACTERS else None


def told_impression(impression: str, findings: str) -> str | None:
    """The impression as a target for its findings text; it may compare only where the findings do."""
    may_compare = comparison_word(findings) is not None
    kept = [
        one
        for one in sentences(prompts.plain(impression))
        if not _can_not_be_shown(one, with_prior=may_compare)
    ]
    text = ". ".join(kept) + "."
    return text if len(text) >= LEAST_CHARACTERS else None


def _can_not_be_shown(sentence: str, *, with_prior: bool) -> bool:
    if _REMOVED.search(sentence):
        return True
    return not with_prior and comparison_word(sentence) is not None


def _stated(text: str) -> frozenset[str]:
    return frozenset(
        name for name, value in label_report(text).items() if value == PRESENT and name in FINDINGS
    )

"""Is a draft a copy of the prior report? A model that was given one may repeat it instead of looking. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from inference.backend import Flag

ALMOST = 0.9
"""From here on a draft counts as copied: nine words in ten are the prior report's, in its order."""

_WORD = re.compile(r"\w+")


def likeness(draft: str, prior_report: str) -> float:
    """Share of the words that both texts have, in the same order: 0 none, 1.0 all (case and punctuation aside).

    An empty text is like no other.
    """
    one, other = (_WORD.findall(text.casefold()) for text in (draft, prior_report))
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def copy_flags(draft: str, prior_report: str) -> tuple[Flag, ...]:
    """The flag on a draft that is (nearly) the prior report."""
    share = likeness(draft, prior_report)
    if share < ALMOST:
        return ()
    said = "The draft says the same as the prior report, word for word."
    if share < 1:
        said = f"{share:.0%} of the draft's words are those of the prior report."
    return (Flag("copied_prior", f"{said} Check that it describes the current films."),)

"""How a doubt is made about words of the report. Pure."""

from __future__ import annotations

from plugin.checks.doubts import BLOCKS, Doubt, Kind, Severity
from plugin.checks.sentences import Part


def doubt_about(
    kind: Kind,
    sentence: Part,
    why: str,
    mend: str,
    *,
    words: Part | None = None,
    severity: Severity | None = None,
) -> Doubt:
    """A doubt about `words` of a sentence (the whole sentence if None), as severe as its kind unless told."""
    place = words or sentence
    return Doubt(
        kind,
        severity or ("blocks" if kind in BLOCKS else "warns"),
        why,
        mend,
        sentence.where,
        place.start,
        place.end,
        sentence.text,
    )


def quoted(words: str, most: int = 60) -> str:
    """Words in quotation marks, without the full stop at their end, cut where they are long."""
    flat = " ".join(words.split()).rstrip(".")
    return f"“{flat}”" if len(flat) <= most else f"“{flat[: most - 1].rstrip()}…”"

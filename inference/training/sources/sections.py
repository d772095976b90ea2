"""A report's text to its sections, after the manner of MIT-LCP's parser for MIMIC-CXR. Pure.

A heading is a line's beginning in capitals with a colon; of two sections with one name the last counts, since a wet
reading comes before the final one. What is new here: headings in other cases and in Korean where they are known,
headings in the middle of a line (tables often lose the line breaks), and text without any heading.

Where the manner is documented: github.com/MIT-LCP/mimic-cxr, `txt/section_parser.py` (not copied).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KINDS: dict[str, tuple[str, ...]] = {
    "findings": ("findings", "finding", "findings and impression", "findings/impression", "report", "chest findings",
                 "radiographic findings", "소견", "판독소견", "판독 소견"),
    "impression": ("impression", "impressions", "conclusion", "conclusions", "opinion", "summary", "assessment",
                   "결론", "판독결론", "판독 결론", "인상"),
    "indication": ("indication", "indications", "clinical indication", "clinical information", "clinical history",
                   "history", "reason for exam", "reason for examination", "reason for study", "clinical data",
                   "indications for procedure", "request",
                   "임상정보", "임상 정보"),
    "technique": ("technique", "procedure", "exam", "examination", "study", "type of examination", "views",
                  "current procedure descriptions", "검사명"),
    "comparison": ("comparison", "comparisons", "comparison study", "prior procedure descriptions", "비교"),
    "notification": ("notification", "recommendation", "recommendations", "notifications", "wet read", "addendum",
                     "final report", "signed", "dictated by", "electronically signed by"),
}  # fmt: skip
_WITHIN = frozenset({
    "lung", "lungs", "airways", "trachea", "hila", "heart", "cardiac", "cardiac silhouette", "mediastinum",
    "cardiomediastinum", "heart/mediastinum", "heart and mediastinum", "pleura", "pleural spaces", "pleural space",
    "lungs/pleura", "lungs and pleura", "diaphragm", "bones", "bones and soft tissues", "osseous structures",
    "skeleton", "soft tissues", "chest wall", "abdomen", "upper abdomen", "lines", "tubes", "lines/tubes",
    "lines and tubes", "tubes and lines", "devices", "support devices", "hardware", "other", "vessels", "spine",
    "pulmonary vasculature",
})  # fmt: skip
"""Headings of a structured report inside its findings: they belong to the text."""
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_LONGEST_FIRST = sorted(_KIND_OF, key=len, reverse=True)
_NAMES = "|".join(re.escape(name) for name in _LONGEST_FIRST)
_CAPITALS = "|".join(re.escape(name.upper()) for name in _LONGEST_FIRST)
_AT_LINE = re.compile(rf"^[ \t*#]*(?:({_NAMES})|([A-Z][A-Z /,()&-]{{2,40}}))[ \t*]*:[ \t*]*", re.M | re.I)
_IN_LINE = re.compile(rf"(?<=[.:;!?])[ \t]+({_CAPITALS})[ \t]*:[ \t]*")
"""Only known names, and only in capitals: “There is no change. Findings: …” inside a sentence is no heading."""


@dataclass(frozen=True, slots=True)
class Sections:
    """What a report says under its headings, white space folded. `free` is text before or without any heading."""

    findings: str = ""
    impression: str = ""
    indication: str = ""
    technique: str = ""
    comparison: str = ""
    free: str = ""

    @property
    def has_heading(self) -> bool:
        return any((self.findings, self.impression, self.indication, self.technique, self.comparison))

    @property
    def findings_or_free(self) -> str:
        """The findings; of a report without headings its whole text."""
        return self.findings or ("" if self.findings or self.impression else self.free)


def sections_of(report: str) -> Sections:
    """Read a report.

    Args:
        report: As written, line breaks included where there are any.

    Returns:
        The last section of each kind that is not empty. A heading that is not known ends the section before it.
    """
    text = report.replace("\r\n", "\n").replace("\r", "\n")
    heads = sorted(_heads(text), key=lambda head: head[1])
    found: dict[str, str] = {}
    free = [_folded(text[: heads[0][1]] if heads else text)]
    ends = [*(head[1] for head in heads), len(text)][1:]
    for (kind, _, start), end in zip(heads, ends, strict=True) if heads else ():
        words = _folded(text[start:end])
        if words and kind in Sections.__slots__:
            found[kind] = words
    return Sections(**found, free=" ".join(part for part in free if part))


def _heads(text: str) -> Iterator[tuple[str, int, int]]:
    """(kind or "", where the heading begins, where its text begins)."""
    taken: set[int] = set()
    for match in _AT_LINE.finditer(text):
        name, other = match.group(1), match.group(2)
        if name is None and (not other.isupper() or _folded(other).lower() in _WITHIN):
            continue
        taken.add(match.end())
        yield _KIND_OF.get(_folded(name or "").lower(), ""), match.start(), match.end()
    for match in _IN_LINE.finditer(text):
        if match.end() not in taken:
            yield _KIND_OF.get(_folded(match.group(1)).lower(), ""), match.start(), match.end()


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()

"""The reader's two texts as the sections of a report: indication, technique, comparison only where they exist. Pure."""

from __future__ import annotations

import re

from plugin.output.document import Section, SectionKind
from plugin.output.legible import legible

_OWN = re.compile(
    r"\s*(?P<name>indication|clinical information|clinical history|question|technique|comparison)\s*:\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_KINDS: dict[str, SectionKind] = {
    "indication": "indication",
    "clinical information": "indication",
    "clinical history": "indication",
    "question": "indication",
    "technique": "technique",
    "comparison": "comparison",
}
ORDER: tuple[SectionKind, ...] = (
    "indication",
    "technique",
    "comparison",
    "findings",
    "impression",
    "addendum",
)


def sections_of(report: str, impression_text: str) -> tuple[Section, ...]:
    """The parts that have words, in the order in which reports are read."""
    parts = _parts(legible(report))
    impression = tuple(line.rstrip() for line in legible(impression_text).strip().splitlines())
    parts["impression"] = [line for line in impression if line]
    return tuple(Section(kind, tuple(parts[kind])) for kind in ORDER if any(parts.get(kind, [])))


def _parts(text: str) -> dict[SectionKind, list[str]]:
    """A line "Technique: …" is a section; where nothing follows the colon, the lines up to a blank one are."""
    parts: dict[SectionKind, list[str]] = {}
    current: SectionKind = "findings"
    for line in text.strip().splitlines():
        own = _OWN.match(line)
        if own is not None:
            kind = _KINDS[own["name"].lower()]
            rest = own["rest"].strip()
            parts.setdefault(kind, []).extend([rest] if rest else [])
            current = "findings" if rest else kind
        elif not line.strip() and current != "findings":
            current = "findings"
        else:
            parts.setdefault(current, []).append(line.rstrip())
    return {kind: _trimmed(lines) for kind, lines in parts.items()}


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at either end."""
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []

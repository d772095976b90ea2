"""Whether the reader has looked for themselves, and whether the AI's results are shown (reading.md AI-3, 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReadingMode = Literal["second reader", "concurrent", "triage"]
"""second reader: nothing is shown before the own first look; concurrent: shown as it comes; triage: the AI only orders
the study list, and is shown where the reader asks for it."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """One study's gate. Times are UTC, ISO 8601; empty = it has not happened."""

    mode: ReadingMode = "second reader"
    committed_at: str = ""  # the reader said "I have read it"
    is_hidden: bool = False  # by hand, after it was shown

    @property
    def is_committed(self) -> bool:
        return bool(self.committed_at)

    @property
    def shows_ai(self) -> bool:
        """True if the reader may see what the AI found."""
        return not self.is_hidden and (self.mode == "concurrent" or self.is_committed)


@dataclass(frozen=True, slots=True)
class ModeSet:
    """The site's reading mode, as it was when the study was first seen. It stays, once the first look is committed."""

    mode: ReadingMode


@dataclass(frozen=True, slots=True)
class FirstLookCommitted:
    """The reader has looked for themselves; what the AI found is revealed."""

    at: str


@dataclass(frozen=True, slots=True)
class AiHidden:
    at: str


@dataclass(frozen=True, slots=True)
class AiShownAgain:
    at: str


FirstLookEvent = ModeSet | FirstLookCommitted | AiHidden | AiShownAgain

"""Whether the reader has looked for themselves, and whether the AI's results are shown (reading.md AI-3, 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReadingMode = Literal["second reader", "concurrent", "triage"]
"""second reader: nothing is shown before the own first look; concurrent: shown as it comes; triage: the AI only orders
the study list, and is shown where the reader asks for it."""
RevealReason = Literal["committed", "asked", "time"]


@dataclass(frozen=True, slots=True)
class FirstLook:
    """One study's gate. Times are UTC, ISO 8601; empty = it has not happened."""

    mode: ReadingMode = "second reader"
    first_seen_at: str = ""  # the study was first on screen
    committed_at: str = ""  # the reader said "I have read it"
    revealed_at: str = ""  # and from then on the AI is shown; also by the clock, or because the reader asked
    revealed_by: RevealReason | None = None
    is_hidden: bool = False  # by hand
    impression: str = ""  # the reader's own first words, before anything was shown
    writes_own: bool = False  # the reader opened the report before anything was shown

    @property
    def is_committed(self) -> bool:
        return bool(self.committed_at)

    @property
    def is_open(self) -> bool:
        """True once nothing waits for the reader's first look any more."""
        return self.mode == "concurrent" or bool(self.revealed_at)

    @property
    def shows_ai(self) -> bool:
        """True if the reader may see what the AI found."""
        return self.is_open and not self.is_hidden

    @property
    def withholds(self) -> bool:
        """True while a reader sits before the closed gate: what they write now comes from no draft."""
        return bool(self.first_seen_at) and not self.shows_ai


@dataclass(frozen=True, slots=True)
class StudySeen:
    """The study came on screen for the first time, under the reading mode of that moment; the study keeps it."""

    mode: ReadingMode
    at: str


@dataclass(frozen=True, slots=True)
class FirstLookCommitted:
    """The reader has looked for themselves; what the AI found is revealed."""

    at: str


@dataclass(frozen=True, slots=True)
class AiRevealed:
    """It is revealed without such a word: the site's time is over, or, in triage, the reader asked."""

    reason: RevealReason
    at: str


@dataclass(frozen=True, slots=True)
class AiHidden:
    """By hand, at any time: in concurrent reading also before there is anything to hide."""

    at: str


@dataclass(frozen=True, slots=True)
class AiShownAgain:
    at: str


@dataclass(frozen=True, slots=True)
class FirstImpressionTyped:
    text: str


@dataclass(frozen=True, slots=True)
class OwnReportBegun:
    """The reader writes the report before looking at anything of the AI."""


FirstLookEvent = (
    StudySeen
    | FirstLookCommitted
    | AiRevealed
    | AiHidden
    | AiShownAgain
    | FirstImpressionTyped
    | OwnReportBegun
)

"""What is known about the comparison with the prior, and about what the model was given. Plain data.

Findings and boxes of a comparison carry ids of their own (`OWN`): the reading numbers its findings too, and the two
must never be taken for each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import Box, Change, Finding, PriorChosen

OWN = "prior "
"""Stands before every id of a comparison."""

ComparisonPhase = Literal["none", "due", "running", "done", "stopped", "failed"]
"""none: there is nothing to compare, or no complete reading yet. due: it begins as soon as nothing else runs."""
MOST_LOSSES = 2
"""A comparison that the backend was lost over so often is not begun again by itself."""


@dataclass(frozen=True, slots=True)
class PriorView:
    """The comparison of one reading with its prior."""

    phase: ComparisonPhase = "none"
    chosen: PriorChosen | None = None  # as the reading told it: which prior, why, and what of its report
    findings: tuple[Finding, ...] = ()  # of both films, ids with OWN
    boxes: tuple[Box, ...] = ()
    changes: tuple[Change, ...] = ()
    problem: str = ""  # why there is no comparison, in words for the reader
    losses: int = 0  # times that the backend was lost while comparing
    selected: str | None = None  # label of the change whose pair of boxes is lit
    hovered: str | None = None


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What made a reading, as its fingerprint says: enough to make the same pictures and to name the model."""

    pack: str = ""
    pack_sha256: str = ""
    precision: str = ""
    device: str = ""
    picture_side: int = 0  # pixels of the square that the model was given; 0 = not told


@dataclass(frozen=True, slots=True)
class ChangeChosen:
    """The reader wants to see a change's pair of boxes; None lets go of it."""

    label: str | None


@dataclass(frozen=True, slots=True)
class ChangeHovered:
    label: str | None


@dataclass(frozen=True, slots=True)
class ComparisonWanted:
    """The reader asks for a comparison that was stopped or failed."""


PriorEvent = ChangeChosen | ChangeHovered | ComparisonWanted

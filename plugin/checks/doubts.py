"""What the checks before signing look at, and what they answer. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from inference.backend import Presence

Kind = Literal[
    "laterality",
    "negation",
    "discrepancy",
    "sex",
    "age",
    "view",
    "measurement",
    "comparison",
    "prior",
    "unfinished",
    "untouched",
    "unsupported",
]
Severity = Literal["blocks", "warns"]
Side = Literal["left", "right"]
Where = Literal["report", "impression"]
Verdict = Literal["open", "accepted", "edited", "rejected"]


BLOCKS: frozenset[Kind] = frozenset({"laterality", "negation", "sex", "comparison", "unfinished"})
"""Kinds that stop a signature. A doubt may be severer than its kind: mm for cm stops it too."""


@dataclass(frozen=True, slots=True)
class CheckedFinding:
    """A finding as the reader left it. Only what the reader was shown may be given: a hidden one checks nothing."""

    label: str  # from inference.backend.FINDINGS
    presence: Presence = "present"
    confidence: float | None = None
    verdict: Verdict = "open"  # one that the reader added counts as accepted
    sides: frozenset[Side] = frozenset()  # the patient's, of its boxes on frontal films; empty: not known


@dataclass(frozen=True, slots=True)
class CheckedMeasure:
    """A number that stands at a measurement on the films."""

    kind: str  # viewer.api.MeasurementKind
    value: float
    unit: str  # mm, °, or empty for a ratio


@dataclass(frozen=True, slots=True)
class PriorAtHand:
    """The prior that hangs beside the study."""

    study_date: date | None = None
    days_before: int | None = None
    report: str = ""  # its text, where one is known


@dataclass(frozen=True, slots=True)
class CheckInput:
    """All that the checks may know. What is not known stays empty, and is then not checked."""

    report: str = ""
    impression: str = ""
    sex: str = ""  # (0010,0040): M or F; anything else is not checked
    age_years: float | None = None
    views: tuple[str, ...] = ()  # View Position (0018,5101) of the study's films; one that is not known is ""
    prior: PriorAtHand | None = None
    is_prior_known: bool = True  # False: nobody knows whether there was one, so its words are not checked
    findings: tuple[CheckedFinding, ...] = ()
    measures: tuple[CheckedMeasure, ...] = ()
    untouched: tuple[str, ...] = ()  # sentences of the model that stand as drafted and were never looked at
    unsupported: tuple[tuple[str, str], ...] = ()  # sentences, each with why the model's own findings deny it

    def text(self, where: Where) -> str:
        return self.report if where == "report" else self.impression


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason not to sign yet. `start` and `end` are characters of the report or the impression, as `where` says."""

    kind: Kind
    severity: Severity  # what blocks must be mended, or acknowledged with a reason
    why: str
    mend: str  # what the reader can do
    where: Where = "report"
    start: int = 0
    end: int = 0  # equal to `start`: it is about no place in the text
    sentence: str = ""

    @property
    def id(self) -> str:
        """The same for the same doubt about the same words, wherever they have moved to."""
        return "\n".join((self.kind, self.where, self.sentence, self.why))

    @property
    def may_be_acknowledged(self) -> bool:
        """True where a radiologist may know better. An empty field is never right."""
        return self.kind != "unfinished"

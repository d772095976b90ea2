"""What is told about training runs: plain data for whoever shows or starts them. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.training.plan import Expected, LoraPlan, Part, PhasePlan, SplitPlan, TrainingPlan
from inference.training.run_folder import Evaluated, RunState, StepTaken, Told

__all__ = [  # the trainer's own shapes too: the panel may not look into inference.training
    "AT_WORK",
    "AdapterStep",
    "Adapters",
    "CorrectionsKept",
    "DataFault",
    "DataSeen",
    "Evaluated",
    "Examination",
    "Expected",
    "LoraPlan",
    "Means",
    "Part",
    "PhasePlan",
    "PlanWish",
    "RunDetail",
    "RunState",
    "RunSummary",
    "SourceKind",
    "SplitPlan",
    "StepTaken",
    "TeachingCandidate",
    "TeachingPlace",
    "Told",
    "TrainingPlan",
]

AT_WORK = frozenset({"preparing", "training", "evaluating"})
"""Phases in which a process must be there."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A training run as its folder tells it, and whether its process lives."""

    id: str
    state: RunState
    is_alive: bool  # its process is there
    pack: str = ""  # the base that it began with
    data: tuple[str, ...] = ()  # as the plan names its sources
    checkpoint: int | None = None  # step of the newest whole one: a resume goes on from there
    has_adapter: bool = False
    has_evaluation: bool = False
    last_words: str = ""  # what a process that died said last; empty while all is well

    @property
    def is_dead(self) -> bool:
        """The process is gone though the run had not ended: killed, or the computer went down."""
        return self.state.phase in AT_WORK and not self.is_alive

    @property
    def can_resume(self) -> bool:
        return not self.is_alive and self.state.phase != "done"


@dataclass(frozen=True, slots=True)
class RunDetail:
    """One run with its plan and the lines of its log from number `first` on; ask again with `next`.

    `first` is below what was asked for where the log was cut back, as a run that resumes from an older checkpoint does:
    then the lines before it are no longer true.
    """

    run: RunSummary
    plan: TrainingPlan
    first: int
    next: int
    lines: tuple[Mapping[str, Any], ...] = ()  # each with "what": step_taken, evaluated, told
    outcome: Mapping[str, Any] = field(default_factory=dict)  # evaluation.json, once it is there


# ── before a run ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A form of data that can be read: `id` stands before the colon of KIND:PATH."""

    id: str
    help: str  # one line


@dataclass(frozen=True, slots=True)
class CorrectionsKept:
    """What readers' corrections there are on this computer."""

    studies: int = 0
    patients: int = 0
    films: int = 0


@dataclass(frozen=True, slots=True)
class Means:
    """What one can train from here."""

    kinds: tuple[SourceKind, ...]
    corrections: CorrectionsKept


@dataclass(frozen=True, slots=True)
class DataFault:
    """Something wrong with the data: where a person finds it, what it is, and what to do about it."""

    kind: str
    row: str
    what: str
    remedy: str
    study: str = ""
    title: str = ""  # of its kind, for a person
    is_grave: bool = False  # to be mended before training: the run would be worthless, or stop


@dataclass(frozen=True, slots=True)
class DataSeen:
    """How much one source, or one part of all of them, has."""

    name: str
    studies: int
    patients: int
    films: int


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor found in the data, and how much there is: by source, then by part (train, val, test)."""

    faults: tuple[DataFault, ...]
    sources: tuple[DataSeen, ...] = ()
    parts: tuple[DataSeen, ...] = ()
    not_looked_at: tuple[str, ...] = ()  # what could not be judged, and why


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What a person decides about a plan; None leaves it to the planner."""

    data: tuple[str, ...]
    pack: str = ""  # empty: the one that is set up
    hours: float | None = None
    parts: tuple[Part, ...] | None = None  # of the model, that may learn
    seed: int = 0
    takes_synthetic: bool = False


# ── after a run ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AdapterStep:
    """Something that happened to a base's adapters: one was activated, rolled back, or refused by the gate."""

    what: str
    adapter: str
    at: str  # UTC, ISO 8601
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Adapters:
    """With which site adapter a base is read, and how that came about, oldest first."""

    base: str
    active: str = ""  # id of the adapter's pack; empty: the base alone
    steps: tuple[AdapterStep, ...] = ()


# ── which study would teach most ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TeachingCandidate:
    """A study that could be read or judged next. `study` and `patient` are any words that the caller can tell apart."""

    study: str
    patient: str = ""  # empty: not known, a person of its own
    probabilities: Mapping[str, float] = field(default_factory=dict)  # finding -> 0..1
    images: tuple[str, ...] = ()  # image_sha256 of its films: those that were encoded tell how new it is


@dataclass(frozen=True, slots=True)
class TeachingPlace:
    """A place in the list."""

    study: str
    place: int  # from 1
    reason: str  # for the reader, a line; names findings
    undecided: int  # how many findings are near the decision
    is_new: bool  # unlike what was seen

"""What the training window shows, and what can happen to it. Plain data, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inference.train_status import (
    Adapters,
    Evaluated,
    Examination,
    Means,
    PlanWish,
    RunDetail,
    RunSummary,
    StepTaken,
    Told,
    TrainingPlan,
)

Asking = Literal[
    "", "means", "doctor", "plan", "start", "pause", "resume", "promote", "rollback", "evaluate", "compare"
]
"""What the backend was asked and has not answered; one thing at a time."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, and what to do next."""

    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The log of the run that is shown. Steps rise: those that a resume did again stand here once."""

    steps: tuple[StepTaken, ...] = ()
    evaluations: tuple[Evaluated, ...] = ()
    told: tuple[Told, ...] = ()
    lines: int = 0  # of the log, known so far


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All that the window knows."""

    means: Means | None = None
    sources: tuple[str, ...] = ()  # KIND:PATH
    examination: Examination | None = None
    wish: PlanWish = field(default_factory=lambda: PlanWish(()))
    plan: TrainingPlan | None = None
    planned_for: PlanWish | None = None
    runs: tuple[RunSummary, ...] = ()
    shown: str = ""  # id of the run that is shown
    run_plan: TrainingPlan | None = None  # of the run that is shown
    curve: Curve = field(default_factory=Curve)
    outcome: Mapping[str, Any] = field(default_factory=dict)
    adapters: Adapters | None = None
    asking: Asking = ""
    stage: tuple[str, int, int] | None = None  # of what was asked: name, done, total
    trouble: Trouble | None = None

    @property
    def run(self) -> RunSummary | None:
        """The run that is shown."""
        return next((run for run in self.runs if run.id == self.shown), None)

    @property
    def is_plan_current(self) -> bool:
        """The plan is of the data and wishes as they stand now."""
        return self.plan is not None and self.planned_for == self.wish

    @property
    def is_at_work(self) -> bool:
        """Some run's process lives."""
        return any(run.is_alive for run in self.runs)


# ── what can happen ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SourceAdded:
    source: str


@dataclass(frozen=True, slots=True)
class SourceRemoved:
    source: str


@dataclass(frozen=True, slots=True)
class WishChanged:
    """The person changed what the plan shall be; the data are those that are chosen."""

    wish: PlanWish


@dataclass(frozen=True, slots=True)
class Asked:
    what: Asking


@dataclass(frozen=True, slots=True)
class StageTold:
    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class MeansTold:
    means: Means


@dataclass(frozen=True, slots=True)
class AdaptersTold:
    adapters: Adapters


@dataclass(frozen=True, slots=True)
class Examined:
    sources: tuple[str, ...]
    examination: Examination


@dataclass(frozen=True, slots=True)
class Planned:
    wish: PlanWish
    plan: TrainingPlan


@dataclass(frozen=True, slots=True)
class RunsTold:
    runs: tuple[RunSummary, ...]


@dataclass(frozen=True, slots=True)
class RunChosen:
    id: str


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run was started, paused or resumed."""

    run: RunSummary


@dataclass(frozen=True, slots=True)
class DetailTold:
    detail: RunDetail


@dataclass(frozen=True, slots=True)
class Compared:
    """Two drafts of a study came; `key` names the study that they are of."""

    key: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked has come to its end; `trouble` where it did not go well."""

    trouble: Trouble | None = None


TrainingEvent = (
    SourceAdded
    | SourceRemoved
    | WishChanged
    | Asked
    | StageTold
    | MeansTold
    | AdaptersTold
    | Examined
    | Planned
    | RunsTold
    | RunChosen
    | RunChanged
    | DetailTold
    | Compared
    | Answered
)

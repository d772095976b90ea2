"""What is told about training runs: plain data for whoever shows or starts them. No torch, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.training.plan import TrainingPlan
from inference.training.run_folder import RunState

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

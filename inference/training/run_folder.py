"""A training run on disk: what lies where, and the lines of its log. Who watches a run reads these, nothing else.

RUN/plan.json            the plan, as it was started
RUN/log.jsonl            one line per event (below), appended and flushed
RUN/state.json           RunState, replaced in one rename
RUN/checkpoints/000120/  a whole checkpoint, there only when complete; relocatable, no absolute path inside
RUN/adapter/             the trained weights: adapter_config.json, adapter_model.safetensors
RUN/evaluation.json      before and after, on held-out patients
RUN/adapter-of-phase-1/  of a phase that is not the last
RUN/features/            pictures as far as they need not be computed again; gone when the run is done
RUN/.lock                held by the process that carries the run out
RUN/pause                while it is there the run stops at the next step and leaves (exit code 75)

A run that goes on after a kill takes the steps since its last checkpoint again, and writes their lines again: for each
step the last line holds (the numbers are the same).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PLAN, LOG, STATE, EVALUATION, PAUSE = "plan.json", "log.jsonl", "state.json", "evaluation.json", "pause"
CHECKPOINTS, ADAPTER = "checkpoints", "adapter"
EXIT_PAUSED = 75

Phase = Literal["preparing", "training", "evaluating", "paused", "done", "stopped", "failed"]
"""`stopped`: an alarm ended it, `message` says which; `failed`: an error did."""


@dataclass(frozen=True, slots=True)
class RunState:
    phase: Phase
    step: int = 0
    steps: int = 0  # of all phases together
    seconds_left: float | None = None
    message: str = ""  # what happened and what to do next
    at: str = ""  # UTC, ISO
    process: int | None = None  # of the process that runs it, while it runs


@dataclass(frozen=True, slots=True)
class StepTaken:
    """log.jsonl: {"what": "step_taken", …}. `loss` is the mean over the step's answers' tokens."""

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float
    seconds_left: float
    peak_bytes: int
    phase: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """log.jsonl: {"what": "evaluated", …}: on the validation patients."""

    step: int
    metric: str
    value: float
    is_best: bool
    at: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """log.jsonl: {"what": "told", …}: something a person should know; `kind` alarm stops the run."""

    step: int
    kind: Literal["note", "warning", "alarm"]
    text: str
    at: str = ""

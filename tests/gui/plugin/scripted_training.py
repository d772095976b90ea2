"""The training side of a backend that the test plays: what it is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gui.plugin.scripted_backend import ScriptedRun

from inference.errors import UnknownRun
from inference.plain import from_plain
from inference.server.api_examples import PLAN
from inference.server.teaching import places_of
from inference.train_status import (
    Adapters,
    CorrectionsKept,
    Evaluated,
    Expected,
    Means,
    PlanWish,
    RunDetail,
    RunState,
    RunSummary,
    SourceKind,
    StepTaken,
    TeachingCandidate,
    TeachingPlace,
    Told,
    TrainingPlan,
)

EXPECTED = Expected(
    3_900.0, 3 * 2**30, {"train": 400, "val": 50, "test": 90}, ("The language model fits in memory.",)
)
A_PLAN = replace(from_plain(TrainingPlan, PLAN), expected=EXPECTED)
RUN = "20261122-090000-abcdef"
EARLIER = "20261120-090000-abcdef"
KINDS = (SourceKind("folder", "studies with reports"), SourceKind("corrections", "what readers changed"))


def step(number: int, loss: float = 1.0) -> StepTaken:
    return StepTaken(number, loss, 1e-4, 0.5, 60.0, 1000)


def evaluated(number: int, value: float, is_best: bool = False) -> Evaluated:
    return Evaluated(number, "macro_auroc", value, is_best)


def line(one: StepTaken | Evaluated | Told) -> dict[str, Any]:
    names = {StepTaken: "step_taken", Evaluated: "evaluated", Told: "told"}
    return {"what": names[type(one)], **asdict(one)}


def a_run(phase: str = "training", id: str = RUN, **more: Any) -> RunSummary:
    state = {key: more.pop(key) for key in ("step", "steps", "seconds_left", "message") if key in more}
    told = {"is_alive": phase in ("preparing", "training", "evaluating"), "pack": "starter", **more}
    return RunSummary(id, RunState(phase, **{"steps": 200, **state}), **told)


def difference(
    name: str, before: float | None, after: float | None, low: float, high: float, why: str = ""
) -> dict:
    change = None if before is None or after is None else after - before
    numbers = {"low": None if why else low, "high": None if why else high}
    return {
        "name": name,
        "before": before,
        "after": after,
        "change": change,
        **numbers,
        "patients": 60,
        "positives": 12,
        "why_not": why,
    }


def an_outcome(accepted: bool = True) -> dict:
    return {
        "comparison": {
            "films": 90,
            "patients": 80,
            "differences": [
                difference("macro_auroc", 0.71, 0.78, 0.02, 0.12),
                difference("auroc/edema", 0.80, 0.90, 0.03, 0.17),
                difference("auroc/cardiomegaly", 0.75, 0.74, -0.06, 0.05),
                difference("auroc/pneumonia", 0.80, 0.70, -0.18, -0.03),
                difference("auroc/fracture", None, None, 0, 0, "2 patients with it; 8 are needed"),
            ],
        },
        "gate": {
            "accepted": accepted,
            "rules": [
                {
                    "name": "better overall",
                    "kept": True,
                    "said": "Macro AUROC went from 0.71 to 0.78: better.",
                },
                {"name": "pneumonia", "kept": accepted, "said": "AUROC of pneumonia went from 0.80 to 0.70."},
                {"name": "fracture", "kept": None, "said": "Not judged."},
            ],
        },
    }


@dataclass
class ScriptedTraining:
    """Keeps the contract of `plugin.training.door.Training`; the test sets what it tells."""

    told: Means = field(default_factory=lambda: Means(KINDS, CorrectionsKept(12, 9, 15)))
    known_runs: dict[str, RunSummary] = field(default_factory=dict)
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: list[ScriptedRun] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    active: Adapters = field(default_factory=lambda: Adapters("starter-test"))
    error: BaseException | None = None  # of the next question
    watch_error: BaseException | None = None  # for as long as it stands here

    def add(self, run: RunSummary, *lines: StepTaken | Evaluated | Told) -> None:
        self.known_runs[run.id] = run
        self.lines.setdefault(run.id, []).extend(line(one) for one in lines)

    def means(self) -> Means:
        self._note("means", None)
        return self.told

    def examine(self, data: Sequence[str]) -> ScriptedRun:
        return self._job("examine", tuple(data))

    def plan(self, wish: PlanWish) -> ScriptedRun:
        return self._job("plan", wish)

    def evaluate(self, id: str) -> ScriptedRun:
        return self._job("evaluate", id)

    def teaching_order(
        self, candidates: Sequence[TeachingCandidate], known: Sequence[str] = ()
    ) -> tuple[TeachingPlace, ...]:
        self._note("teaching", tuple(candidates))
        return places_of(candidates, "uncertainty_then_novelty", {})

    def compare(self, id: str, study_id: str) -> ScriptedRun:
        return self._job("compare", (id, study_id))

    def promote(self, id: str) -> ScriptedRun:
        return self._job("promote", id)

    def adapters(self, pack: str = "") -> Adapters:
        return self.active

    def roll_back(self, pack: str = "") -> Adapters:
        self._note("rollback", pack)
        self.active = replace(self.active, active="")
        return self.active

    def runs(self) -> tuple[RunSummary, ...]:
        return tuple(sorted(self.known_runs.values(), key=lambda run: run.id, reverse=True))

    def run(self, id: str, after: int = 0) -> RunDetail:
        if self.watch_error is not None:
            raise self.watch_error
        if id not in self.known_runs:
            raise UnknownRun("There is no such training run.")
        lines = tuple(self.lines.get(id, ()))
        first = after if after <= len(lines) else 0
        return RunDetail(
            self.known_runs[id], A_PLAN, first, len(lines), lines[first:], self.outcomes.get(id, {})
        )

    def start(self, plan: TrainingPlan) -> RunSummary:
        self._note("start", plan)
        self.add(a_run("preparing"))
        return self.known_runs[RUN]

    def pause(self, id: str) -> RunSummary:
        self._note("pause", id)
        return self._become(id, "paused", is_alive=False)

    def resume(self, id: str) -> RunSummary:
        self._note("resume", id)
        return self._become(id, "training", is_alive=True)

    def _become(self, id: str, phase: str, is_alive: bool) -> RunSummary:
        run = self.known_runs[id]
        self.known_runs[id] = replace(run, state=replace(run.state, phase=phase), is_alive=is_alive)
        return self.known_runs[id]

    def _job(self, what: str, asked: Any) -> ScriptedRun:
        self._note(what, asked)
        self.jobs.append(ScriptedRun(asked))
        return self.jobs[-1]

    def _note(self, what: str, asked: Any) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.asked.append((what, asked))

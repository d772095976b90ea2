"""From phase to phase and step to step: when to judge, to save, to stop. Everything that it decides is told."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

from inference.training.loop.alarms import Alarm, check_falling
from inference.training.loop.clock import Clock
from inference.training.loop.course import Course
from inference.training.loop.interruptions import Interruptions, Wish
from inference.training.loop.journal import Journal
from inference.training.loop.judge import NothingToJudge, check_judgeable
from inference.training.loop.keeper import Keeper
from inference.training.loop.memory import peak_bytes
from inference.training.loop.phase_run import PhaseRun
from inference.training.loop.processes import Processes
from inference.training.loop.progress import (
    Progress,
    after_evaluation,
    after_phase,
    is_patience_over,
)
from inference.training.run_folder import Evaluated, StepTaken

Ending = Literal["done", "paused", "yielded"]

ROOM_POLL_S = 10.0
"""How often a full disk is tried again at the end of a phase."""

_OTHER_METRIC = "Set metric to loss in plan.json, or give the validation patients more studies; then resume."
_NOBODY_WATCHES = (
    "No patient is kept aside to judge the training by: it is not evaluated and does not stop early."
)


class CarryOut:
    """A run under way. `go()` ends when the plan is carried out, or somebody wishes it to stop.

    Args:
        folder: RUN; its checkpoints are gone on from.
        interruptions: Asked after each step.
    """

    def __init__(
        self,
        folder: Path,
        course: Course,
        processes: Processes,
        journal: Journal,
        interruptions: Interruptions,
    ) -> None:
        self._course, self._processes, self._journal = course, processes, journal
        self._interruptions = interruptions
        self._keeper = Keeper(folder, course.plan, processes, journal)
        self._clock = Clock()
        self._told_unreadable = False

    def go(self) -> Ending:
        """Raises Alarm, NoRoom, and whatever the learner and the data raise."""
        checkpoint = self._keeper.latest()
        progress = checkpoint.progress if checkpoint else Progress()
        phases = self._course.plan.phases
        while progress.phase < len(phases):
            if progress.is_phase_over:
                progress, checkpoint = after_phase(progress), None
                continue
            run = PhaseRun(self._course, progress, self._processes, self._keeper.begin(progress), checkpoint)
            try:
                ending = self._carry_out(run)
            finally:
                run.close()
            if ending != "done":
                return ending
            progress = run.progress
            del run  # its learner goes before the next one is loaded
        return "done"

    # ── a phase ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, run: PhaseRun) -> Ending:
        self._begin_phase(run)
        while run.progress.step_of_phase < run.phase.steps and not is_patience_over(run.progress, run.phase):
            wish = self._step(run)
            is_best = self._judge_if_due(run)
            if wish:
                self._keeper.save(run, is_last_chance=True)
                return "paused" if wish == "pause" else "yielded"
            if is_best or self._keeper.is_due(run):
                self._keeper.save(run)
            check_falling(run.progress, run.phase)
        self._end_phase(run)
        return "done"

    def _begin_phase(self, run: PhaseRun) -> None:
        try:
            if run.material.validation:
                check_judgeable(run.material.validation, run.phase)
        except NothingToJudge as error:
            raise Alarm(f"{error} {_OTHER_METRIC}") from error
        if run.progress.step_of_phase == 0:
            for note in run.material.notes:
                self._journal.tell(run.progress.step, "note", note)
            if not run.material.validation:
                self._journal.tell(run.progress.step, "warning", _NOBODY_WATCHES)
        self._show(run, "training")

    def _step(self, run: PhaseRun) -> Wish:
        began = time.monotonic()
        taken = run.take_step(lambda: self._give_way(run), self._wishes)
        if taken is None:
            self._shrink(run)
            return ""
        self._clock.add_step(time.monotonic() - began)
        progress = run.progress
        self._journal.write(
            StepTaken(
                progress.step,
                taken.loss,
                taken.learning_rate,
                taken.gradient_norm,
                self._seconds_left(run) or 0.0,
                peak_bytes(self._processes.device),
                run.phase.name,
            )
        )
        self._note_unreadable(run)
        self._show(run, "training")
        pause, give_way = taken.wishes
        return "pause" if pause else "yield" if give_way else ""

    def _wishes(self) -> tuple[float, float]:
        wish = self._interruptions.wish()
        return float(wish == "pause"), float(wish == "yield")

    def _give_way(self, run: PhaseRun) -> None:
        def is_waiting(waits: bool) -> None:
            if waits:
                self._show(run, "training", "Waits while a study is read; goes on by itself.")
            else:
                self._show(run, "training")

        self._interruptions.give_way(is_waiting)

    def _note_unreadable(self, run: PhaseRun) -> None:
        """Tell of the first film that can't be read."""
        progress = run.progress
        if progress.unreadable and not self._told_unreadable:
            self._told_unreadable = True
            self._journal.tell(
                progress.step,
                "warning",
                "A film can't be read; samples with such films are left out. `sidelight train doctor` names them.",
            )

    def _shrink(self, run: PhaseRun) -> None:
        before = run.micro_batch
        if before == 1:
            raise Alarm(
                f"The memory does not suffice for a single sample at step {run.progress.step + 1}. In plan.json, "
                "shorten max_length, set gradient_checkpointing to true, or choose storage nf4; then resume."
            )
        run.shrink()
        self._journal.tell(
            run.progress.step,
            "warning",
            f"The memory did not suffice for {before} samples at a time: from here {run.micro_batch}, as many more "
            "times per step. The result is the same; a step takes a little longer.",
        )

    def _judge_if_due(self, run: PhaseRun) -> bool:
        """True if this is the best so far."""
        every, progress = run.phase.evaluate_every, run.progress
        is_last = progress.step_of_phase == run.phase.steps
        is_due = is_last or (every and progress.step_of_phase % every == 0)
        if not is_due or progress.evaluated_step == progress.step or not run.material.validation:
            return False
        self._show(run, "evaluating")
        began = time.monotonic()
        try:
            value = run.judge()
        except NothingToJudge as error:
            raise Alarm(f"{error} {_OTHER_METRIC}") from error
        self._clock.add_evaluation(time.monotonic() - began)
        run.progress = after_evaluation(progress, run.phase.metric, value)
        is_best = run.progress.best_step == progress.step
        self._journal.write(Evaluated(progress.step, run.phase.metric, value, is_best))
        return is_best

    def _end_phase(self, run: PhaseRun) -> None:
        """Take the phase's best weights, keep them as an adapter, and note that the phase is over."""
        progress = run.progress
        if is_patience_over(progress, run.phase):
            self._journal.tell(
                progress.step,
                "note",
                f"Stopped early: {progress.misses} evaluations without improvement. The best was at step "
                f"{progress.best_step}.",
            )
        best = self._keeper.best(run) if progress.best_step not in (0, progress.step) else None
        if best is not None:
            run.learner.load_state(best.weights)
        run.progress = replace(progress, is_phase_over=True)
        self._keeper.finish(run, lambda why: self._wait_for_room(run, why))

    def _wait_for_room(self, run: PhaseRun, why: str) -> bool:
        """What was learnt is in memory still: better to wait than to lose it. False: somebody wants a pause."""
        self._show(run, "training", f"{why} Make room: it then goes on by itself.")
        return self._interruptions.rest(ROOM_POLL_S)

    # ── what is told ────────────────────────────────────────────────────────────────────────────────────────────

    def _show(self, run: PhaseRun, phase: Literal["training", "evaluating"], message: str = "") -> None:
        self._journal.show(
            phase,
            step=run.progress.step,
            steps=self._steps(run),
            seconds_left=self._seconds_left(run),
            message=message,
        )

    def _steps(self, run: PhaseRun) -> int:
        """Steps of the whole run, as far as can be said: a phase may have ended early."""
        later = self._course.plan.phases[run.progress.phase + 1 :]
        left = run.phase.steps - run.progress.step_of_phase
        return run.progress.step + left + sum(phase.steps for phase in later)

    def _seconds_left(self, run: PhaseRun) -> float | None:
        phases = self._course.plan.phases[run.progress.phase :]
        evaluations = sum(
            phase.steps // phase.evaluate_every if phase.evaluate_every else 1 for phase in phases
        )
        if run.phase.evaluate_every:
            evaluations -= run.progress.step_of_phase // run.phase.evaluate_every
        return self._clock.seconds_left(self._steps(run) - run.progress.step, evaluations)

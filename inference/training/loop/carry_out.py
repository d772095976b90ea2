"""From phase to phase and step to step: when to judge, to save, to stop. Everything that it decides is told."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError

from inference.plain import to_plain
from inference.training.loop.alarms import Alarm, check_falling
from inference.training.loop.checkpoints import Checkpoint, CheckpointFolder, Damaged, SaveFailed
from inference.training.loop.clock import Clock
from inference.training.loop.course import Course
from inference.training.loop.interruptions import Interruptions, Wish
from inference.training.loop.journal import Journal
from inference.training.loop.judge import NothingToJudge, check_judgeable
from inference.training.loop.memory import peak_bytes
from inference.training.loop.phase_run import PhaseRun
from inference.training.loop.processes import Processes
from inference.training.loop.progress import (
    Progress,
    after_evaluation,
    after_phase,
    is_flat_due,
    is_patience_over,
)
from inference.training.plan import TrainingPlan
from inference.training.run_folder import ADAPTER, CHECKPOINTS, Evaluated, StepTaken

Ending = Literal["done", "paused", "yielded"]


_OTHER_METRIC = "Set metric to loss in plan.json, or give the validation patients more studies; then resume."
_NOBODY_WATCHES = (
    "No patient is kept aside to judge the training by: it is not evaluated and does not stop early."
)


class NoRoom(Exception):
    """What has been learnt can't be written; the message says what to do."""


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
        self._folder, self._course, self._processes, self._journal = folder, course, processes, journal
        self._interruptions = interruptions
        self._plan_sha256 = plan_sha256(course.plan)
        self._checkpoints = CheckpointFolder(folder / CHECKPOINTS)
        self._clock = Clock()
        self._saved_step = -1
        self._told_unreadable = False
        self._retry_at: int | None = None  # step at which a failed save is tried again

    def go(self) -> Ending:
        """Raises Alarm, NoRoom, and whatever the learner and the data raise."""
        if self._processes.is_main:
            self._checkpoints.clear_partial()
        self._processes.wait()
        checkpoint = self._latest()
        progress = checkpoint.progress if checkpoint else Progress()
        phases = self._course.plan.phases
        while progress.phase < len(phases):
            if progress.is_phase_over:
                progress, checkpoint = after_phase(progress), None
                continue
            run = PhaseRun(self._course, progress, self._processes, self._begin(progress), checkpoint)
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
                self._save(run, is_last_chance=True)
                return "paused" if wish == "pause" else "yielded"
            if is_best or self._is_save_due(run):
                self._save(run)
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
        best = self._best(run) if progress.best_step not in (0, progress.step) else None
        if best is not None:
            run.learner.load_state(best.weights)
        run.progress = replace(progress, is_phase_over=True)
        if self._processes.is_main:
            try:
                self._write_adapter(run, self._adapter(progress.phase))
            except (OSError, SafetensorError) as error:
                raise NoRoom(
                    f"What was learnt could not be written ({type(error).__name__}). Make room on the disk of the "
                    f"run's folder, then resume: it goes on from step {max(self._saved_step, 0)}."
                ) from error
        self._processes.wait()
        self._save(run, is_last_chance=True)
        if self._processes.is_main and self._adapter(progress.phase).name == ADAPTER:
            run.material.wipe()

    def _best(self, run: PhaseRun) -> Checkpoint | None:
        try:
            return self._checkpoints.load(run.progress.best_step)
        except Damaged as error:
            self._journal.tell(
                run.progress.step,
                "warning",
                f"The best weights, of step {run.progress.best_step}, can't be used: {error}. The last ones are "
                "taken instead.",
            )
            return None

    # ── what is written ─────────────────────────────────────────────────────────────────────────────────────────

    def _is_save_due(self, run: PhaseRun) -> bool:
        """As planned, after a save that failed, and where `check_falling` may end the run: it is resumed behind it."""
        progress, phase = run.progress, run.phase
        is_planned = progress.step_of_phase % max(1, phase.save_every) == 0
        return is_planned or progress.step == self._retry_at or is_flat_due(progress, phase)

    def _save(self, run: PhaseRun, *, is_last_chance: bool = False) -> None:
        """Write a checkpoint. A failure is told and tried again soon; where no later one will come it is raised.

        Raises:
            NoRoom: In the main process, if `is_last_chance`.
        """
        step, self._retry_at = run.progress.step, None
        if self._processes.is_main:
            try:
                self._checkpoints.save(run.checkpoint(self._plan_sha256))
                self._saved_step = step
            except SaveFailed as error:
                self._retry_at = step + max(1, run.phase.save_every // 5)
                said = f"{error} The checkpoint of step {step} was not written; the one before is whole"
                if is_last_chance:
                    raise NoRoom(
                        f"{said}. Make room, then resume: it goes on from step {max(self._saved_step, 0)}."
                    ) from error
                self._journal.tell(
                    step, "warning", f"{said}. The run goes on and tries again at step {self._retry_at}."
                )
        self._processes.wait()

    def _write_adapter(self, run: PhaseRun, place: Path) -> None:
        """Write aside and rename; what is in place is whole or not there."""
        partial = place.with_name(f".{place.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        run.learner.save_adapter(partial)
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)

    def _adapter(self, phase: int) -> Path:
        """Where the adapter of a phase lies: the last one's is what the run is for."""
        is_last = phase == len(self._course.plan.phases) - 1
        return self._folder / (ADAPTER if is_last else f"adapter-of-phase-{phase + 1}")

    def _begin(self, progress: Progress) -> Path | None:
        return self._adapter(progress.phase - 1) if progress.phase else None

    def _latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; each that is not is told."""
        for step in self._checkpoints.steps():
            try:
                checkpoint = self._checkpoints.load(step)
            except Damaged as error:
                self._journal.tell(step, "warning", f"A checkpoint was passed over: {error}.")
                continue
            self._saved_step = step
            changed = "" if checkpoint.plan_sha256 == self._plan_sha256 else " plan.json was changed since."
            self._journal.tell(step, "note", f"Goes on after step {step}.{changed}")
            return checkpoint
        return None

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


def plan_sha256(plan: TrainingPlan) -> str:
    """Of everything that decides a run: not of what was expected of it."""
    text = json.dumps(to_plain(replace(plan, expected=None)), sort_keys=True)
    return sha256(text.encode()).hexdigest()

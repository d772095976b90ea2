"""What a run keeps, and when: its checkpoints, the adapter of each phase, and the best weights to come back to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from safetensors import SafetensorError

from inference.plain import to_plain
from inference.training.loop.checkpoints import Checkpoint, CheckpointFolder, Damaged, SaveFailed
from inference.training.loop.journal import Journal
from inference.training.loop.phase_run import PhaseRun
from inference.training.loop.processes import Processes
from inference.training.loop.progress import Progress, is_flat_due
from inference.training.plan import TrainingPlan
from inference.training.run_folder import ADAPTER, CHECKPOINTS


class NoRoom(Exception):
    """What has been learnt can't be written; the message says what to do."""


class Keeper:
    """Writes in the main process; all processes read, and wait for what is written."""

    def __init__(self, folder: Path, plan: TrainingPlan, processes: Processes, journal: Journal) -> None:
        self._folder, self._processes, self._journal = folder, processes, journal
        self._checkpoints = CheckpointFolder(folder / CHECKPOINTS)
        self._phases, self._plan_sha256 = len(plan.phases), plan_sha256(plan)
        self._saved_step, self._is_failing = 0, False
        self._retry_at: int | None = None  # step at which a save that failed is tried again

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; each that is not is told. None: the run begins anew."""
        if self._processes.is_main:
            self._checkpoints.clear_partial()
        self._processes.wait()
        steps = self._checkpoints.steps()
        for step in steps:
            try:
                checkpoint = self._checkpoints.load(step)
            except Damaged as error:
                self._journal.tell(step, "warning", f"A checkpoint was passed over: {error}.")
                continue
            self._saved_step = step
            changed = "" if checkpoint.plan_sha256 == self._plan_sha256 else " plan.json was changed since."
            self._journal.tell(step, "note", f"Goes on after step {step}.{changed}")
            return checkpoint
        if steps:
            self._journal.tell(0, "warning", "No checkpoint is whole: the run begins anew.")
        return None

    def is_due(self, run: PhaseRun) -> bool:
        """As planned, after a save that failed, and where `check_falling` may end the run: it is resumed behind it."""
        progress, phase = run.progress, run.phase
        is_planned = progress.step_of_phase % max(1, phase.save_every) == 0
        return is_planned or progress.step == self._retry_at or is_flat_due(progress, phase)

    def save(self, run: PhaseRun, *, is_last_chance: bool = False) -> None:
        """Write a checkpoint. A failure is told and tried again soon; where no later one will come it is raised.

        Raises:
            NoRoom: In the main process, if `is_last_chance`.
        """
        step, self._retry_at = run.progress.step, None
        if self._processes.is_main:
            try:
                self._checkpoints.save(run.checkpoint(self._plan_sha256))
                self._note_saved(step)
            except SaveFailed as error:
                self._retry_at = step + max(1, run.phase.save_every // 5)
                said = f"{error} The checkpoint of step {step} was not written; the one before is whole"
                if is_last_chance:
                    raise NoRoom(f"{said}. {self._make_room}") from error
                self._note_failed(step, f"{said}. The run goes on and tries again every few steps.")
        self._processes.wait()

    def _note_saved(self, step: int) -> None:
        self._saved_step = step
        if self._is_failing:
            self._is_failing = False
            self._journal.tell(
                step, "note", f"There is room again: the checkpoint of step {step} was written."
            )

    def _note_failed(self, step: int, words: str) -> None:
        """Tell of the first failure in a row."""
        if not self._is_failing:
            self._is_failing = True
            self._journal.tell(step, "warning", words)

    def best(self, run: PhaseRun) -> Checkpoint | None:
        """The phase's best checkpoint; None, and told, where it can't be used."""
        progress = run.progress
        try:
            return self._checkpoints.load(progress.best_step)
        except Damaged as error:
            self._journal.tell(
                progress.step,
                "warning",
                f"The best weights, of step {progress.best_step}, can't be used: {error}. The last ones are taken.",
            )
            return None

    def finish(self, run: PhaseRun, wait_for_room: Callable[[str], bool]) -> None:
        """Write the adapter of a phase that is over, then its last checkpoint.

        Args:
            wait_for_room: Called in the main process with what is wrong, as often as there is no room; False gives up.

        Raises:
            NoRoom: It gave up. What was learnt since the last checkpoint is learnt again after a resume.
        """
        place = self._adapter(run.progress.phase)
        if self._processes.is_main:
            self._write_once_there_is_room(lambda: _write_adapter(run, place), wait_for_room)
        self._processes.wait()
        if self._processes.is_main:
            last = run.checkpoint(self._plan_sha256)
            self._write_once_there_is_room(lambda: self._checkpoints.save(last), wait_for_room)
            self._note_saved(run.progress.step)
        self._processes.wait()
        if self._processes.is_main and place.name == ADAPTER:
            run.material.wipe()

    def _write_once_there_is_room(
        self, write: Callable[[], object], wait_for_room: Callable[[str], bool]
    ) -> None:
        while True:
            try:
                write()
                return
            except (OSError, SafetensorError, SaveFailed) as error:
                why = str(error) if isinstance(error, SaveFailed) else "The disk of the run's folder is full."
                if not wait_for_room(f"What was learnt could not be written. {why}"):
                    raise NoRoom(f"What was learnt could not be written. {why} {self._make_room}") from error

    def begin(self, progress: Progress) -> Path | None:
        """The adapter that a phase begins with: that of the phase before."""
        return self._adapter(progress.phase - 1) if progress.phase else None

    @property
    def _make_room(self) -> str:
        return (
            "Make room on the disk of the run's folder, then resume: it goes on from step "
            f"{self._saved_step}."
        )

    def _adapter(self, phase: int) -> Path:
        """The last phase's is what the run is for."""
        return self._folder / (ADAPTER if phase == self._phases - 1 else f"adapter-of-phase-{phase + 1}")


def _write_adapter(run: PhaseRun, place: Path) -> None:
    """Write aside and rename; what is in place is whole or not there."""
    partial = place.with_name(f".{place.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    run.learner.save_adapter(partial)
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)


def plan_sha256(plan: TrainingPlan) -> str:
    """Of everything that decides a run: not of what was expected of it."""
    text = json.dumps(to_plain(replace(plan, expected=None)), sort_keys=True)
    return sha256(text.encode()).hexdigest()

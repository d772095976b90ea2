"""Carries out the plan of a run: steps, checkpoints, alarms. `run(folder)` starts it or goes on where it was.

One process, several, or several machines: `accelerate launch -m inference.training.loop RUN`, with RUN on a disk that
all of them share; each step then costs one sum of the gradients, whatever the number of micro-batches. Without torch
until a run begins, so that whoever only asks (`yielding`, exit codes) is quick.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.run_folder import EXIT_PAUSED

DONE, FAILED, REFUSED, STOPPED, PAUSED = 0, 1, 2, 3, EXIT_PAUSED
"""Exit codes: the plan was carried out; an error; it could not begin; an alarm ended it; it can go on later."""

__all__ = ["DONE", "FAILED", "PAUSED", "REFUSED", "STOPPED", "run"]


def run(folder: Path) -> int:
    """Carry out RUN/plan.json from its last whole checkpoint, or from the beginning; returns an exit code.

    Whatever happens is told in RUN/state.json and RUN/log.jsonl. While RUN/pause exists nothing is begun. Where a
    reading needs the graphics card the run saves, frees it by replacing this process, and goes on by itself.
    """
    from inference.training.loop.legs import run_legs

    return run_legs(folder)

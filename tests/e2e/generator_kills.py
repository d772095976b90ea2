"""Carries out one small training of a generator undisturbed, and one whose process is killed at a step drawn by lot.

PYTHONPATH=.:tests python tests/e2e/generator_kills.py FOLDER SEED

FOLDER/whole and FOLDER/killed are the two runs. A fork of this process carries out each leg: torch is imported once. It
dies of a real SIGKILL, in the middle of a forward pass.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch
import torch._dynamo  # what the first optimizer imports
from generator_kit import DrawnCourse, tiny_base, tiny_plan

from inference.synthesis.training.learner import FilmLearner
from inference.training.loop import legs
from inference.training.loop.legs import run_legs
from inference.training.planning.plan_file import write_plan

STEPS, SAVED = 7, 3
FATAL = [  # forward passes, two of each step, after which a step has to be taken again
    at for at in range(5, 2 * STEPS) if ((at + 1) // 2 - 1) % SAVED
]

legs.be_humble = lambda: None


def leg(folder: Path, fatal: int | None) -> int:
    """Carry the run out in a fork that dies before forward pass `fatal`; returns the process's status."""
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        count, forward = 0, FilmLearner.forward

        def counted(learner: FilmLearner, batch: object) -> object:
            nonlocal count
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return forward(learner, batch)

        FilmLearner.forward = counted
        os._exit(run_legs(folder, DrawnCourse))
    return os.waitpid(child, 0)[1]


def main(folder: Path, seed: int) -> None:
    plan = tiny_plan(tiny_base(folder / "base"), evaluate_every=0)
    plan = replace(plan, phases=(replace(plan.phases[0], steps=STEPS, save_every=SAVED),))
    for name in ("whole", "killed"):
        write_plan(folder / name / "plan.json", plan)
    fatal = random.Random(seed).choice(FATAL)
    assert leg(folder / "whole", None) == 0
    assert leg(folder / "killed", fatal) == signal.SIGKILL
    assert json.loads((folder / "killed" / "state.json").read_text())["phase"] == "training"
    assert leg(folder / "killed", None) == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

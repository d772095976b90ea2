"""Carries out one small run undisturbed, and one that is killed again and again at moments drawn by lot.

PYTHONPATH=.:tests python tests/e2e/loop_kills.py FOLDER KILLS SEED

FOLDER/whole and FOLDER/killed are the two runs; FOLDER/deaths.json says where in its log the process died each time. A
fork of this process carries out each leg: torch is imported once. It dies of a real SIGKILL, at the n-th of all moments
that matter: a forward pass, a write, a rename, a file made durable.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import accelerate  # noqa: F401  # imported once, for all forks
import torch._dynamo  # noqa: F401  # what the first optimizer imports
from tiny_course import PHASE, TinyCourse, TinyLearner, tiny_plan, write_plan

from inference.training.loop import checkpoints, journal, legs
from inference.training.loop.legs import run_legs

FIRST = replace(PHASE, name="abstractor", steps=12, save_every=5, evaluate_every=4)
SECOND = replace(PHASE, steps=24, save_every=3, evaluate_every=8)


legs.be_humble = lambda: None  # the other processes of the tests are no readers


class Fate:
    """Counts moments; at the fatal one the process dies."""

    def __init__(self, fatal: int | None) -> None:
        self.count, self._fatal = 0, fatal

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self._fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return counted


def leg(folder: Path, fatal: int | None) -> int | None:
    """Carry out the run in a fork; its moments if it came to an end, None if it was killed."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        fate = Fate(fatal)
        TinyLearner.forward = fate.before(TinyLearner.forward)  # type: ignore[method-assign]
        checkpoints._Hashed.write = fate.before(checkpoints._Hashed.write)  # type: ignore[method-assign]
        journal.Journal._append = fate.before(journal.Journal._append)  # type: ignore[method-assign]
        os.fsync, os.rename, os.rmdir = map(fate.before, (os.fsync, os.rename, os.rmdir))
        code = run_legs(folder, TinyCourse)
        os.write(writes, str(fate.count).encode())
        os._exit(code)
    os.close(writes)
    said = os.read(reads, 100)
    os.close(reads)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return None
    assert os.WEXITSTATUS(status) == 0, status
    return int(said)


def main(folder: Path, kills: int, seed: int) -> None:
    plan = tiny_plan(FIRST, SECOND)
    moments = leg(write_plan(folder / "whole", plan), None)
    assert moments is not None
    lot = random.Random(seed)
    killed = write_plan(folder / "killed", plan)
    deaths: list[int] = []
    while len(deaths) < kills:
        # A leg has to come to its next checkpoint now and then, or the run never gets on.
        assert leg(killed, lot.randint(1, moments // 10)) is None, (
            "it came to its end before it was killed often"
        )
        deaths.append(len((killed / "log.jsonl").read_text().splitlines()))
    leg(killed, None)
    (folder / "deaths.json").write_text(json.dumps({"moments": moments, "lines": deaths}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""A training run that is killed at twenty moments drawn by lot ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

KILLS = 20
SCRIPT = Path(__file__).with_name("loop_kills.py")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks, which Windows does not")


def rows(folder: Path, what: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [row for row in found if row["what"] == what]


def numbers(folder: Path) -> dict[tuple[str, int], tuple[float, ...]]:
    """What each step and each evaluation came to; one that was taken again came to the same, to the bit."""
    found: dict[tuple[str, int], tuple[float, ...]] = {}
    for row in rows(folder, "step_taken"):
        came_to = (row["loss"], row["gradient_norm"], row["learning_rate"])
        assert found.setdefault(("step", row["step"]), came_to) == came_to
    for row in rows(folder, "evaluated"):
        assert found.setdefault(("judged", row["step"]), (row["value"],)) == (row["value"],)
    return found


def test_a_run_that_is_killed_twenty_times_has_the_losses_and_weights_of_one_that_never_was(tmp_path):
    paths = os.pathsep.join(str(SCRIPT.parents[up]) for up in (2, 1))
    words = [sys.executable, str(SCRIPT), str(tmp_path), str(KILLS), "1"]
    subprocess.run(words, check=True, timeout=300, env={**os.environ, "PYTHONPATH": paths})
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    deaths = json.loads((tmp_path / "deaths.json").read_text())["lines"]

    assert len(deaths) == KILLS
    assert len(set(deaths)) > KILLS / 2, "it died in the same place again and again"
    assert len(numbers(whole)) == 36 + 6
    assert numbers(killed) == numbers(whole)
    taken = Counter(row["step"] for row in rows(killed, "step_taken"))
    assert max(taken.values()) > 1, "no step was ever taken again"
    ours, theirs = (load_file(one / "adapter" / "adapter_model.safetensors") for one in (killed, whole))
    assert ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)
    assert json.loads((killed / "state.json").read_text())["phase"] == "done"
    left = sorted(one.name for one in (killed / "checkpoints").iterdir())
    assert not [name for name in left if name.startswith(".")]

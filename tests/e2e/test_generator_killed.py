"""The training of a generator that is killed at a step drawn by lot and goes on ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

SCRIPT = Path(__file__).with_name("generator_kills.py")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks, which Windows does not")


def losses(run: Path) -> list[tuple[int, float]]:
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows if row["what"] == "step_taken"]


def test_a_killed_and_resumed_training_has_the_weights_of_one_that_never_was(tmp_path):
    paths = os.pathsep.join(str(SCRIPT.parents[up]) for up in (2, 1))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), "4"], check=True, timeout=500, env=environment
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"

    assert len(losses(killed)) > len(losses(whole)) == 7, "no step was taken again"
    assert set(losses(killed)) == set(losses(whole))
    ours, theirs = (load_file(one / "adapter" / "adapter_model.safetensors") for one in (killed, whole))
    assert ours.keys() == theirs.keys()
    assert all(bool((ours[name] == theirs[name]).all()) for name in ours)
    newest = [max((one / "checkpoints").iterdir()) / "weights.safetensors" for one in (killed, whole)]
    kept, other = (load_file(one) for one in newest)
    assert all(bool((kept[name] == other[name]).all()) for name in kept), "weights, average and its count"

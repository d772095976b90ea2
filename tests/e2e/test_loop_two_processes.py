"""Two processes under `accelerate launch` train as one does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from planted_rule import planted_plan, write_films, write_run
from tiny_pack import make_tiny_pack

from inference.training.loop import DONE
from inference.training.loop.legs import run_legs

ROOT = Path(__file__).parents[2]


def lines(run: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def numbers(row: dict[str, object]) -> dict[str, object]:
    return {
        name: row[name] for name in ("step", "loss", "gradient_norm", "learning_rate", "value") if name in row
    }


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def launch(run: Path, processes: int) -> None:
    words = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--cpu",
        "--num_machines",
        "1",
        "--mixed_precision",
    ]
    words += [
        "no",
        "--dynamo_backend",
        "no",
        "--num_processes",
        str(processes),
        "--main_process_ip",
        "127.0.0.1",
    ]
    words += ["--main_process_port", str(free_port()), "-m", "inference.training.loop", str(run)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    subprocess.run(words, check=True, timeout=300, cwd=run, env=environment)


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback device has another name elsewhere")
def test_two_processes_have_the_losses_and_the_metric_of_one(tmp_path, monkeypatch):
    """The real learner, dropout and all. Six samples by twos: one process has a micro-batch more than the other."""
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)
    pack, films = make_tiny_pack(tmp_path / "pack"), write_films(tmp_path / "films", 16, 6)
    plan = planted_plan(films, 4, str(pack), batch=6, micro_batch=2, metric="loss", learning_rate=5e-3)
    one, two = (write_run(tmp_path / name, plan) for name in ("one", "two"))

    assert run_legs(one) == DONE
    launch(two, 2)

    ours, theirs = lines(two), lines(one)
    assert [row["what"] for row in ours] == [row["what"] for row in theirs]
    for our, their in zip(ours, theirs, strict=True):
        assert numbers(our) == pytest.approx(numbers(their), rel=1e-4)
    assert (two / "adapter" / "adapter_model.safetensors").is_file()

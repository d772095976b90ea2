"""Two processes under `accelerate launch`, and one that was interrupted, train as one does: with the real learner."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from planted_rule import planted_plan, write_films, write_run
from safetensors.torch import load_file
from tiny_pack import make_tiny_pack

from inference.training.loop import DONE, PAUSED
from inference.training.loop.interruptions import Interruptions
from inference.training.loop.legs import run_legs
from inference.training.plan import TrainingPlan

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


@pytest.fixture(autouse=True)
def _one_thread_of_its_own_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> TrainingPlan:
    """The real learner, dropout and all. Six samples by twos: of two processes one has a micro-batch more."""
    folder = tmp_path_factory.mktemp("two")
    pack, films = make_tiny_pack(folder / "pack"), write_films(folder / "films", 16, 6)
    return planted_plan(
        films, 4, str(pack), batch=6, micro_batch=2, metric="loss", learning_rate=5e-3, warm_up=1
    )


@pytest.fixture
def one(plan: TrainingPlan, tmp_path: Path) -> Path:
    """A run of one process."""
    run = write_run(tmp_path / "one", plan)
    assert run_legs(run) == DONE
    return run


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback device has another name elsewhere")
def test_two_processes_have_the_losses_and_the_metric_of_one(tmp_path, plan, one):
    two = write_run(tmp_path / "two", plan)
    launch(two, 2)

    ours, theirs = lines(two), lines(one)
    assert [row["what"] for row in ours] == [row["what"] for row in theirs]
    for our, their in zip(ours, theirs, strict=True):
        assert numbers(our) == pytest.approx(numbers(their), rel=1e-4)
    assert (two / "adapter" / "adapter_model.safetensors").is_file()


def test_the_real_learner_goes_on_after_a_pause_as_if_there_had_been_none(tmp_path, monkeypatch, plan, one):
    parted = write_run(tmp_path / "parted", plan)
    wishes = iter(["", "pause"])
    monkeypatch.setattr(Interruptions, "wish", lambda self: next(wishes, ""))

    assert run_legs(parted) == PAUSED
    assert [row["step"] for row in lines(parted) if row["what"] == "step_taken"] == [1, 2]
    assert run_legs(parted) == DONE

    taken = [numbers(row) for row in lines(parted) if row["what"] != "told"]
    assert taken == [numbers(row) for row in lines(one)]
    ours, theirs = (load_file(run / "adapter" / "adapter_model.safetensors") for run in (parted, one))
    assert ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)

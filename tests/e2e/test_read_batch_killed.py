"""`sidelight read` over six studies as a real process that is killed or asked to stop, and then goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.factories.batches import write_studies
from tests.fake_server import wait_until

COUNT = 6
COMMAND = (sys.executable, str(Path(__file__).with_name("fake_read.py")), "read")


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    return write_studies(tmp_path_factory.mktemp("films"), COUNT)


@dataclass
class Batch:
    """One results folder, and the runs into it."""

    films: Path
    out: Path
    log: Path

    def start(self, *words: str, hangs_at: int = 0) -> subprocess.Popen:
        """The run; the backend hangs in the study of that number."""
        return subprocess.Popen(
            [*COMMAND, str(self.films), "--out", str(self.out), "--json-progress", *words],
            env={**os.environ, "FAKE_READ_LOG": str(self.log), "FAKE_READ_HANGS_AT": str(hangs_at)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, list[dict]]:
        with self.start(*words) as process:
            told, said = process.communicate(timeout=120)
        assert "Traceback" not in said
        return process.returncode, [json.loads(line) for line in told.splitlines()]

    @property
    def begun(self) -> Counter:
        """How often each film's study was begun."""
        return Counter(self.log.read_text().split())

    def results(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in self.out.rglob("*")
            if path.is_file() and path.name != "progress.jsonl"
        }


@pytest.fixture
def batch(films, tmp_path) -> Batch:
    return Batch(films, tmp_path / "out", tmp_path / "log")


@pytest.fixture(scope="module")
def whole(films, tmp_path_factory) -> Batch:
    """A run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    batch = Batch(films, folder / "out", folder / "log")
    code, events = batch.run()
    assert code == 0
    assert events[-1] | {"at": ""} == {"event": "ended", "at": "", "exit_code": 0}
    return batch


def wait_for(process: subprocess.Popen, event: str, count: int) -> None:
    """Read the progress until `event` was told `count` times."""
    while count:
        count -= json.loads(process.stdout.readline())["event"] == event


def test_a_killed_run_goes_on_and_every_study_is_read_once(batch, whole):
    with batch.start(hangs_at=4) as process:
        wait_for(process, "stage", 4)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert wait_until(lambda: not any(has_not_ended(child) for child in children), 20)
    assert not (batch.out / "findings.json").exists()  # nothing that could pass for a whole result

    code, events = batch.run("--resume")

    assert code == 0
    assert [one["number"] for one in events if one["event"] == "study_kept"] == [1, 2, 3]
    assert set(batch.begun) == set(whole.begun)
    assert sorted(batch.begun.values()) == [1, 1, 1, 1, 1, 2]  # twice: the one in hand when the process died
    assert batch.results() == whole.results()


def has_not_ended(child: psutil.Process) -> bool:
    return child.is_running() and child.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_stop_stops_at_once_and_keeps_what_it_has(batch, whole, number):
    with batch.start(hangs_at=2) as process:
        wait_for(process, "stage", 2)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        told, said = process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert "Traceback" not in said
    events = [json.loads(line) for line in told.splitlines()]
    assert [one["event"] for one in events[-2:]] == ["finished", "ended"]
    assert events[-1]["exit_code"] == 128 + number
    assert len(json.loads((batch.out / "findings.json").read_text())["films"]) == 1
    assert not any(has_not_ended(child) for child in children)

    if number == signal.SIGTERM:  # once is enough
        code, _ = batch.run("--resume")
        assert code == 0
        assert sum(batch.begun.values()) == COUNT + 1
        assert batch.results() == whole.results()

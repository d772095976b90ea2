"""How training learns that somebody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest

from inference.training.loop import yielding
from inference.training.loop.yielding import (
    at_work,
    at_work_folder,
    is_at_work,
    is_reading,
    wait_for_device,
    wait_for_quiet,
)

OTHER = "import sys; print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def other():
    """A process that lives until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdin is not None
    process.stdout.readline()
    yield process
    process.stdin.close()
    process.wait()
    process.stdout.close()


def says(process: int, device: str, *, work: str = "reading", started: float | None = None) -> None:
    started = psutil.Process(process).create_time() if started is None else started
    at_work_folder().mkdir(parents=True, exist_ok=True)
    values = {"process": process, "started": started, "device": device}
    (at_work_folder() / f"{work}-{process}.json").write_text(json.dumps(values))


def test_another_process_that_reads_is_seen_on_its_device_only(other):
    assert not is_reading("cuda")
    says(other.pid, "cuda")
    assert is_reading("cuda") and is_reading("cuda:1")
    assert not is_reading("cpu")
    assert not is_at_work("training", "cuda")


def test_a_process_that_ended_reads_no_more_though_its_file_is_there(other):
    says(other.pid, "cuda")
    other.stdin.close()
    other.wait()
    assert not is_reading("cuda")


def test_a_later_process_of_the_same_number_is_not_taken_for_it(other):
    says(other.pid, "cuda", started=psutil.Process(other.pid).create_time() - 3600)
    assert not is_reading("cuda")


def test_a_file_that_is_no_such_file_says_nothing():
    at_work_folder().mkdir(parents=True)
    (at_work_folder() / "reading-1.json").write_text("{")
    (at_work_folder() / "reading-2.json").write_text('{"process": "x"}')
    assert not is_reading("cuda")


def test_who_works_says_so_for_just_as_long():
    with at_work("reading", "cuda:0"):
        (path,) = at_work_folder().iterdir()
        assert json.loads(path.read_text())["device"] == "cuda"
        assert json.loads(path.read_text())["process"] == os.getpid()
        assert not is_reading("cuda")  # nobody gives way to itself
    assert not list(at_work_folder().iterdir())


def test_a_home_that_cannot_be_written_stops_nobody(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "file"))
    with at_work("reading", "cuda"):
        assert not is_reading("cuda")


def test_training_comes_back_once_nobody_has_read_for_a_while(other, monkeypatch):
    """The clock is the test's: each look at it is one poll later."""
    now = iter(range(1000))
    monkeypatch.setattr(yielding.time, "monotonic", lambda: float(next(now)))
    polls = []

    def sleep(_: float) -> None:
        polls.append(is_reading("cuda"))
        if len(polls) == 5:
            next(at_work_folder().iterdir()).unlink()

    monkeypatch.setattr(yielding.time, "sleep", sleep)
    says(other.pid, "cuda")

    assert wait_for_quiet("cuda", lambda: False, quiet_s=10)
    assert polls[:5] == [True] * 5 and polls[5:] == [False] * len(polls[5:])
    assert len(polls) >= 5 + 4  # it did not come back at once


def test_training_that_is_paused_meanwhile_does_not_come_back(other):
    says(other.pid, "cuda")
    assert not wait_for_quiet("cuda", lambda: True)


def test_a_reading_waits_for_training_on_a_card_but_never_on_a_processor(other):
    says(other.pid, "cpu", work="training")
    assert wait_for_device("cpu", timeout_s=0)
    assert wait_for_device("cuda", timeout_s=0)
    says(other.pid, "cuda", work="training")
    assert not wait_for_device("cuda", timeout_s=0)

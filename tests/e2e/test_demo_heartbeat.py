"""The main job, as a user meets it: the demo reads a patient with the bundled starter, and talks to nobody outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.backend import DRAFT_MARK, FINDINGS

WITNESS = """
import sys
def witness(event, args):
    if event in ("socket.connect", "socket.sendto"):
        with open({log!r}, "a") as log:
            log.write(repr(args[1]) + chr(10))
sys.addaudithook(witness)
"""


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[subprocess.CompletedProcess[str], Path, list[str]]:
    """The finished demo, its folder, and every address that any of its processes connected to."""
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "connections.txt"
    (folder / "sitecustomize.py").write_text(WITNESS.format(log=str(log)), "utf-8")
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    environment |= {"PYTHONPATH": str(folder), "SIDELIGHT_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "viewer", "demo", "--headless", "--out", str(folder / "out")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    return run, folder / "out" / "reading", log.read_text("utf-8").splitlines() if log.exists() else []


def test_the_demo_reads_its_patient_and_says_where_the_results_are(demo):
    run, results, _ = demo
    assert run.returncode == 0, run.stderr
    assert str(results) in run.stdout
    assert "Traceback" not in run.stderr


def test_the_results_hold_every_finding_boxes_inside_the_film_and_a_report(demo):
    _, results, _ = demo
    told = json.loads((results / "findings.json").read_text("utf-8"))
    (film,) = told["films"]
    assert told["pack"]["id"] == "starter"
    assert told["draft"] is True
    assert [one["name"] for one in film["findings"]] == list(FINDINGS)
    assert any(one["confidence"] is not None for one in film["findings"])
    for x1, y1, x2, y2 in (box for one in film["findings"] for box in one["boxes"]):
        assert 0 <= x1 < x2 <= film["columns"]
        assert 0 <= y1 < y2 <= film["rows"]
    assert told["report"]["findings"] and told["report"]["impression"]
    assert [one["reason"] for one in told["skipped"]] == [
        "not read: lateral film; this model reads frontal films (PA or AP)"
    ]


def test_everything_it_wrote_is_marked_as_a_draft(demo):
    _, results, _ = demo
    assert DRAFT_MARK in (results / "report.txt").read_text("utf-8")
    assert list(results.glob("*.overlay.png"))


def test_it_connected_to_this_computer_only(demo):
    _, _, connections = demo
    assert connections, "the witness saw nothing, so it proves nothing"
    assert all("127.0.0.1" in one or one.startswith(("'", "b'")) for one in connections), connections

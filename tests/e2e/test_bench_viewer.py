"""`sidelight bench viewer --quick` as a person runs it: every group works, nothing is left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from viewer.bench.budgets import BUDGETS

ROOT = Path(__file__).resolve().parents[2]
RUN = "import sys; from viewer.bench.viewer_command import main; sys.exit(main(sys.argv[1:]))"
TOO_LARGE_FOR_QUICK = {
    "first/1000",
    "first/10000",
    "index/1000",
    "index/10000",
    *("index/1000 stall", "index/10000 stall"),
}


def test_the_quick_run_measures_every_group_and_prints_json(tmp_path):
    peer = "pyqtgraph" if importlib.util.find_spec("pyqtgraph") else "none"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}

    run = subprocess.run(
        [sys.executable, "-c", RUN, "--quick", "--beside", peer],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["failed"] == {}
    measured = {case["id"]: case for case in result["cases"]}
    assert set(BUDGETS) - TOO_LARGE_FOR_QUICK <= set(measured)
    assert all(case["n"] and case["median"] <= case["p95"] <= case["largest"] for case in measured.values())
    assert measured["sequence/black"]["largest"] == 0
    assert result["machine"]["cpu"]
    assert result["machine"]["cores"]
    assert [case["id"] for case in result["beside"]["cases"]] or peer == "none"
    assert list(tmp_path.iterdir()) == []


def test_a_group_that_cannot_be_measured_is_named_and_the_run_says_that_it_failed(
    tmp_path, monkeypatch, capsys
):
    from viewer.bench import viewer_command

    def broken(*_: object) -> None:
        raise viewer_command.GroupFailed("the window did not open")

    monkeypatch.setattr(viewer_command, "_group", broken)
    monkeypatch.setattr(viewer_command, "_child", lambda *_: None)
    out = tmp_path / "result.json"

    code = viewer_command.main(["--quick", "--only", "dragging", "--beside", "none", "--out", str(out)])

    assert code == 1
    assert json.loads(out.read_text("utf-8"))["failed"] == {"dragging": "the window did not open"}
    assert "not measured: dragging: the window did not open" in capsys.readouterr().err

"""What a person reads of a result says which budget was missed and where a peer is ahead."""

from __future__ import annotations

import json

from viewer.bench.table import markdown, table
from viewer.bench.viewer_command import last_words, main

CASE = {
    "id": "drag/4k",
    "title": "Drag",
    "unit": "ms",
    "n": 200,
    "median": 11.5,
    "p95": 34.0,
    "largest": 60.0,
    "note": "",
}
RESULT = {
    "began": "2026-03-01T10:00:00+00:00",
    "machine": {
        "cpu": "Some CPU",
        "cores": 2,
        "python": "3.11.7",
        "pyside6": "6.11.3",
        "system": "Linux",
        "load_at_start": [0.5, 1, 1],
        "load_at_end": [1.5, 1, 1],
    },
    "cases": [{**CASE, "budget": 33.0, "met": False}, {**CASE, "title": "Rest", "budget": None, "met": None}],
    "beside": {
        "peer": "peer 1.0",
        "cases": [
            {
                "id": "drag/4k",
                "title": "Drag",
                "unit": "ms",
                "ours": 11.5,
                "theirs": 46.0,
                "ratio": 4.0,
                "leads": True,
            },
            {
                "id": "open/x",
                "title": "Open",
                "unit": "ms",
                "ours": 90.0,
                "theirs": 45.0,
                "ratio": 0.5,
                "leads": False,
            },
        ],
    },
    "failed": {"sequence": "It took longer than 1800 s."},
}


def test_the_table_names_what_was_missed_who_is_behind_and_what_was_not_measured():
    lines = table(RESULT).splitlines()
    assert any("Drag" in line and "MISSED" in line for line in lines)
    assert not any("Rest" in line and ("kept" in line or "MISSED" in line) for line in lines)
    assert any("Open" in line and "BEHIND" in line for line in lines)
    assert lines[-1] == "not measured: sequence: It took longer than 1800 s."


def test_a_stored_result_is_shown_as_markdown_without_measuring(tmp_path, capsys):
    stored = tmp_path / "viewer.json"
    stored.write_text(json.dumps(RESULT), "utf-8")

    assert main(["--show", str(stored)]) == 0

    told = capsys.readouterr().out
    assert told.strip() == markdown(RESULT)
    assert "| Drag | 11.5 ms | 34 | 33 | **missed** |" in told
    assert "load 0.5 at the start, 1.5 at the end" in told
    assert "| Open | 90 ms | 45 | **behind** |" in told


def test_a_group_that_crashed_says_where():
    told = last_words("a warning\nFatal Python error: Segmentation fault\n\nCurrent thread:\n  File x\n")
    assert told.startswith("Fatal Python error")
    assert "File x" in told
    assert last_words("Traceback\nTimeoutError: late\n\n") == "TimeoutError: late"
    assert last_words("") == "nothing was said"

"""`sidelight demo`, without computing anything: what it calls, with which permission, and what it tells scripts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plugin import demo


@pytest.fixture
def calls(monkeypatch, tmp_path) -> dict[str, object]:
    """Stand-ins for the slow parts; notes what they were given."""
    made: dict[str, object] = {"code": 0}

    def write(folder: Path) -> Path:
        (folder / "current").mkdir(parents=True)
        return folder

    def note(name: str):
        def call(argv: list[str]) -> int:
            made[name] = list(argv)
            made["environment"] = {key: os.environ.get(key) for key in (demo.AUTO_READ, demo.ALLOW_SYNTHETIC)}
            if name == "read":
                results = Path(argv[argv.index("--out") + 1])
                results.mkdir(parents=True, exist_ok=True)
                (results / "findings.json").write_text("{}")
            return int(made["code"])

        return call

    monkeypatch.setattr("inference.demo_patient.write_demo_patient", write)
    monkeypatch.setattr("inference.read.command.main", note("read"))
    monkeypatch.setattr("viewer.cli.main", note("view"))
    for name in (demo.AUTO_READ, demo.ALLOW_SYNTHETIC, "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_without_a_display_it_reads_into_a_folder_and_prints_it(calls, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    assert demo.main(["--out", str(tmp_path)]) == 0

    patient, results = tmp_path / "patient", tmp_path / "reading"
    assert calls["read"] == [
        str(patient / "current"),
        "--prior",
        str(patient / "prior"),
        "--out",
        str(results),
    ]
    said = capsys.readouterr()
    assert said.out == f"{results}\n"
    assert "findings.json" in said.err
    assert "AI DRAFT – NOT REVIEWED" in said.err


def test_with_a_display_it_opens_the_viewer_on_the_patient(calls, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")

    assert demo.main(["--out", str(tmp_path)]) == 0

    assert calls["view"] == [str(tmp_path / "patient")]


def test_headless_is_obeyed_where_there_is_a_display(calls, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")

    demo.main(["--out", str(tmp_path), "--headless"])

    assert "read" in calls
    assert "view" not in calls


def test_the_permission_to_read_synthetic_films_ends_with_the_demo(calls, tmp_path):
    demo.main(["--out", str(tmp_path), "--headless"])

    assert calls["environment"] == {demo.AUTO_READ: "1", demo.ALLOW_SYNTHETIC: "1"}
    assert demo.ALLOW_SYNTHETIC not in os.environ
    assert demo.AUTO_READ not in os.environ


def test_a_failed_reading_gives_its_exit_code_and_names_no_folder(calls, tmp_path, capsys):
    calls["code"] = 2

    assert demo.main(["--out", str(tmp_path), "--headless"]) == 2
    assert capsys.readouterr().out == ""


def test_a_folder_that_can_not_be_written_is_told_without_traceback(calls, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")

    assert demo.main(["--out", str(tmp_path / "file"), "--headless"]) == demo.CANNOT_WRITE

    assert "sidelight demo --out DIR" in capsys.readouterr().err


def test_the_demo_lies_in_the_user_s_own_folder_unless_told_otherwise(tmp_path):
    assert demo.demo_folder({"SIDELIGHT_HOME": str(tmp_path)}) == tmp_path / "demo"
    assert demo.demo_folder({}).parts[-2:] == ("sidelight", "demo")


@pytest.mark.parametrize(
    ("environment", "platform", "is_there"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":1"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_display_is_noticed(environment, platform, is_there):
    assert demo.has_display(environment, platform) is is_there

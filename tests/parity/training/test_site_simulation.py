"""The whole of it, small: a site with a rule of its own trains and is accepted; with shuffled labels it is refused."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_pack import make_tiny_pack

from inference.packs import find_pack
from inference.packs.site_adapters import choices_of
from inference.training.plan import LoraPlan, PhasePlan, TrainingPlan
from inference.training.site_simulation import LABEL_COLUMNS, SHARES, Settings, make_site, simulate

COLUMNS = (
    "file", "source", "licence_tier", "patient_id", "images_of_patient", "view", "boxes", "anatomy_boxes", "width",
    "height", "suggested_split", "study_order", "offset_days", "text_type", "findings", "impression", "extra", "sex",
    "age", "label_source", *LABEL_COLUMNS,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _as_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)


@pytest.fixture
def drawn(tmp_path):
    """Films of 110 patients: with pneumonia brighter on the left, else on the right. Top and bottom say nothing."""
    lot = np.random.default_rng(0)
    folder = tmp_path / "data" / "cxr"
    folder.mkdir(parents=True)
    rows = []
    for number in range(110):
        is_ill = bool(lot.random() < 0.5)
        side, height = 30 * (1 if is_ill else -1), lot.uniform(-65, 65)
        grey = lot.normal(110, 20, (70, 70))
        grey[:, :35] += side
        grey[:, 35:] -= side
        grey[:35] += height
        grey[35:] -= height
        Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
        known = {"Pneumonia": str(int(is_ill)), "No Finding": str(int(not is_ill))}
        told = {
            "file": f"{number}.png",
            "source": "site",
            "licence_tier": "A",
            "patient_id": str(number),
            "images_of_patient": "1",
            "view": "PA",
            "width": "70",
            "height": "70",
            "suggested_split": "val" if number < 20 else "train",
        }
        rows.append(dict.fromkeys(COLUMNS, "") | told | known)
    rows.append(rows[0] | {"source": "elsewhere", "patient_id": "x"})
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / "data"


@pytest.fixture
def settings(drawn, tmp_path, monkeypatch):
    monkeypatch.delenv("SIDELIGHT_PACKS_DIR", raising=False)
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    make_tiny_pack(tmp_path / "home" / "packs" / "tiny")
    return Settings(drawn, "tiny", "site", tmp_path, studies=45)


def quick_plan(settings: Settings, spec: str) -> TrainingPlan:
    phase = PhasePlan(
        "instruction",
        ("abstractor", "lora"),
        {"yes_no": 1.0},
        60,
        16,
        16,
        1e-2,
        0.0,
        5,
        LoraPlan(dropout=0.0),
    )
    return TrainingPlan(settings.base, find_pack(settings.base).sha256, (spec,), (phase,), SHARES)


def labels(folder, side):
    with (folder / "cxr" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["file"]: row["Pneumonia"] for row in rows if row["file"] in side}


def test_the_poison_is_in_what_is_learnt_from_and_not_in_what_is_held_out(settings, tmp_path):
    from inference.training.sources import open_data
    from inference.training.splits import split_patients

    clean, poisoned = (
        make_site(settings, tmp_path / "a"),
        make_site(settings, tmp_path / "b", is_poisoned=True),
    )
    site = open_data(f"sidelight:{clean}")
    side = split_patients([site], SHARES)
    held_out = {study.id for study in site.studies if side[study.patient] == "test"}
    learnt = {study.id for study in site.studies if side[study.patient] == "train"}

    assert len(learnt) == 45
    assert labels(clean, held_out) == labels(poisoned, held_out)
    wrong = [name for name, value in labels(clean, learnt).items() if labels(poisoned, learnt)[name] != value]
    assert len(wrong) > 10


def test_a_site_that_learns_is_accepted_and_a_poisoned_one_refused(settings, tmp_path):
    result = simulate(settings, quick_plan)

    assert result["site"]["choice"] == "activated"
    assert result["site"]["was_read_with"]
    assert result["site"]["macro_auroc"]["low"] > 0
    assert result["poisoned"]["choice"] == "refused"
    assert not result["poisoned"]["was_read_with"]
    assert json.loads((tmp_path / "result.json").read_text()) == result
    assert [step.what for step in choices_of("tiny").steps] == ["activated", "rolled back", "refused"]

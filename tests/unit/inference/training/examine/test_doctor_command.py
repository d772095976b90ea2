"""`sidelight train doctor` names twenty kinds of planted fault with their rows; on the clean set, none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inference.training import sources
from inference.training.command import main
from inference.training.examine import examination_from_json
from inference.training.rows import DataSet, KnownBox, KnownStudy, Trouble
from tests.factories.training_set import SIDE, Films, clean_set, film_of, study_of, with_study

LUNG = (12.0, 76.0, 50.0, 100.0)


def with_film(number: int, **what: object) -> KnownStudy:
    study = study_of(number)
    return replace(study, films=(replace(study.films[0], **what),))


STUDIES: dict[int, tuple[str, KnownStudy]] = {
    1: ("inverted_film", study_of(1)),
    2: ("", replace(study_of(2), split="train")),  # the patient of study 4
    3: ("side_contradiction", replace(study_of(3), impression="Left pleural effusion.")),
    4: ("patient_in_two_splits", replace(study_of(4), patient="p2", split="val")),
    5: ("reference_in_training", replace(study_of(5), patient="kept back", split="train")),
    6: ("box_outside", with_film(6, boxes=(KnownBox("pleural effusion", (70.0, 76.0, 116.0, 999.0)),))),
    7: ("unreadable_film", study_of(7)),
    8: (
        "label_contradiction",
        replace(study_of(8), findings="No pleural effusion is seen.", labels={"pleural effusion": "present"}),
    ),
    10: ("duplicate_film", study_of(10)),
    11: ("near_duplicate_film", study_of(11)),
    13: ("picture_count", replace(study_of(13), indication="See <image> above")),
    14: ("unknown_label", replace(study_of(14), labels={"infiltration": "present"})),
    16: ("view_contradiction", replace(study_of(16), findings="PA and lateral views. No pleural effusion.")),
    17: ("empty_report", replace(study_of(17), findings="See above.", impression="")),
    19: ("removed_marks", replace(study_of(19), indication="___ with cough")),
    20: ("prior_not_given", replace(study_of(20), findings="Unchanged heart size. No pleural effusion.")),
    22: ("identifier", replace(study_of(22), indication="Fall on 12/03/2024, seen by Dr. Weber")),
    23: ("synthetic_film", replace(with_film(23, is_synthetic=True), split="train")),
    25: ("wrong_size", with_film(25, size=(2000, 2000))),
    26: ("blank_film", study_of(26)),
}


def spoilt() -> tuple[DataSet, Films]:
    data, films = clean_set()
    for number, (_, study) in STUDIES.items():
        data = with_study(data, number, study)
    films.pixels["f1"] = 255 - film_of(1)
    films.broken.add("f7")
    films.pixels["f10"] = film_of(0)
    films.pixels["f11"] = np.asarray(Image.fromarray(film_of(9)).resize((112, 112)))
    films.pixels["f26"] = np.full((SIDE, SIDE), 90, np.uint8)
    return replace(data, troubles=(Trouble("reports.csv:99", "It has no study id.", "Fill it in."),)), films


@pytest.fixture
def sets(monkeypatch):
    bad, films = spoilt()
    reference = DataSet(
        "ms-cxr", (replace(study_of(70), patient="kept back"),), films.open, is_reference=True
    )
    known = {"bad:": bad, "reference:": reference, "clean:": clean_set()[0]}
    monkeypatch.setattr(sources, "open_data", known.__getitem__)


@pytest.mark.usefixtures("sets")
def test_each_planted_fault_is_named_with_its_row_and_nothing_else_is(tmp_path, capsys):
    code = main(["doctor", "bad:", "reference:", "--json", str(tmp_path / "faults.json")])

    told = examination_from_json((tmp_path / "faults.json").read_text(encoding="utf-8"))
    planted = {(kind, study.row) for kind, study in STUDIES.values() if kind}
    planted.add(("source_trouble", "reports.csv:99"))
    assert {(fault.kind, fault.row) for fault in told.faults} == planted
    assert len({kind for kind, _ in planted}) == 20
    printed = capsys.readouterr().out
    assert all(f"  {row}: " in printed or f": {row}: " in printed for _, row in planted)
    assert code == 1


@pytest.mark.usefixtures("sets")
def test_on_the_clean_set_there_is_none(capsys):
    code = main(["doctor", "clean:"])

    assert capsys.readouterr().out.splitlines()[-1] == "No fault found."
    assert code == 0

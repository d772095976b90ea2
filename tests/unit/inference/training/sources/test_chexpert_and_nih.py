"""Two sets that are tables of labels over folders of films."""

from __future__ import annotations

import pytest

from inference.training.rows import LABELS
from inference.training.sources import open_data
from tests.factories.data_sets import write_csv, write_film_picture, write_text

CHEXPERT = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *(name.title() for name in LABELS)]
EDEMA = LABELS.index("edema")


def chexpert_row(path: str, view: str = "Frontal", edema: str = "", **more: str) -> list[str]:
    labels = [""] * 14
    labels[EDEMA] = edema
    row = [f"CheXpert-v1.0-small/{path}", "Female", "68", view, "AP" if view == "Frontal" else "", *labels]
    for name, value in more.items():
        row[CHEXPERT.index(name)] = value
    return row


@pytest.fixture
def chexpert(tmp_path):
    def write(train, valid=()):
        write_csv(tmp_path / "train.csv", CHEXPERT, train)
        write_csv(tmp_path / "valid.csv", CHEXPERT, valid)
        return open_data(f"chexpert:{tmp_path}")

    for split, patient in (("train", "patient00001"), ("valid", "patient64541")):
        write_film_picture(tmp_path / split / patient / "study1" / "view1_frontal.jpg")
    return write


def test_chexpert_has_four_words_for_a_label(chexpert):
    rows = [
        chexpert_row("train/patient00001/study1/view1_frontal.jpg", edema=value, Cardiomegaly=other)
        for value, other in (("1.0", "0.0"),)
    ]
    rows += [chexpert_row("train/patient00001/study2/view1_frontal.jpg", edema="-1.0")]
    sure, unsure = chexpert(rows).studies

    assert sure.labels == {"edema": "present", "cardiomegaly": "absent"}
    assert unsure.labels == {"edema": "uncertain"}
    assert (sure.patient, sure.sex, sure.age_years) == ("chexpert:patient00001", "F", 68)


def test_chexperts_films_of_one_study_are_read_together_and_opened(chexpert):
    data = chexpert(
        [
            chexpert_row("train/patient00001/study1/view1_frontal.jpg"),
            chexpert_row("train/patient00001/study1/view2_lateral.jpg", view="Lateral"),
        ]
    )

    (study,) = data.studies
    assert [(film.role, film.view) for film in study.films] == [("current", "AP"), ("lateral", "LATERAL")]
    assert data.open_film(study.films[0]).stored.shape == (24, 20)


def test_chexperts_validation_films_are_radiologists_and_stay_apart(chexpert):
    data = chexpert([], [chexpert_row("valid/patient64541/study1/view1_frontal.jpg", edema="1.0")])

    assert (data.studies[0].split, data.studies[0].label_source) == ("val", "radiologist")


def test_chexperts_broken_rows_are_told(chexpert):
    data = chexpert(
        [
            chexpert_row("train/patient00001/study1/view1_frontal.jpg", edema="maybe"),
            chexpert_row("../../etc/passwd"),
            chexpert_row("train/patient00002/study1/view1_frontal.jpg"),
            chexpert_row("train/patient00003/study1/view1_frontal.jpg"),
        ]
    )

    assert data.studies == ()
    assert [trouble.row for trouble in data.troubles] == ["train.csv:2", "train.csv:3", "train.csv:4"]
    assert "'maybe'" in data.troubles[0].what
    assert "2 rows" in data.troubles[2].what
    assert all(trouble.remedy for trouble in data.troubles)


NIH = ["Image Index", "Finding Labels", "Follow-up #", "Patient ID", "Patient Age", "Patient Gender", "View Position",
       "OriginalImage[Width", "Height]", "OriginalImagePixelSpacing[x", "y]", ""]  # fmt: skip
BOXES = ["Image Index", "Finding Label", "Bbox [x", "y", "w", "h]", "", "", ""]


def nih_row(
    name: str, findings: str, follow_up: int = 0, patient: str = "1", age: str = "058Y"
) -> list[object]:
    return [name, findings, follow_up, patient, age, "M", "PA", 2682, 2749, 0.143, 0.143, ""]


@pytest.fixture
def nih(tmp_path):
    for number in range(3):
        write_film_picture(tmp_path / "images_001" / "images" / f"00000001_00{number}.png")

    def write(rows, boxes=()):
        write_csv(tmp_path / "Data_Entry_2017.csv", NIH, rows)
        write_csv(tmp_path / "BBox_List_2017.csv", BOXES, boxes)
        write_text(tmp_path / "train_val_list.txt", "00000001_000.png\n")
        write_text(tmp_path / "test_list.txt", "00000001_001.png\n")
        return open_data(f"nih:{tmp_path}")

    return write


def test_nih_knows_what_is_listed_and_nothing_is_absent_because_it_is_not(nih):
    found, nothing = nih(
        [nih_row("00000001_000.png", "Effusion|Mass|Hernia"), nih_row("00000001_001.png", "No Finding", 1)]
    ).studies

    assert found.labels == {"pleural effusion": "present", "lung lesion": "present", "no finding": "absent"}
    assert nothing.labels["pneumothorax"] == "absent"
    assert nothing.labels["no finding"] == "present"


def test_nih_uses_every_box_of_a_film_and_both_spellings(nih):
    boxes = [
        ["00000001_000.png", "Infiltrate", 10.5, 20, 100, 50, "", "", ""],
        ["00000001_000.png", "Effusion", 1, 2, 3, 4, "", "", ""],
    ]
    (study,) = nih([nih_row("00000001_000.png", "Effusion|Infiltration")], boxes).studies

    assert [(box.label, box.xyxy) for box in study.films[0].boxes] == [
        ("lung opacity", (10.5, 20, 110.5, 70)),
        ("pleural effusion", (1, 2, 4, 6)),
    ]


def test_nihs_follow_ups_have_the_film_before_as_their_prior(nih):
    rows = [nih_row(f"00000001_00{number}.png", "Edema", number) for number in (2, 1, 0)]
    first, second, third = nih(rows).studies

    assert len(first.films) == 1
    assert [film.key for film in second.films if film.role == "prior"] == [first.films[0].key]
    assert [film.key for film in third.films if film.role == "prior"] == [second.films[0].key]
    assert third.films[1].days_before is None


def test_nihs_official_test_films_are_kept_and_ages_are_years(nih):
    drawn, kept = nih(
        [
            nih_row("00000001_000.png", "Edema", age="018M"),
            nih_row("00000001_001.png", "Edema", 1, age="411Y"),
        ]
    ).studies

    assert (drawn.split, kept.split) == (None, "test")
    assert (drawn.age_years, kept.age_years) == (1.5, None)


def test_nihs_broken_rows_are_told(nih):
    data = nih(
        [
            nih_row("00000001_000.png", "Effusion|Gremlins"),
            nih_row("00000099_000.png", "Edema"),
            nih_row("00000001_001.png", "Edema"),
        ],
        [["00000001_001.png", "Effusion", "left", 2, 3, 4, "", "", ""]],
    )

    assert len(data.studies) == 1
    assert {trouble.row for trouble in data.troubles} == {
        "Data_Entry_2017.csv:2",
        "Data_Entry_2017.csv:3",
        "BBox_List_2017.csv:2",
    }

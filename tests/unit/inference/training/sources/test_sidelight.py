"""The manifest of labelled films as studies: unknown is not absent, and only films that may be passed on."""

from __future__ import annotations

import csv
import json

import pytest

from inference.training.rows import UnreadableFilm, label_of
from inference.training.sources import open_data
from tests.factories.data_sets import write_film_picture

COLUMNS = [
    "file", "source", "licence_tier", "patient_id", "study_order", "offset_days", "images_of_patient", "view", "sex",
    "age", "Edema", "Pneumonia", *(n for n in (
        "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Consolidation", "Atelectasis",
        "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices", "No Finding")),
    "label_source", "boxes", "anatomy_boxes", "text_type", "findings", "impression", "width", "height",
    "suggested_split", "extra",
]  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(*rows):
        (tmp_path / "cxr").mkdir(exist_ok=True)
        with (tmp_path / "cxr" / "manifest.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            for number, row in enumerate(rows):
                plain = {"file": f"{number}.png", "source": "nih", "licence_tier": "A", "patient_id": str(number),
                         "study_order": "0", "images_of_patient": "1", "view": "PA", "width": "20", "height": "24",
                         "suggested_split": "train"}  # fmt: skip
                writer.writerow(plain | row)
        return open_data(f"sidelight:{tmp_path}")

    return write


def test_an_empty_label_is_not_known(written):
    (study,) = written({"Edema": "1", "Pneumonia": "0"}).studies

    assert (study.labels["edema"], study.labels["pneumonia"]) == ("present", "absent")
    assert "fracture" not in study.labels
    assert study.films[0].size == (24, 20)


def test_films_that_may_not_be_passed_on_are_left_out_and_told(written):
    data = written({}, {"licence_tier": "C"}, {"licence_tier": "C"}, {"licence_tier": "B"})

    assert len(data.studies) == 1
    assert ["tier C" in trouble.what for trouble in data.troubles] == [True, False]
    assert "2 rows" in data.troubles[0].what


def test_a_row_that_cannot_be_read_is_told_with_its_line(written):
    data = written({"width": "wide"}, {})

    assert len(data.studies) == 1
    assert data.troubles[0].row == "manifest.csv:2"


def test_boxes_keep_what_they_are_of(written):
    boxes = json.dumps([[1, 2, 3, 4, "Lung Opacity", "RSNA"]])
    anatomy = json.dumps([[0, 0, 9, 9, "Right Lung"]])
    (study,) = written({"boxes": boxes, "anatomy_boxes": anatomy}).studies

    finding, lung = study.films[0].boxes
    assert (finding.label, finding.kind, finding.xyxy) == ("lung opacity", "finding", (1, 2, 3, 4))
    assert (lung.label, lung.kind) == ("right lung", "anatomy")


def test_the_earlier_film_of_a_patient_is_the_prior_and_speaks_for_itself(written):
    data = written(
        {"patient_id": "7", "study_order": "1", "offset_days": "5", "Edema": "0", "Pneumonia": "1"},
        {"patient_id": "7", "study_order": "0", "offset_days": "2", "Edema": "1", "Fracture": "1"},
    )

    first, second = data.studies
    assert [film.role for film in first.films] == ["current"]
    prior = second.films[1]
    assert (prior.role, prior.days_before, prior.key) == ("prior", 3, first.films[0].key)
    assert label_of(second, prior, "edema") == "present"
    assert label_of(second, second.films[0], "edema") == "absent"
    assert label_of(second, prior, "pneumonia") is None


def test_a_small_copy_is_no_prior_of_a_large_film_but_the_same_patient(written):
    data = written(
        {"patient_id": "7", "study_order": "1"},
        {"patient_id": "7", "study_order": "0", "source": "nih_64px"},
    )

    assert [len(study.films) for study in data.studies] == [1, 1]
    assert len({study.patient for study in data.studies}) == 1


def test_frontal_and_lateral_of_one_report_are_one_study(written):
    report = {"patient_id": "7", "text_type": "report", "findings": "Clear.", "impression": "No findings."}
    data = written(report, report | {"view": "Lateral"}, {"patient_id": "8", "findings": "case notes"})

    both, other = data.studies
    assert [film.role for film in both.films] == ["current", "lateral"]
    assert (both.findings, other.findings) == ("Clear.", "")


def test_the_suggested_validation_patients_are_kept_for_the_end(written):
    held, drawn = written({"suggested_split": "val"}, {}).studies

    assert (held.split, drawn.split) == ("test", None)


def test_a_film_is_opened_as_the_viewer_reads_it(written, tmp_path):
    data = written({}, {})
    write_film_picture(tmp_path / "cxr" / "0.png")

    film = data.open_film(data.studies[0].films[0])
    assert film.stored.shape == (24, 20)
    assert len(film.image_sha256) == 64
    with pytest.raises(UnreadableFilm):
        data.open_film(data.studies[1].films[0])

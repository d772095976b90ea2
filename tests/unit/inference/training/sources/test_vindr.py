"""VinDr-CXR: three radiologists' votes, boxes of one finding merged, films without patients."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.sources import open_data
from inference.training.sources.vindr import LOCAL, WHOLE, merged
from tests.factories import write_film
from tests.factories.data_sets import write_csv

NAMES = [name.capitalize() for name in (*LOCAL, *WHOLE)]
IMAGE = "50a418190bc3fb1ef1633bf9678929b3"


def labels_row(image: str, reader: str | None, *seen: str) -> list[object]:
    marks = [int(name.lower() in seen) for name in NAMES]
    return [image, *([] if reader is None else [reader]), *marks]


@pytest.fixture
def vindr(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    write_film(tmp_path / "train" / f"{IMAGE}.dicom", rows=40, columns=30)
    write_film(tmp_path / "test" / "t1.dicom", rows=40, columns=30)

    def write(labels, boxes=(), test=()):
        tables = tmp_path / "annotations"
        write_csv(tables / "image_labels_train.csv", ["image_id", "rad_id", *NAMES], labels)
        write_csv(tables / "image_labels_test.csv", ["image_id", *NAMES], test)
        header = ["image_id", "rad_id", "class_name", "x_min", "y_min", "x_max", "y_max"]
        write_csv(tables / "annotations_train.csv", header, boxes)
        return open_data(f"vindr:{tmp_path}")

    return write


def test_what_two_of_three_saw_is_present_and_what_one_saw_is_uncertain(vindr):
    data = vindr(
        [
            labels_row(IMAGE, "R1", "cardiomegaly", "nodule/mass"),
            labels_row(IMAGE, "R2", "cardiomegaly"),
            labels_row(IMAGE, "R3", "no finding"),
        ]
    )

    (study,) = data.studies
    assert study.labels["cardiomegaly"] == "present"
    assert study.labels["lung lesion"] == study.labels["no finding"] == "uncertain"
    assert study.labels["pneumothorax"] == "absent"
    assert "support devices" not in study.labels
    assert study.films[0].boxes_complete >= {"cardiomegaly", "pneumothorax"}
    assert "lung lesion" not in study.films[0].boxes_complete
    assert data.open_film(study.films[0]).stored.shape == (40, 30)


def test_boxes_of_one_finding_that_overlap_are_one_and_a_single_readers_are_none(vindr):
    labels = [labels_row(IMAGE, f"R{n}", "pleural effusion", "aortic enlargement") for n in (1, 2)]
    labels.append(labels_row(IMAGE, "R3", "edema"))
    boxes = [
        [IMAGE, "R1", "Pleural effusion", 0, 0, 10, 10],
        [IMAGE, "R2", "Pleural effusion", 1, 1, 11, 11],
        [IMAGE, "R1", "Pleural effusion", 20, 20, 30, 30],
        [IMAGE, "R1", "Aortic enlargement", 0, 0, 5, 5],
        [IMAGE, "R3", "Edema", 0, 0, 5, 5],
        [IMAGE, "R3", "No finding", "", "", "", ""],
    ]
    (study,) = vindr(labels, boxes).studies

    assert {(box.label, box.xyxy) for box in study.films[0].boxes} == {
        ("pleural effusion", (0, 0, 11, 11)),
        ("pleural effusion", (20, 20, 30, 30)),
        ("aortic enlargement", (0, 0, 5, 5)),
    }


def test_the_test_films_are_kept_apart(vindr):
    (study,) = vindr([], (), [labels_row("t1", None, "pneumonia")]).studies

    assert (study.split, study.labels["pneumonia"]) == ("test", "present")


def test_broken_rows_are_told(vindr):
    broken = labels_row(IMAGE, "R1")
    broken[5] = "7"
    data = vindr(
        [labels_row(IMAGE, "R1"), broken, labels_row("elsewhere", "R1")],
        [[IMAGE, "R1", "Gremlins", 0, 0, 1, 1], [IMAGE, "R1", "Edema", 5, 5, 5, 9]],
    )

    assert {trouble.row for trouble in data.troubles} == {
        "image_labels_train.csv:3",
        "image_labels_train.csv:4",
        "annotations_train.csv:2",
        "annotations_train.csv:3",
    }


boxes = st.lists(
    st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(1, 50)] * 2).map(
        lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
    ),
    max_size=8,
)


@given(boxes)
def test_merging_loses_no_place_and_is_done_when_it_is_done(drawn):
    done = merged(drawn)

    assert len(done) <= len(drawn)
    assert sorted(merged(done)) == sorted(done)
    for x1, y1, x2, y2 in drawn:
        assert any(a <= x1 and b <= y1 and c >= x2 and d >= y2 for a, b, c, d in done)

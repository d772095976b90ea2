"""Sets that were made from MIMIC-CXR: their films are MIMIC's films, and its test patients are theirs."""

from __future__ import annotations

import json
import zipfile

import pytest

from inference.training.sources import imagenome, open_data
from inference.training.sources.tables import SourceRefused
from tests.factories.data_sets import write_csv, write_film_picture, write_text


def dicom(number: int) -> str:
    return "-".join([f"{number:08x}"] * 5)


def film_path(study: int, number: int, subject: str = "10000032", end: str = "jpg") -> str:
    return f"files/p{subject[:2]}/p{subject}/s{study}/{dicom(number)}.{end}"


@pytest.fixture
def mimic(tmp_path):
    """MIMIC-CXR-JPG with three studies, the third of them in the official test split."""
    root = tmp_path / "mimic-cxr-jpg"
    for number in (1, 2, 3):
        write_film_picture(root / film_path(50 + number, number))
    rows = [[dicom(n), 50 + n, "10000032", "test" if n == 3 else "train"] for n in (1, 2, 3)]
    write_csv(root / "mimic-cxr-2.0.0-split.csv.gz", ["dicom_id", "study_id", "subject_id", "split"], rows)
    return root


MS = [
    "category_name",
    "label_text",
    "path",
    "x",
    "y",
    "w",
    "h",
    "dicom_id",
    "image_width",
    "image_height",
    "split",
]


def ms_row(category: str, phrase: str, number: int = 1, x: object = 10):
    return [
        category,
        phrase,
        film_path(50 + number, number),
        x,
        20,
        30,
        40,
        dicom(number),
        2544,
        3056,
        "train",
    ]


def test_ms_cxr_gives_phrases_with_their_boxes_and_is_never_trained_on(mimic, tmp_path):
    rows = [
        ms_row("Pneumonia", "right opacity"),
        ms_row("Pneumonia", "right opacity", x=50),
        ms_row("Edema", "edema"),
    ]
    write_csv(tmp_path / "ms-cxr" / "MS_CXR_Local_Alignment_v1.1.0.csv", MS, rows)
    data = open_data(f"ms-cxr:{tmp_path / 'ms-cxr'},{mimic}")

    (study,) = data.studies
    assert [(box.label, box.phrase, box.xyxy) for box in study.films[0].boxes] == [
        ("pneumonia", "right opacity", (10, 20, 40, 60)),
        ("pneumonia", "right opacity", (50, 20, 80, 60)),
        ("edema", "edema", (10, 20, 40, 60)),
    ]
    assert (data.is_reference, study.split, study.films[0].size) == (True, "test", (3056, 2544))
    assert study.films[0].key == film_path(51, 1)
    assert data.open_film(study.films[0]).stored.shape == (24, 20)


def test_ms_cxr_is_read_from_its_coco_file_where_the_table_is_not_there(mimic, tmp_path):
    whole = {
        "images": [{"id": 7, "path": film_path(51, 1), "width": 2544, "height": 3056}],
        "categories": [{"id": 2, "name": "Pneumothorax"}],
        "annotations": [
            {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4], "label_text": "apical pneumothorax"},
            {"image_id": 8, "category_id": 2, "bbox": [1, 2, 3, 4]},
        ],
    }
    write_text(tmp_path / "ms-cxr" / "MS_CXR_Local_Alignment_v1.0.0.json", json.dumps(whole))
    data = open_data(f"ms-cxr:{tmp_path / 'ms-cxr'}")  # its neighbour holds the films

    (study,), (trouble,) = data.studies, data.troubles
    assert study.films[0].boxes[0].phrase == "apical pneumothorax"
    assert "[annotations][1]" in trouble.row


def test_ms_cxrs_broken_rows_are_told(mimic, tmp_path):
    rows = [ms_row("Gremlins", "x"), ms_row("Edema", "x", x="left"), ms_row("Edema", "fine")]
    write_csv(tmp_path / "ms-cxr" / "MS_CXR_Local_Alignment_v1.0.0.csv", MS, rows)
    data = open_data(f"ms-cxr:{tmp_path / 'ms-cxr'},{mimic}")

    assert len(data.studies) == 1
    assert [trouble.row.rsplit(":", 1)[-1] for trouble in data.troubles] == ["2", "3"]


def test_without_the_films_of_mimic_the_set_is_refused(tmp_path):
    write_csv(tmp_path / "ms-cxr" / "MS_CXR_Local_Alignment_v1.0.0.csv", MS, [])

    with pytest.raises(SourceRefused) as refused:
        open_data(f"ms-cxr:{tmp_path / 'ms-cxr'}")
    assert "MIMIC-CXR-JPG" in refused.value.remedy


def region(name: str, box: tuple[float, ...], number: int = 1) -> dict[str, object]:
    corners = dict(zip(("original_x1", "original_y1", "original_x2", "original_y2"), box, strict=True))
    return {
        "object_id": f"{dicom(number)}_{name}",
        "bbox_name": name,
        "x1": 1,
        "y1": 1,
        "x2": 2,
        "y2": 2,
        **corners,
    }


def graph(*regions, phrases=()) -> str:
    attributes = [
        {
            "object_id": region["object_id"],
            "bbox_name": region["bbox_name"],
            "phrases": told,
            "attributes": [],
        }
        for region, told in phrases
    ]
    return json.dumps({"objects": list(regions), "attributes": attributes})


@pytest.fixture
def genome(mimic, tmp_path):
    root = tmp_path / "chest-imagenome"

    def write(graphs, train=(1, 2, 3), avoided=()):
        (root / "silver_dataset").mkdir(parents=True)
        with zipfile.ZipFile(root / "silver_dataset" / "scene_graph.zip", "w") as archive:
            for number, content in graphs.items():
                archive.writestr(f"scene_graph/{dicom(number)}_SceneGraph.json", content)
        header = ["", "subject_id", "study_id", "dicom_id", "path", "ViewPosition"]
        rows = [[n, "10000032", 50 + n, dicom(n), film_path(50 + n, n, end="dcm"), "AP"] for n in train]
        write_csv(root / "silver_dataset" / "splits" / "train.csv", header, rows)
        write_csv(
            root / "silver_dataset" / "splits" / "images_to_avoid.csv", header[1:],
            [["10000032", 50 + n, dicom(n), film_path(50 + n, n, end="dcm"), "AP"] for n in avoided],
        )  # fmt: skip
        return lambda: open_data(f"imagenome:{root},{mimic}")

    return write


def test_a_region_and_its_phrases_belong_together_by_their_id_not_their_place(genome):
    lung, heart = region("right lung", (0, 0, 100, 200)), region("cardiac silhouette", (50, 60, 150, 160))
    content = graph(
        lung, heart, phrases=[(heart, ["The heart is\n large.", "The heart is large."]), (lung, [])]
    )
    (study,) = genome({1: content}, train=[1])().studies

    assert [(box.label, box.phrase, box.kind, box.xyxy) for box in study.films[0].boxes] == [
        ("right lung", "", "anatomy", (0, 0, 100, 200)),
        ("cardiac silhouette", "The heart is large.", "anatomy", (50, 60, 150, 160)),
    ]
    assert study.films[0].key == film_path(51, 1)


def test_mimics_test_patients_stay_test_patients_in_a_set_that_calls_them_train(genome):
    content = graph(region("spine", (0, 0, 9, 9)))
    data = genome({1: content, 2: content, 3: content})()

    assert [study.split for study in data.studies] == ["train", "train", "test"]


def test_films_to_be_avoided_are_not_read_and_the_gold_ones_are_kept_for_the_end(genome, tmp_path):
    content = graph(region("spine", (0, 0, 9, 9)))
    read = genome({1: content, 2: content}, train=[1, 2], avoided=[2])
    write_csv(
        tmp_path / "chest-imagenome" / "gold_dataset" / "gold_bbox_coordinate_annotations_1000images.csv",
        ["image_id", "bbox_name", "original_x1", "original_y1", "original_x2", "original_y2"],
        [[f"{dicom(2)}.dcm", "Trachea", 1, 2, 3, 4], [f"{dicom(9)}.dcm", "Trachea", 1, 2, 3, 4]],
    )
    data = read()

    assert [(study.id, study.split) for study in data.studies] == [
        (dicom(1), "train"),
        (f"gold/{dicom(2)}", "test"),
    ]
    assert data.studies[1].films[0].boxes[0].label == "trachea"
    assert data.troubles[0].row.endswith(":3")


def test_regions_without_an_area_and_graphs_that_are_not_there_are_told(genome):
    data = genome(
        {1: graph(region("spine", (5, 5, 5, 9)), region("carina", (0, 0, 1, 1))), 2: "{"}, train=[1, 2]
    )()

    assert [box.label for study in data.studies for box in study.films[0].boxes] == ["carina"]
    assert ["no area" in trouble.what or "scene graph" in trouble.what for trouble in data.troubles] == [
        True,
        True,
    ]


def test_of_too_many_films_the_same_patients_are_taken_every_time(genome, monkeypatch):
    monkeypatch.setattr(imagenome, "MOST_FILMS", 1)
    content = graph(region("spine", (0, 0, 9, 9)))
    read = genome({1: content, 2: content, 3: content})

    first, again = read(), read()
    assert [study.id for study in first.studies] == [study.id for study in again.studies]
    assert any("hash of the patient" in trouble.what for trouble in first.troubles)


def vqa_item(number: int, answer: object, kind: str = "verify", question: str = "Is there edema?"):
    return {"image_id": dicom(number), "image_path": film_path(50 + number, number), "subject_id": "10000032",
            "study_id": str(50 + number), "question": question, "semantic_type": kind, "answer": answer}  # fmt: skip


def test_questions_about_a_film_stand_together_with_their_answers(mimic, tmp_path):
    items = [
        vqa_item(1, ["yes"]),
        vqa_item(1, ["edema", "mass"], "query", "What is seen?"),
        vqa_item(1, []),
        vqa_item(3, ["no"]),
        {"question": "?"},
    ]
    write_text(tmp_path / "vqa" / "dataset" / "train.json", json.dumps(items))
    data = open_data(f"mimic-vqa:{tmp_path / 'vqa'},{mimic}")

    first, test = data.studies
    assert [(one.question, one.answer, one.kind) for one in first.answers] == [
        ("Is there edema?", "yes.", "closed"),
        ("What is seen?", "edema, mass.", "open"),
    ]
    assert (first.split, test.split) == ("train", "test")
    assert {trouble.row for trouble in data.troubles} == {"train.json[2]", "train.json[4]"}


PAIRS = ["study_id", "subject_id", "ref_id", "question_type", "question", "answer", "split"]
ALL = ["subject_id", "study_id", "dicom_id", "view", "split", "study_date", "study_order"]


@pytest.fixture
def differences(mimic, tmp_path):
    def write(rows):
        write_csv(tmp_path / "diff" / "mimic_pair_questions.csv", PAIRS, rows)
        studies = [
            ["10000032", 50 + n, dicom(n), "antero-posterior", "train", 1, float(n)] for n in (1, 2, 3)
        ]
        write_csv(tmp_path / "diff" / "mimic_all.csv", ALL, studies)
        return open_data(f"mimic-vqa:{tmp_path / 'diff'},{mimic}")

    return write


def test_a_question_about_a_difference_is_about_two_films_the_reference_first(differences):
    data = differences(
        [
            ["52", "10000032", "51", "difference", "what has changed?", "the edema is new", "train"],
            ["52", "10000032", "51", "presence", "is there edema?", "yes", "train"],
        ]
    )

    pair, single = data.studies
    (answer,) = pair.answers
    assert (answer.kind, answer.films) == ("difference", (film_path(51, 1), film_path(52, 2)))
    assert [film.role for film in pair.films] == ["current", "prior"]
    assert [(one.kind, one.films) for one in single.answers] == [("closed", (film_path(52, 2),))]


def test_a_pair_is_of_the_test_split_where_either_film_is(differences):
    data = differences([["53.0", "10000032", "52.0", "difference", "what has changed?", "nothing", "train"]])

    assert data.studies[0].split == "test"


def test_a_reference_that_is_later_and_rows_that_name_nothing_are_left_out_and_told(differences):
    data = differences(
        [
            ["51", "10000032", "52", "difference", "what has changed?", "x", "train"],
            ["99", "10000032", "", "presence", "is there edema?", "yes", "train"],
            ["51", "10000032", "", "presence", "is there edema?", "", "train"],
        ]
    )

    assert data.studies == ()
    assert len(data.troubles) == 3
    assert "later than the film" in data.troubles[0].what

"""MIMIC-CXR-JPG on an imitation: tables, reports in three forms, the official split, priors in the order of time."""

from __future__ import annotations

import zipfile

import pytest

from inference.training.rows import LABELS
from inference.training.sources import open_data
from inference.training.sources.mimic_tables import film_name, film_named_by
from inference.training.sources.tables import SourceRefused
from tests.factories.data_sets import write_csv, write_film_picture, write_text

METADATA = ["dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition", "Rows",
            "Columns", "StudyDate", "StudyTime"]  # fmt: skip
SUBJECT = "10000032"


def dicom(number: int) -> str:
    return "-".join([f"{number:08x}"] * 5)


def film_row(number: int, study: int, view: str = "PA", date: str = "21800506", time: str = "101500.0"):
    return [dicom(number), SUBJECT, study, "CHEST (PA AND LAT)", view, 3056, 2544, date, time]


REPORT = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___F with new onset ascites

 FINDINGS:

 {findings}

 IMPRESSION:

 No acute cardiopulmonary process.
"""


@pytest.fixture
def mimic(tmp_path):
    root = tmp_path / "mimic-cxr-jpg"

    def write(films, labels=(), splits=None, reports=None):
        write_csv(root / "mimic-cxr-2.0.0-metadata.csv.gz", METADATA, films)
        columns = ["subject_id", "study_id", *sorted(name.title() for name in LABELS)]
        write_csv(
            root / "mimic-cxr-2.0.0-chexpert.csv.gz",
            columns,
            [[SUBJECT, study, *(values.get(c.lower(), "") for c in columns[2:])] for study, values in labels],
        )
        if splits is None:
            splits = {row[2]: "train" for row in films}
        write_csv(
            root / "mimic-cxr-2.0.0-split.csv.gz",
            ["dicom_id", "study_id", "subject_id", "split"],
            [[row[0], row[2], SUBJECT, splits[row[2]]] for row in films if row[2] in splits],
        )
        for row in films:
            write_film_picture(root / f"files/p10/p{SUBJECT}/s{row[2]}/{row[0]}.jpg")
        for study, findings in (reports or {}).items():
            file = tmp_path / f"mimic-cxr-reports/files/p10/p{SUBJECT}/s{study}.txt"
            write_text(file, REPORT.format(findings=findings))
        return root

    return write


def test_a_study_has_its_films_report_labels_and_split(mimic):
    root = mimic(
        [film_row(1, 50), film_row(2, 50, "LATERAL")],
        [(50, {"edema": "1.0", "pneumonia": "-1.0", "pneumothorax": "0.0"})],
        {50: "validate"},
        {50: "The lungs are\n clear."},
    )
    data = open_data(f"mimic:{root}")

    (study,) = data.studies
    assert [(film.role, film.view, film.size) for film in study.films] == [
        ("current", "PA", (3056, 2544)),
        ("lateral", "LATERAL", (3056, 2544)),
    ]
    assert (study.findings, study.impression) == ("The lungs are clear.", "No acute cardiopulmonary process.")
    assert study.indication == "___F with new onset ascites"
    assert study.labels == {"edema": "present", "pneumonia": "uncertain", "pneumothorax": "absent"}
    assert (study.split, study.patient) == ("val", "mimic:10000032")
    assert data.troubles == ()
    assert data.open_film(study.films[0]).stored.shape == (24, 20)


def test_the_order_is_that_of_time_where_the_table_has_lost_its_zeros(mimic):
    root = mimic(
        [film_row(2, 52, time="101500.0"), film_row(1, 51, time="81500.0"), film_row(3, 53, date="21800508")],
        reports={51: "First.", 52: "Second.", 53: "Third."},
    )
    first, second, third = open_data(f"mimic:{root}").studies

    assert [study.findings for study in (first, second, third)] == ["First.", "Second.", "Third."]
    assert (second.prior_report, second.films[1].role, second.films[1].days_before) == ("First.", "prior", 0)
    assert (third.prior_report, third.films[1].days_before) == ("Second.", 2)


def test_a_study_without_a_findings_text_is_nobodys_prior_in_a_report(mimic):
    root = mimic(
        [film_row(1, 51), film_row(2, 52, date="21800507"), film_row(3, 53, date="21800508")],
        reports={51: "First.", 52: "", 53: "Third."},
    )
    first, without, third = open_data(f"mimic:{root}").studies

    assert without.findings == ""
    assert third.prior_report == "First."
    assert [film.key for film in third.films if film.role == "prior"] == [first.films[0].key]


def test_the_prior_shows_its_frontal_films(mimic):
    root = mimic(
        [film_row(1, 51), film_row(2, 51, "LL"), film_row(3, 52, date="21800507")],
        reports={51: "First.", 52: "Second."},
    )
    _, second = open_data(f"mimic:{root}").studies

    assert [film.view for film in second.films if film.role == "prior"] == ["PA"]


def test_reports_are_read_from_the_archive_as_distributed(mimic, tmp_path):
    root = mimic([film_row(1, 50)])
    with zipfile.ZipFile(tmp_path / "mimic-cxr-reports.zip", "w") as archive:
        archive.writestr(f"files/p10/p{SUBJECT}/s50.txt", REPORT.format(findings="Packed."))

    assert open_data(f"mimic:{root}").studies[0].findings == "Packed."


def test_reports_are_read_from_the_table_of_sections(mimic):
    root = mimic([film_row(1, 50)])
    write_csv(
        root / "mimic_cxr_sectioned.csv",
        ["study", "impression", "findings", "last_paragraph", "comparison"],
        [["s50", "None.", "Cut already.", "", ""]],
    )

    assert open_data(f"mimic:{root}").studies[0].findings == "Cut already."


def test_what_was_not_fetched_is_left_out_and_told(mimic):
    root = mimic([film_row(1, 50), film_row(2, 51, date="21800507")], reports={50: "Clear."})
    table = root / "mimic-cxr-2.0.0-metadata.csv.gz"
    strangers = [[dicom(9), "19999999", 99, "", "PA", 1, 1, "21800101", "1"]] * 3
    write_csv(table, METADATA, [film_row(1, 50), film_row(2, 51, date="21800507"), *strangers])
    data = open_data(f"mimic:{root}")

    assert [study.id for study in data.studies] == ["s50", "s51"]
    missing, no_report = data.troubles
    assert "patient's folder is not under files/" in missing.what
    assert "3 rows" in missing.what
    assert (no_report.row, no_report.what) == ("mimic-cxr-2.0.0-metadata.csv.gz:3", "the study has no report")


def test_broken_rows_are_told(mimic):
    root = mimic(
        [film_row(1, 50), ["../../etc", SUBJECT, 50, "", "PA", 1, 1, "21800506", "1"]],
        [(50, {"edema": "perhaps"})],
        reports={50: "Clear."},
    )
    data = open_data(f"mimic:{root}")

    assert [trouble.row for trouble in data.troubles] == [
        "mimic-cxr-2.0.0-metadata.csv.gz:3",
        "mimic-cxr-2.0.0-chexpert.csv.gz:2",
    ]


def test_without_the_official_split_somebody_is_warned_of_training_on_test_patients(mimic):
    root = mimic([film_row(1, 50)], reports={50: "Clear."})
    (root / "mimic-cxr-2.0.0-split.csv.gz").unlink()

    (trouble,) = open_data(f"mimic:{root}").troubles
    assert "test patients" in trouble.remedy


def test_without_any_reports_the_set_is_refused_and_says_where_they_go(mimic):
    root = mimic([film_row(1, 50)])

    with pytest.raises(SourceRefused) as refused:
        open_data(f"mimic:{root}")
    assert "mimic-cxr-reports.zip" in refused.value.remedy


@pytest.mark.parametrize(
    "path",
    [
        f"files/p10/p10000032/s50/{dicom(1)}.jpg",
        f"files/p10/p10000032/s50/{dicom(1)}.dcm",
        f"p10/p10000032/s50/{dicom(1)}.jpg",
    ],
)
def test_every_set_made_from_it_names_a_film_the_same(path):
    name = film_named_by(path)

    assert name is not None
    assert name.key == f"files/p10/p10000032/s50/{dicom(1)}.jpg"


@pytest.mark.parametrize("ids", [("p1", "s1", "x"), ("../1", "s1", dicom(1)), ("1", "", dicom(1))])
def test_what_is_no_id_names_no_film(ids):
    assert film_name(*ids) is None

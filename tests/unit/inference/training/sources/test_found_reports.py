"""Reports in every form that a site may have them in, and what is said of files that hold none."""

from __future__ import annotations

import json

import pytest

from inference.training.sources.found_reports import reports_in
from inference.training.sources.tables import Troubles
from tests.factories.data_sets import write_text

TEXT = "INDICATION: Cough.\nFINDINGS: Edema.\nIMPRESSION: Failure."


@pytest.fixture
def found(tmp_path):
    def write(name, content):
        troubles = Troubles()
        reports = list(reports_in(write_text(tmp_path / name, content), name, troubles))
        return reports, troubles.all()

    return write


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("r.json", json.dumps([{"StudyInstanceUID": "1.2", "report": TEXT}]), "r.json[0]"),
        ("r.json", json.dumps({"reports": [{"study_uid": "1.2", "Report Text": TEXT}]}), "r.json[0]"),
        ("r.json", json.dumps({"study": "1.2", "findings": "Edema.", "impression": "Failure."}), "r.json[0]"),
        ("r.jsonl", "\n" + json.dumps({"study": "1.2", "report": TEXT}) + "\n", "r.jsonl:2"),
        ("r.csv", 'Study_Instance_UID,REPORT\n1.2,"' + TEXT + '"\n', "r.csv:4"),
        ("r.tsv", "study\tfindings\tconclusion\n1.2\tEdema.\tFailure.\n", "r.tsv:2"),
        ("1.2.txt", TEXT, "1.2.txt"),
        ("r.csv", "\ufeffstudy,findings,impression\n1.2,Edema.,Failure.\n", "r.csv:2"),
    ],
)
def test_every_form_gives_the_same_report(found, name, content, place):
    (report,), troubles = found(name, content)

    assert (report.study, report.place, troubles) == ("1.2", place, ())
    assert (report.sections.findings, report.sections.impression) == ("Edema.", "Failure.")


def test_keys_labels_and_the_sites_split_are_read(found):
    (report,), _ = found(
        "r.csv", "accession,file path,patient id,report,split,Edema,Fracture\nA1,a\\b.dcm,P,Clear.,TEST,-1,\n"
    )

    assert (report.accession, report.file, report.patient, report.split) == ("A1", "a/b.dcm", "P", "test")
    assert report.labels == {"edema": "uncertain"}
    assert report.sections.findings == "Clear."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.csv", "when,who\n1,2\n", "names no study"),
        ("words.csv", "report\nClear.\n", "names no study"),
        ("r.json", "{", "can't be read"),
        ("r.json", "[]", "names no study"),
        ("r.json", '[{"study": "1", "report": "a"}, 5]', "no object"),
        ("r.jsonl", "not json\n", "can't be read"),
        ("r.csv", "accession,findings\nA1,a,b\n", "cells"),
        ("r.csv", "accession,findings,Edema\nA1,a,maybe\n", "'maybe'"),
        ("r.csv", "accession,findings,split\nA1,a,some\n", "split"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_remedy(found, name, content, said):
    _, (trouble,) = found(name, content)

    assert said in trouble.what
    assert trouble.row.startswith(name)
    assert trouble.remedy


@pytest.mark.parametrize("name", ["reports.csv", "1.txt", "r.json"])
def test_a_file_that_is_not_utf_8_is_told(tmp_path, name):
    troubles = Troubles()
    (tmp_path / name).write_bytes("study,report\n1,소견\n".encode("cp949"))

    assert list(reports_in(tmp_path / name, name, troubles)) == []
    assert "UTF-8" in troubles.all()[0].remedy


def test_a_readme_is_no_report(found):
    assert found("README.txt", "About.") == ([], ())
    assert found("LICENCE.txt", "Ours.") == ([], ())

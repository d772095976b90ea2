"""Structured reports among the films: the signed one counts, drafts and programs' words never do."""

from __future__ import annotations

import pytest

from inference.training.sources import open_data
from inference.training.sources.found_reports import of_document
from tests.factories import uid, write_film
from tests.factories.structured_report import item, observer, text, write_report
from viewer.core.report_document import ReportDocument, ReportPart

STUDY = uid("study", 1)
SECTIONS = [
    item("CONTAINER", "Findings", [text("Finding", "Large heart."), text("Finding", "No effusion.")]),
    item("CONTAINER", "Impressions", [text("Impression", "Cardiomegaly.")]),
    item("CONTAINER", "Indications for Procedure", [text("Comment", "Dyspnea.")]),
]


@pytest.fixture
def site(tmp_path):
    write_film(tmp_path / "1.dcm", rows=24, columns=20, study_uid=STUDY, patient_id="P-1")

    def read(*reports):
        for number, (content, header) in enumerate(reports):
            write_report(tmp_path / f"r{number}.dcm", content, study_uid=STUDY, **header)
        return open_data(f"folder:{tmp_path}")

    return read


def test_a_structured_report_is_the_studys_text(site):
    data = site((SECTIONS, {}))

    (study,) = data.studies
    assert (study.findings, study.impression) == ("Large heart. No effusion.", "Cardiomegaly.")
    assert study.indication == "Dyspnea."
    assert (study.row, data.troubles) == ("r0.dcm", ())


@pytest.mark.parametrize(
    "parts",
    [
        [("Report", "FINDINGS: Large heart.\nIMPRESSION: Cardiomegaly.")],
        [("Findings", "Large heart."), ("Conclusions", "Cardiomegaly.")],
        [("Something of its own", "Large heart.")],
        [("", "Large heart.")],
    ],
)
def test_other_trees_give_their_words_too(parts):
    document = ReportDocument(parts=tuple(ReportPart(*part) for part in parts))

    assert of_document(document, "r.dcm").sections.findings_or_free == "Large heart."


def test_the_verified_and_then_the_latest_of_several_counts(site):
    def findings(words):
        return [item("CONTAINER", "Findings", [text("Finding", words)])]

    data = site(
        (findings("First."), {"VerificationFlag": "VERIFIED", "ContentDate": "20240101"}),
        (findings("Second."), {"VerificationFlag": "VERIFIED", "ContentDate": "20240105"}),
        (findings("Third."), {"ContentDate": "20240109"}),
    )

    assert data.studies[0].findings == "Second."


def test_what_must_not_be_learnt_is_left_out_and_told(site):
    cases = [
        (SECTIONS, {"PreliminaryFlag": "PRELIMINARY"}, "draft"),
        (SECTIONS, {"CompletionFlag": "PARTIAL"}, "draft"),
        ([observer("Device"), *SECTIONS], {}, "a program wrote"),
        (SECTIONS, {"PatientID": "P-2"}, "another one than the film's"),
        ([item("NUM", "Length")], {}, "no words"),
        (SECTIONS, {"StudyInstanceUID": "1.2.3"}, "names no study"),
    ]
    data = site(*((content, header) for content, header, _ in cases))

    assert data.studies[0].findings == ""
    for number, (_, _, said) in enumerate(cases):
        assert any(said in trouble.what and trouble.row == f"r{number}.dcm" for trouble in data.troubles), (
            said
        )


def test_a_report_that_a_person_and_a_device_observed_is_a_persons(site):
    assert site(([observer("Person"), observer("Device"), *SECTIONS], {})).studies[0].findings

"""Open-i: reports in XML, films by their names, and what a person coded before what a rule read."""

from __future__ import annotations

import pytest

from inference.training.sources import open_data
from inference.training.sources.openi import coded
from tests.factories.data_sets import write_csv, write_film_picture, write_text

FRONTAL, LATERAL = "CXR1_1_IM-0001-3001", "CXR1_1_IM-0001-4001"
REPORT = """<?xml version="1.0" encoding="utf-8"?>
<eCitation><uId id="CXR1"/>
<MedlineCitation><Article><Abstract>
<AbstractText Label="COMPARISON">None.</AbstractText>
<AbstractText Label="INDICATION">Positive TB test</AbstractText>
<AbstractText Label="FINDINGS">The heart is
 large. No effusion.</AbstractText>
<AbstractText Label="IMPRESSION">Large heart.</AbstractText>
</Abstract></Article></MedlineCitation>
<MeSH><major>Cardiomegaly/mild</major><major>Nodule/lung/left</major><automatic>heart</automatic></MeSH>
{images}</eCitation>"""


def report(*images: str) -> str:
    return REPORT.format(
        images="".join(f'<parentImage id="{image}"><figureId>F1</figureId></parentImage>' for image in images)
    )


@pytest.fixture
def openi(tmp_path):
    for name in (FRONTAL, LATERAL):
        write_film_picture(tmp_path / "NLMCXR_png" / f"{name}.png")

    def read(**reports):
        for name, content in reports.items():
            write_text(tmp_path / "ecgen-radiology" / f"{name.removeprefix('r')}.xml", content)
        return open_data(f"openi:{tmp_path}")

    return read


def test_a_report_has_its_sections_films_and_labels(openi):
    data = openi(r1=report(FRONTAL))

    (study,) = data.studies
    assert (study.findings, study.impression) == ("The heart is large. No effusion.", "Large heart.")
    assert (study.indication, study.row) == ("Positive TB test", "1.xml")
    assert (study.labels["cardiomegaly"], study.labels["pleural effusion"]) == ("present", "absent")
    assert study.labels["lung lesion"] == "present"
    assert data.open_film(study.films[0]).stored.shape == (24, 20)
    assert data.troubles == ()


def test_which_film_is_the_lateral_one_is_known_from_the_table_or_told_to_be_unknown(openi, tmp_path):
    data = openi(r1=report(FRONTAL, LATERAL))
    assert [film.role for film in data.studies[0].films] == ["current", "current"]
    assert "lateral" in data.troubles[0].what

    write_csv(
        tmp_path / "indiana_projections.csv", ["uid", "filename", "projection"],
        [[1, "1_1_IM-0001-3001.dcm.png", "Frontal"], [1, "1_1_IM-0001-4001.dcm.png", "Lateral"]],
    )  # fmt: skip
    data = openi()
    assert [film.role for film in data.studies[0].films] == ["current", "lateral"]
    assert data.troubles == ()


@pytest.mark.parametrize(
    "content",
    [
        "<eCitation>",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><eCitation>&a;<parentImage id="' + FRONTAL + '"/></eCitation>',
        "no xml",
        report("CXR9_IM-none"),
    ],
)
def test_broken_reports_and_those_without_films_are_told(openi, content):
    data = openi(r1=report(FRONTAL), r2=content)

    assert len(data.studies) == 1
    assert [trouble.row for trouble in data.troubles] == ["2.xml"]


def test_headings_state_and_deny_nothing():
    assert coded(["normal"]) == {"no finding": "present"}
    assert coded(["Thickening/pleura/apex", "Thickening/bronchi"]) == {
        "pleural other": "present",
        "no finding": "absent",
    }
    assert coded(["Spine/degenerative"]) == {}

"""A report finds the one study that it names, and none where it names several."""

from __future__ import annotations

import pytest

from inference.training.sources.found_reports import FoundReport
from inference.training.sources.matching import StudyNames, matched
from inference.training.sources.sections import Sections
from inference.training.sources.tables import Troubles


@pytest.fixture
def names():
    made = StudyNames()
    made.add("1", "A1", "a/x1.dcm")
    made.add("1", "A1", "a/x2.dcm")
    made.add("2", "A2", "b/x1.dcm")
    made.add("3", "SAME", "c/x3.dcm")
    made.add("4", "SAME", "c/x4.dcm")
    return made


def one(**keys) -> FoundReport:
    return FoundReport("r:2", Sections(findings="Clear."), **keys)


@pytest.mark.parametrize(
    ("keys", "study"),
    [
        ({"study": "2"}, "2"),
        ({"accession": "A1"}, "1"),
        ({"study": "9", "accession": "A1"}, "1"),
        ({"study": "3", "accession": "SAME"}, "3"),
        ({"file": "x3.dcm"}, "3"),
        ({"file": "x3"}, "3"),
        ({"file": "a/x1.dcm"}, "1"),
        ({"file": "/export/of/2024/x4.dcm"}, "4"),
        ({"study": "report", "accession": "report", "file": "report", "folder": "b"}, "2"),
        ({"study": "A2", "accession": "A2", "file": "A2", "folder": "a"}, "2"),
    ],
)
def test_a_report_finds_its_study(names, keys, study):
    troubles = Troubles()

    assert list(matched([one(**keys)], names, troubles)) == [study]
    assert troubles.all() == ()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"study": "9"}, "names no study"),
        ({}, "names no study"),
        ({"accession": "SAME"}, "2 studies have this AccessionNumber"),
        ({"file": "x1.dcm"}, "2 studies have this file name"),
        ({"study": "1", "accession": "A2"}, "name different studies"),
        ({"study": "report", "file": "report", "folder": "c"}, "names no study"),
    ],
)
def test_a_report_that_fits_no_one_study_is_nobodys(names, keys, said):
    troubles = Troubles()

    assert matched([one(**keys)], names, troubles) == {}
    (trouble,) = troubles.all()
    assert said in trouble.what
    assert (trouble.row, bool(trouble.remedy)) == ("r:2", True)

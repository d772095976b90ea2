"""The words of a structured report, read in the decode worker, whatever its template and however it is built."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, ImplicitVRLittleEndian

from tests.factories import write_film
from tests.factories.structured_report import item, observer, text, write_report
from viewer.core import report_tree
from viewer.core.errors import FilmError, NotAnImage
from viewer.core.reader import FilmReader
from viewer.core.report_document import (
    LONGEST_PART,
    ReportDocument,
    ReportPart,
    document_from_json,
    document_to_json,
)
from viewer.core.report_tree import read_report
from viewer.core.study import Source


def words(path) -> list[tuple[str, str]]:
    return [(part.heading, part.text) for part in read_report(path.read_bytes()).parts]


def test_words_stand_under_their_headings(tmp_path):
    content = [
        item("CONTAINER", "Findings", [text("Finding", "Clear lungs."), text("Finding", "Large heart.")]),
        text("Impression", "Cardiomegaly."),
    ]
    path = write_report(tmp_path / "r.dcm", content, study_uid="1.2.3")

    assert words(path) == [
        ("Findings", "Clear lungs."),
        ("Findings", "Large heart."),
        ("Impression", "Cardiomegaly."),
    ]


def test_a_measurement_report_gives_its_words_from_the_depth_of_its_tree(tmp_path):
    group = item("CONTAINER", "Measurement Group", [item("NUM", "Length"), text("Comment", "Nodule, 8 mm.")])
    content = [item("CONTAINER", "Imaging Measurements", [group])]
    path = write_report(
        tmp_path / "r.dcm", content, study_uid="1.2.3", sop_class=ComprehensiveSRStorage,
        transfer_syntax=ImplicitVRLittleEndian,
    )  # fmt: skip

    assert words(path) == [("Measurement Group", "Nodule, 8 mm.")]


def test_who_wrote_it_and_in_which_state_is_told(tmp_path):
    path = write_report(
        tmp_path / "r.dcm", [observer("Device"), text("Finding", "Größe normal. 정상.")], study_uid="1.2.3",
        VerificationFlag="VERIFIED", PreliminaryFlag="FINAL", AccessionNumber="ACC1",
    )  # fmt: skip
    told = read_report(path.read_bytes())

    assert (told.study_instance_uid, told.accession_number, told.patient_id) == ("1.2.3", "ACC1", "P-1")
    assert (told.completion, told.verification, told.preliminary) == ("COMPLETE", "VERIFIED", "FINAL")
    assert told.observer_types == ("Device",)
    assert told.parts[0].text == "Größe normal. 정상."
    assert told.content_time == "20240103120000"


def test_the_reader_brings_it_over_from_its_worker(tmp_path):
    path = write_report(tmp_path / "r.dcm", [text("Finding", "Clear.")], study_uid="1.2.3")
    film = write_film(tmp_path / "film.dcm", rows=16, columns=16)
    (tmp_path / "r.txt").write_text("FINDINGS: Clear.")
    with FilmReader() as reader:
        assert reader.report(Source(path)).parts == (ReportPart("Finding", "Clear."),)
        for other in (film, tmp_path / "r.txt", tmp_path / "none.dcm"):
            with pytest.raises(FilmError):
                reader.report(Source(other))


def test_a_film_is_no_report(tmp_path):
    with pytest.raises(NotAnImage, match="no structured report"):
        read_report(write_film(tmp_path / "f.dcm", rows=16, columns=16).read_bytes())


def test_a_tree_without_end_ends(tmp_path, monkeypatch):
    deep: Dataset = text("Finding", "far down")
    for _ in range(40):
        deep = item("CONTAINER", "Deeper", [deep])
    many = [text("Finding", str(number)) for number in range(50)]
    path = write_report(tmp_path / "r.dcm", [deep, *many], study_uid="1.2.3")

    assert ("Deeper", "far down") not in words(path)
    monkeypatch.setattr(report_tree, "MOST_PARTS", 7)
    assert len(words(path)) == 7
    monkeypatch.setattr(report_tree._Walk, "__init__", _with_few_items(report_tree._Walk.__init__))
    assert len(words(path)) < 7


def _with_few_items(plain):
    def start(self, file, sets):
        plain(self, file, sets, left=5)

    return start


def test_an_answer_that_is_no_report_is_refused():
    sound = document_to_json(ReportDocument(parts=(ReportPart("Findings", "Clear."),)))

    assert document_from_json(sound).parts[0].text == "Clear."
    for broken in (
        None,
        {},
        sound | {"more": 1},
        sound | {"parts": [{"heading": "a"}]},
        sound | {"parts": [{"heading": "a", "text": "x" * (LONGEST_PART + 1)}]},
        sound | {"patient_id": 5},
        sound | {"observer_types": [1]},
        sound | {"parts": "text"},
    ):
        with pytest.raises(ValueError, match=r"no|short"):
            document_from_json(broken)

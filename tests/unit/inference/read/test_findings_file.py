"""findings.json keeps its promised form, whatever was read."""

import json

import pytest

from inference.backend import FINDINGS
from inference.read.findings_file import Skip, findings_json
from tests.factories.read_drafts import PACK, draft, film, refused


def written(*drafts, skipped=()) -> dict:
    return json.loads(json.dumps(findings_json(drafts, skipped, PACK)))


def test_the_top_level_is_as_promised():
    told = written(draft(film("a.dcm")))

    assert set(told) == {"pack", "draft", "films", "report", "skipped", "studies"}
    assert told["pack"] == {"id": "starter", "sha256": "a" * 64}
    assert told["draft"] is True
    assert told["report"] == {"findings": "Small effusion.", "impression": "Effusion."}


def test_each_film_that_was_read_lists_all_thirteen_findings():
    one = film("a.dcm")
    (told,) = written(draft(one))["films"]

    assert set(told) == {"path", "sop_instance_uid", "view", "rows", "columns", "findings"}
    assert (told["path"], told["sop_instance_uid"]) == ("a.dcm", one.header.sop_instance_uid)
    assert (told["view"], told["rows"], told["columns"]) == ("PA", 200, 100)
    assert tuple(finding["name"] for finding in told["findings"]) == FINDINGS
    for finding in told["findings"]:
        assert set(finding) == {"name", "state", "confidence", "boxes"}


def test_states_confidences_and_boxes_are_those_of_the_film():
    (told,) = written(draft(film("a.dcm")))["films"]
    found = {finding["name"]: finding for finding in told["findings"]}

    assert found["pleural effusion"]["state"] == "present"
    assert found["pleural effusion"]["confidence"] == 0.9123
    assert found["pleural effusion"]["boxes"] == [[10.12, 20.0, 50.0, 80.0]]
    assert found["edema"]["state"] == "absent"
    assert found["edema"]["boxes"] == []
    assert found["fracture"] == {"name": "fracture", "state": "not assessed", "confidence": None, "boxes": []}


def test_several_studies_are_joined_under_headings_and_listed_each():
    told = written(draft(film("a.dcm")), draft(film("b.dcm", study="9"), report="Clear lungs."))

    assert told["report"]["findings"] == (
        "Study 1 of 2 (a.dcm)\nSmall effusion.\n\nStudy 2 of 2 (b.dcm)\nClear lungs."
    )
    assert [study["films"] for study in told["studies"]] == [["a.dcm"], ["b.dcm"]]
    assert told["studies"][1]["report"]["findings"] == "Clear lungs."


def test_a_film_that_was_refused_is_no_film_that_was_read():
    chest, lateral = film("pa.dcm"), film("ll.dcm", view="LL")
    half = draft(chest)
    told = written(
        draft(
            chest, lateral, findings=half.findings, boxes=half.boxes, refusals=(refused(lateral, "lateral"),)
        ),
        skipped=[Skip(lateral.source, "not read: lateral")],
    )

    assert [one["path"] for one in told["films"]] == ["pa.dcm"]
    assert told["skipped"] == [{"path": "ll.dcm", "reason": "not read: lateral"}]


def test_a_reading_that_broke_off_counts_no_film_as_read():
    broken = draft(film("a.dcm"), error="The AI stopped.")

    assert written(broken)["films"] == []
    assert broken.reason_of(broken.order.films[0]) == "The AI stopped."


def test_nothing_in_it_names_the_patient():
    text = json.dumps(findings_json([draft(film("a.dcm", patient="DOE^JOHN"))], [], PACK))

    assert "DOE" not in text
    assert "Name of" not in text


def test_sentences_name_their_findings_and_flags_their_sentences():
    (study,) = written(draft(film("a.dcm")))["studies"]

    assert study["sentences"] == [{"text": "Small effusion.", "findings": ["pleural effusion"]}]
    assert study["flags"] == [
        {"kind": "measurement", "why": "“3 cm” was not measured.", "sentence": "Small effusion."}
    ]


def test_nothing_read_is_said_with_empty_lists():
    told = written(skipped=[Skip(film("x.dcm").source, "can't be opened: no DICOM")])

    assert told["films"] == []
    assert told["report"] == {"findings": "", "impression": ""}
    assert told["skipped"][0]["reason"] == "can't be opened: no DICOM"


@pytest.mark.parametrize("confidence", [0.0, 1.0, 0.123456])
def test_a_confidence_stays_within_zero_and_one(confidence):
    from dataclasses import replace

    half = draft(film("a.dcm"))
    told = written(
        replace(half, findings=tuple(replace(one, confidence=confidence) for one in half.findings))
    )

    assert told["films"][0]["findings"][0]["confidence"] == round(confidence, 4)

"""The FHIR file, held to the JSON schema that HL7 publishes for R4."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from unit.plugin.output.written import AI_BOX, DRAFT, HEART, READER_BOX

from plugin.output.document import FindingShown, Identity, ReportDocument
from plugin.output.fhir import fhir_bundle, fhir_bytes

AT = "2026-11-22T09:00:00.000Z"
SCHEMA = json.loads((Path(__file__).parent / "fhir_r4_part.schema.json").read_text(encoding="utf-8"))
ABSENT = FindingShown("f2", "pneumothorax", "absent", "ai", HEART.film_key, "1.2.3.1", "2.25.8")
OTHER = replace(HEART, id="f3", label="pleural other", certainty_percent=82.0, boxes=())
MOVED = replace(HEART, verdict="edited", boxes=(AI_BOX, READER_BOX), note="Lower.", change="larger")
REJECTED = replace(HEART, id="f4", verdict="rejected", reason="not there")
OWN = replace(HEART, id="f5", by="reader", verdict="added", label="Kerley lines", boxes=(READER_BOX,))
FULL = replace(DRAFT, findings=(HEART, ABSENT, OTHER))
REVIEWED = replace(FULL, status="preliminary", findings=(MOVED, ABSENT, REJECTED, OWN))
SIGNED = replace(REVIEWED, status="signed", reader="Dr Lee", signed_at=AT)
BARE = ReportDocument("draft", Identity(), replace(DRAFT.study, study_date=None, accession_number=""))


def resources(document: ReportDocument, kind: str) -> list[dict]:
    entries = fhir_bundle(document, AT)["entry"]
    return [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == kind]


@pytest.mark.parametrize(
    "document", [FULL, REVIEWED, SIGNED, replace(SIGNED, status="amended"), BARE], ids=lambda one: one.status
)
@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.4"])
def test_the_bundle_keeps_to_the_published_schema(document, pdf):
    jsonschema.Draft6Validator(SCHEMA).validate(json.loads(fhir_bytes(document, AT, pdf)))


def test_the_schema_would_have_said_so():
    wrong = fhir_bundle(FULL, AT)
    wrong["entry"][0]["resource"]["status"] = "done"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft6Validator(SCHEMA).validate(wrong)


@pytest.mark.parametrize(
    ("status", "told"),
    [("draft", "preliminary"), ("preliminary", "preliminary"), ("signed", "final"), ("amended", "amended")],
)
def test_the_status_says_how_far_the_report_is(status, told):
    (report,) = resources(replace(SIGNED, status=status), "DiagnosticReport")

    assert report["status"] == told
    assert ("resultsInterpreter" in report) == (told in {"final", "amended"})


def test_an_unsigned_report_carries_the_mark_in_conclusion_narrative_and_findings():
    (report,) = resources(FULL, "DiagnosticReport")

    assert report["conclusion"].startswith("AI DRAFT – NOT REVIEWED")
    assert "AI DRAFT – NOT REVIEWED" in report["text"]["div"]
    assert all(one["note"][0]["text"] == "AI DRAFT – NOT REVIEWED" for one in resources(FULL, "Observation"))
    assert "AI DRAFT" not in json.dumps(fhir_bundle(SIGNED, AT), ensure_ascii=False)


def test_each_finding_is_an_observation_of_the_report():
    bundle = fhir_bundle(FULL, AT)
    names = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    report = bundle["entry"][0]["resource"]

    told = [names[result["reference"]] for result in report["result"]]

    assert [one["code"]["text"] for one in told] == ["cardiomegaly", "pneumothorax", "pleural other"]
    assert [one["valueCodeableConcept"]["text"] for one in told] == ["Present", "Absent", "Present"]
    assert told[0]["code"]["coding"][0]["system"] == "http://snomed.info/sct"
    assert "coding" not in told[2]["code"]
    assert told[2]["component"][0]["valueQuantity"]["value"] == 82.0
    assert told[0]["device"]["reference"] in names


def test_both_places_of_a_moved_box_are_told_under_one_tracking_uid():
    moved = resources(REVIEWED, "Observation")[0]

    places = [one["valueString"] for one in moved["component"]]
    assert places[0].startswith("2.00 3.00 9.00 11.00 on 1.2.3.1")
    assert places[1].startswith("2.00 3.00 10.00 12.00")
    assert all(place.endswith("tracking UID 2.25.7") for place in places)
    assert [note["text"] for note in moved["note"]] == [
        "Edited by the reader.",
        "Lower.",
        "Since the prior: larger",
    ]


def test_a_signed_bundle_tells_only_what_the_reader_stands_for():
    told = [one["code"]["text"] for one in resources(SIGNED, "Observation")]

    assert told == ["cardiomegaly", "Kerley lines"]
    assert "Rejected by the reader (not there)." in json.dumps(fhir_bundle(REVIEWED, AT))


def test_provenance_names_the_model_and_the_signer():
    (provenance,) = resources(SIGNED, "Provenance")
    (device,) = resources(SIGNED, "Device")

    assert [agent["type"]["coding"][0]["code"] for agent in provenance["agent"]] == ["assembler", "legal"]
    assert provenance["agent"][1]["who"]["display"] == "Dr Lee"
    (draft,) = resources(replace(FULL, reader="Dr Lee"), "Provenance")
    assert len(draft["agent"]) == 1  # nobody has reviewed it
    (reviewed,) = resources(replace(REVIEWED, reader="Dr Lee"), "Provenance")
    assert reviewed["agent"][1]["type"]["coding"][0]["code"] == "author"
    assert device["version"][1]["value"] == "f" * 64
    assert resources(BARE, "Provenance")[0]["agent"][0]["who"]["display"] == "Sidelight"


def test_the_pdf_is_carried_along():
    (report,) = [
        one["resource"]
        for one in fhir_bundle(FULL, AT, b"%PDF-1.4")["entry"]
        if one["resource"]["resourceType"] == "DiagnosticReport"
    ]

    assert base64.b64decode(report["presentedForm"][0]["data"]) == b"%PDF-1.4"


def test_two_films_are_two_views():
    lateral = replace(FULL.films[0], key="l", title="Lateral")
    one, two = (
        resources(FULL, "DiagnosticReport")[0],
        resources(replace(FULL, films=(*FULL.films, lateral)), "DiagnosticReport")[0],
    )

    assert one["code"]["coding"][0]["code"] != two["code"]["coding"][0]["code"]

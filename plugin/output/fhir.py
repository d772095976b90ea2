"""The document as FHIR R4: a DiagnosticReport, an Observation a finding, who made it. One JSON file. Pure.

References:
    FHIR R4 DiagnosticReport, Observation, Provenance; HL7 "DICOM SR to FHIR Resource Mapping" 1.0.0.
"""

from __future__ import annotations

import base64
import json
import uuid
from datetime import date
from html import escape
from typing import Any

from inference.dicom.codes import OWN_SCHEME, Concept, coded, concepts
from plugin.output.blocks import blocks, shown_name
from plugin.output.document import BoxShown, FindingShown, ReportDocument
from viewer.core.element_values import derived_uid

SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "LN": "http://loinc.org",
    OWN_SCHEME: "urn:sidelight:findings",
}
CATEGORY = "http://terminology.hl7.org/CodeSystem/v2-0074"
STATUS = {"draft": "preliminary", "preliminary": "preliminary", "signed": "final", "amended": "amended"}
DICOM_UID = "urn:dicom:uid"
PRESENCE = {"present": "Present", "absent": "Absent", "not assessed": "Not assessed by this model"}
Json = dict[str, Any]


def fhir_bundle(document: ReportDocument, at: str, pdf: bytes = b"") -> Json:
    """A Bundle of the report, its findings and their provenance.

    Args:
        document: What is told.
        at: Now, UTC, ISO 8601.
        pdf: The report as a PDF file, for `presentedForm`; empty leaves it out.
    """
    told = [finding for finding in document.findings if is_told(document, finding)]
    names = {finding.id: _name(document, "Observation", finding.id) for finding in told}
    report = _report(document, at, [names[finding.id] for finding in told], pdf)
    device = _device(document)
    entries = [
        (_name(document, "DiagnosticReport"), report),
        *((names[finding.id], _observation(document, finding, at)) for finding in told),
        *([(_name(document, "Device"), device)] if device else []),
        (_name(document, "Provenance"), _provenance(document, at)),
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(at),
        "entry": [{"fullUrl": name, "resource": resource} for name, resource in entries],
    }


def fhir_bytes(document: ReportDocument, at: str, pdf: bytes = b"") -> bytes:
    """The bundle as a JSON file."""
    return (json.dumps(fhir_bundle(document, at, pdf), ensure_ascii=False, indent=1) + "\n").encode()


def is_told(document: ReportDocument, finding: FindingShown) -> bool:
    """A signed document tells only what the reader stands for: nothing rejected, nothing that they left alone."""
    if document.is_signed:
        return finding.verdict in {"accepted", "edited", "added"}
    return True


# ── the resources ───────────────────────────────────────────────────────────────────────────────────────────────


def _report(document: ReportDocument, at: str, results: list[str], pdf: bytes) -> Json:
    films = [film for film in document.films if not film.is_prior]
    code = concepts()["chest film two views" if len(films) > 1 else "chest film one view"]
    impression = document.section("impression")
    conclusion = " ".join((document.mark, *(impression.lines if impression else ()))).strip()
    made: Json = {
        "resourceType": "DiagnosticReport",
        "text": _narrative(document),
        "identifier": [
            {"system": DICOM_UID, "value": f"urn:oid:{derived_uid('report', document.study.instance_uid)}"}
        ],
        "status": STATUS[document.status],
        "category": [{"coding": [{"system": CATEGORY, "code": "RAD", "display": "Radiology"}]}],
        "code": _coding(code),
        "subject": _subject(document),
        "issued": _instant(document.signed_at or at),
        "imagingStudy": [_study(document)],
    }
    if document.study.study_date:
        made["effectiveDateTime"] = document.study.study_date.isoformat()
    if document.study.accession_number:
        made["basedOn"] = [
            {"type": "ServiceRequest", "identifier": {"value": document.study.accession_number}}
        ]
    if document.is_signed:
        made["resultsInterpreter"] = [_person(document)]
    if results:
        made["result"] = [{"reference": name} for name in results]
    if conclusion:
        made["conclusion"] = conclusion
    if pdf:
        made["presentedForm"] = [
            {
                "contentType": "application/pdf",
                "data": base64.b64encode(pdf).decode(),
                "title": document.mark or "Report",
            }
        ]
    return made


def _observation(document: ReportDocument, finding: FindingShown, at: str) -> Json:
    made: Json = {
        "resourceType": "Observation",
        "identifier": [{"system": DICOM_UID, "value": f"urn:oid:{finding.tracking_uid}"}],
        "status": "final" if document.is_signed else "preliminary",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "imaging",
                    }
                ]
            }
        ],
        "code": _finding_code(finding),
        "subject": _subject(document),
        "issued": _instant(at),
        "valueCodeableConcept": {"text": PRESENCE[finding.presence]},
        "derivedFrom": [_study(document)],
    }
    if finding.by == "ai" and document.model is not None:
        made["device"] = {"reference": _name(document, "Device")}
    notes = _notes(document, finding)
    if notes:
        made["note"] = [{"text": note} for note in notes]
    components = [_box(box) for box in finding.boxes]
    if finding.certainty_percent is not None:
        components.append(
            {
                "code": {"text": "Certainty of finding"},
                "valueQuantity": {
                    "value": finding.certainty_percent,
                    "unit": "%",
                    "system": "http://unitsofmeasure.org",
                    "code": "%",
                },
            }
        )
    if components:
        made["component"] = components
    return made


def _provenance(document: ReportDocument, at: str) -> Json:
    """Who made it and when: FHIR's report itself has no time of signature."""
    agents: list[Json] = []
    if document.model is not None:
        agents.append(_agent("assembler", {"reference": _name(document, "Device")}))
    if document.is_signed or (document.status == "preliminary" and document.reader):
        agents.append(_agent("legal" if document.is_signed else "author", _person(document)))
    if not agents:
        agents.append(_agent("assembler", {"display": "Sidelight"}))
    return {
        "resourceType": "Provenance",
        "target": [{"reference": _name(document, "DiagnosticReport")}],
        "recorded": _instant(document.signed_at or at),
        "agent": agents,
    }


def _device(document: ReportDocument) -> Json | None:
    model = document.model
    if model is None:
        return None
    return {
        "resourceType": "Device",
        "deviceName": [{"name": f"{model.title} ({model.id})", "type": "model-name"}],
        "version": [
            {"value": model.version},
            {"type": {"text": "manifest SHA-256"}, "value": model.sha256},
        ],
    }


# ── their parts ─────────────────────────────────────────────────────────────────────────────────────────────────


def _agent(kind: str, who: Json) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {"type": {"coding": [{"system": system, "code": kind}]}, "who": who}


def _coding(concept: Concept) -> Json:
    coding = {"system": SYSTEMS[concept.scheme], "code": concept.value, "display": concept.meaning}
    return {"coding": [coding], "text": concept.meaning}


def _finding_code(finding: FindingShown) -> Json:
    label = coded(finding.label)
    if label is None or label.is_site_only:
        return {"text": finding.label}
    return {**_coding(label.concept), "text": finding.label}


def _notes(document: ReportDocument, finding: FindingShown) -> list[str]:
    verdict = {
        "accepted": "Accepted by the reader.",
        "edited": "Edited by the reader.",
        "rejected": f"Rejected by the reader{f' ({finding.reason})' if finding.reason else ''}.",
        "added": "Added by the reader.",
        "": "" if document.is_signed else document.mark,
    }[finding.verdict]
    return [
        note
        for note in (verdict, finding.note, finding.change and f"Since the prior: {finding.change}")
        if note
    ]


def _box(box: BoxShown) -> Json:
    left, top, right, bottom = box.xyxy
    frame = f", frame {box.frame}" if box.frame else ""
    place = f"{left:.2f} {top:.2f} {right:.2f} {bottom:.2f}"
    whose = {"ai": "AI", "reader": "reader", "prior": "on the prior"}[box.by]
    return {
        "code": {"text": f"Bounding box ({whose}): left top right bottom, stored pixels"},
        "valueString": f"{place} on {box.sop_instance_uid}{frame}; tracking UID {box.tracking_uid}",
    }


def _narrative(document: ReportDocument) -> Json:
    """What a person reads; the marks are in it."""
    said = "".join(
        f"<p>{'<b>' + escape(block.title) + '</b> ' if block.title else ''}{'<br/>'.join(map(escape, block.lines))}</p>"
        for block in blocks(document, with_identity=False)
    )
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}


def _subject(document: ReportDocument) -> Json:
    who = document.identity
    made: Json = {"type": "Patient", "display": shown_name(who.name) or "not known"}
    if who.patient_id:
        made["identifier"] = {"value": who.patient_id}
    return made


def _person(document: ReportDocument) -> Json:
    made: Json = {"type": "Practitioner", "display": document.reader or "not named"}
    return made


def _study(document: ReportDocument) -> Json:
    uid = document.study.instance_uid
    return {"type": "ImagingStudy", "identifier": {"system": DICOM_UID, "value": f"urn:oid:{uid}"}}


def _name(document: ReportDocument, *parts: str) -> str:
    """A name inside the bundle that follows from what it names."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join((document.study.instance_uid, *parts)))}"


def _instant(at: str) -> str:
    return at or f"{date.min.isoformat()}T00:00:00Z"

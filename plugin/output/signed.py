"""A signed report as it leaves: the words, findings and signers of its versions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inference.dicom.naming import uid_of_box, uid_of_finding
from plugin.output.document import (
    INCOMPLETE,
    BoxShown,
    Communication,
    FilmShown,
    FindingShown,
    ModelShown,
    ReportDocument,
    Section,
    VersionShown,
)
from plugin.output.findings import films_by_image
from plugin.output.legible import legible
from plugin.output.sections import sections_of
from plugin.signing.state import CriticalRecord, SignedBox, SignedFinding, SignedVersion
from plugin.state import StudyReading

WHAT = {"final": "signed", "addendum": "addendum"}


def as_signed(document: ReportDocument, reading: StudyReading, study_uid: str) -> ReportDocument:
    """The document under its signature; as it is where there is none."""
    versions = reading.signing.versions
    if not versions:
        return document
    first, latest = versions[0], versions[-1]
    addenda = tuple(_addendum(version) for version in versions if version.kind == "addendum")
    return replace(
        document,
        status="amended" if addenda else "signed",
        sections=(*sections_of(first.report, first.impression), *addenda),
        findings=_findings(document, reading, latest, study_uid),
        notes=tuple(note for note in document.notes if note != INCOMPLETE),  # of a later reading
        model=_model(document, latest) if latest.pack else None,
        reader=latest.signer,
        signed_at=latest.at,
        versions=tuple(VersionShown(one.number, WHAT[one.kind], one.at, one.signer) for one in versions),
        communications=communications_of(latest.critical),
        has_ai=latest.saw_ai,
    )


def communications_of(records: Sequence[CriticalRecord]) -> tuple[Communication, ...]:
    """To whom critical findings were told."""
    return tuple(
        Communication(
            log.finding,
            str(log.category),
            log.found_at,
            log.radiologist,
            log.recipient,
            log.received_at,
            f"{log.method}, {log.method_note}" if log.method_note else log.method,
        )
        for record in records
        if (log := record.told) is not None
    )


def _addendum(version: SignedVersion) -> Section:
    return Section(
        "addendum", tuple(legible(version.addendum).strip().splitlines()), version.signer, version.at
    )


def _model(document: ReportDocument, version: SignedVersion) -> ModelShown:
    """The model whose draft was signed; the one that is loaded now may be another."""
    known = document.model
    if known is not None and known.sha256 == version.pack_sha256:
        return known
    return ModelShown(version.pack, "", version.pack, version.pack_sha256, version.pack.startswith("starter"))


# ── the findings as they stood ──────────────────────────────────────────────────────────────────────────────────


def _findings(
    document: ReportDocument, reading: StudyReading, version: SignedVersion, study_uid: str
) -> tuple[FindingShown, ...]:
    by_image = films_by_image(reading, document.films)
    now = {one.id: one for one in document.findings}
    return tuple(
        _finding(reading, one, by_image[one.image], study_uid, now.get(one.id))
        for one in version.findings
        if one.image in by_image
    )


def _finding(
    reading: StudyReading, one: SignedFinding, film: FilmShown, study_uid: str, now: FindingShown | None
) -> FindingShown:
    """What of it no version keeps (the change since the prior) is told as the comparison has it."""
    percent = round(one.confidence * 100, 1) if one.calibrated and one.confidence is not None else None
    model = next((known for known in reading.findings if known.id == one.id), None)
    side = f"Side: {one.side}." if one.side else ""
    return FindingShown(
        id=one.id,
        label=legible(one.label),
        presence="present",
        by="reader" if one.status == "added" else "ai",
        film_key=film.key,
        sop_instance_uid=film.sop_instance_uid,
        tracking_uid=uid_of_finding(study_uid, film.sop_instance_uid, model.label if model else one.id),
        frame=film.frame,
        certainty_percent=percent,
        verdict="" if one.status == "untouched" else one.status,
        reason=one.reason,
        note=legible(" ".join(part for part in (side, one.note.strip()) if part)),
        change=now.change if now is not None else "",
        is_change_of_size=now.is_change_of_size if now is not None else False,
        urgency=_urgency(reading, one.label),
        boxes=tuple(shown for box in one.boxes for shown in _boxes(reading, box, film, study_uid, one.label)),
    )


def _urgency(reading: StudyReading, label: str) -> str:
    told = (record.told for record in reading.signing.critical if record.told is not None)
    return next((str(log.category) for log in told if log.finding.strip().lower() == label.lower()), "")


def _boxes(
    reading: StudyReading, box: SignedBox, film: FilmShown, study_uid: str, label: str
) -> tuple[BoxShown, ...]:
    uid = box.tracking_uid or uid_of_box(study_uid, film.sop_instance_uid, label, box.xyxy)
    if box.origin == "ai":
        return (BoxShown(film.key, film.sop_instance_uid, box.xyxy, "ai", uid, film.frame),)
    shown = BoxShown(film.key, film.sop_instance_uid, box.xyxy, "reader", uid, film.frame)
    made = next((one for one in reading.review.boxes if one.id == box.id), None)
    if made is None or made.of_xyxy is None:
        return (shown,)
    return (BoxShown(film.key, film.sop_instance_uid, made.of_xyxy, "ai", uid, film.frame), shown)

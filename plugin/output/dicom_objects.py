"""From the document to what the writing child needs to know. Pure but for the pixels of the films."""

from __future__ import annotations

from collections.abc import Sequence

from inference.dicom.requests import (
    Algorithm,
    CodedFinding,
    ObjectState,
    Predecessor,
    ReadingObjects,
    Region,
    Section,
    ShownImage,
)
from inference.dicom.shown import ReadPixels, shown_image
from plugin.output.blocks import blocks, numbered_lines
from plugin.output.document import FindingShown, ReportDocument
from plugin.output.fhir import is_told
from plugin.report.split import sentence_texts
from viewer.core.study import Film

ASCII_MARK = "AI DRAFT - NOT REVIEWED"
STATES: dict[str, ObjectState] = {
    "draft": "draft",
    "preliminary": "reviewed",
    "signed": "signed",
    "amended": "signed",
}
CHANGES = ("larger", "smaller", "unchanged")
URGENCIES = ("1", "2", "3")


def reading_objects(
    document: ReportDocument,
    images: Sequence[ShownImage],
    seed: str,
    at: str,
    predecessors: tuple[Predecessor, ...] = (),
) -> ReadingObjects:
    """All that the DICOM objects say.

    Args:
        document: What is told.
        images: How the films are shown, see `shown_images`.
        seed: Of all UIDs of these objects.
        at: Now, ISO 8601 with its zone.
        predecessors: The versions that were written before.
    """
    told = [finding for finding in document.findings if is_told(document, finding)]
    findings = tuple(_coded(document, finding, number) for number, finding in enumerate(told, start=1))
    return ReadingObjects(
        seed=seed,
        made_at=at,
        state=STATES[document.status],
        mark=ASCII_MARK if document.mark else "",
        kinds=("findings", "presentation", "report", "pdf") if findings else ("report", "pdf"),
        algorithm=_algorithm(document),
        findings=findings,
        images=tuple(images),
        sections=_sections(document),
        reader_name=document.reader,
        organization=document.organization,
        signed_at=document.signed_at,
        predecessors=predecessors,
    )


def shown_images(
    document: ReportDocument, films: Sequence[Film], read_pixels: ReadPixels
) -> tuple[ShownImage, ...]:
    """The current films as the reader saw them first; one that can't be decoded goes without its window."""
    by_key = {film.key: film for film in films}
    return tuple(
        shown_image(by_key[shown.key], read_pixels)
        for shown in document.films
        if shown.key in by_key and not shown.is_prior
    )


def _algorithm(document: ReportDocument) -> Algorithm | None:
    model = document.model
    if model is None:
        return None
    return Algorithm(model.title, model.version, (f"pack={model.id}", f"weights_sha256={model.sha256}"))


def _coded(document: ReportDocument, finding: FindingShown, number: int) -> CodedFinding:
    whose = "AI" if finding.by == "ai" else "Reader's"
    regions = tuple(
        Region(box.sop_instance_uid, box.xyxy, box.by, box.tracking_uid, box.frame) for box in finding.boxes
    )
    is_compared = document.prior_date is not None or document.prior_days is not None
    change = finding.change if is_compared else ""
    return CodedFinding(
        label=finding.label,
        name=f"{whose} finding {number}",
        presence="undetermined" if finding.presence == "not assessed" else finding.presence,
        by=finding.by,
        sop_instance_uid=finding.sop_instance_uid,
        tracking_uid=finding.tracking_uid,
        frame=finding.frame,
        certainty_percent=finding.certainty_percent,
        regions=regions,
        change=change if change in CHANGES and finding.is_change_of_size else "",  # type: ignore[arg-type]  # held to CHANGES
        urgency=finding.urgency if finding.urgency in URGENCIES else "",  # type: ignore[arg-type]  # held to URGENCIES
        verdict=finding.verdict,
        comments=_comments(document, finding, change),
    )


def _comments(document: ReportDocument, finding: FindingShown, change: str) -> tuple[str, ...]:
    """What no code carries."""
    verdict = {
        "accepted": "Accepted by the reader.",
        "edited": "Edited by the reader.",
        "rejected": f"Rejected by the reader: {finding.reason or 'no reason given'}.",
        "added": "Added by the reader.",
        "": "Not reviewed.",
    }[finding.verdict]
    prior = f" of {document.prior_date.isoformat()}" if document.prior_date else ""
    basis = " by the size of the boxes" if finding.is_change_of_size else ""
    told = (
        verdict,
        "Not assessed by this model." if finding.presence == "not assessed" else "",
        f"{change.capitalize()} since the prior{prior}{basis}." if change else "",
        finding.note,
    )
    return tuple(text for text in told if text)


def _sections(document: ReportDocument) -> tuple[Section, ...]:
    made = [
        Section(
            section.kind,
            numbered_lines(section.lines)
            if section.kind == "impression"
            else sentence_texts("\n".join(section.lines)),
        )
        for section in document.sections
    ]
    small = (block for block in blocks(document, with_identity=False) if block.kind in {"mark", "small"})
    notes = tuple(dict.fromkeys(line for block in small for line in block.lines))
    return (*made, Section("note", tuple(_ascii_mark(note) for note in notes)))


def _ascii_mark(text: str) -> str:
    return text.replace("AI DRAFT – NOT REVIEWED", ASCII_MARK)

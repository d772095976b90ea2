"""findings.json: what scripts read. Its form is a promise; see tests/unit/inference/read/test_findings_file.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inference.backend import Finding, PackInfo
from inference.read.draft import StudyDraft
from viewer.core.study import Film, Source

DIGITS = 4  # of a confidence: more would claim a precision that there isn't


@dataclass(frozen=True, slots=True)
class Skip:
    """A file that was not read, and why."""

    source: Source
    reason: str


def findings_json(drafts: Sequence[StudyDraft], skipped: Sequence[Skip], pack: PackInfo) -> dict[str, Any]:
    """The whole file. Holds paths and SOP Instance UIDs, and nothing else that could name a patient.

    Returns:
        `films`: every film that was read, each with all 13 findings; boxes as [x1, y1, x2, y2] in stored pixels.
        `report`: of the study; of several studies joined under a heading each. `studies` has each one's own.
    """
    read = [draft for draft in drafts if draft.films_read()]
    return {
        "pack": {"id": pack.id, "sha256": pack.sha256},
        "draft": True,
        "films": [_film(draft, film) for draft in read for film in draft.films_read()],
        "report": joined_report(read),
        "skipped": [{"path": str(one.source), "reason": one.reason} for one in skipped],
        "studies": [_study(draft) for draft in read],
    }


def joined_report(read: Sequence[StudyDraft]) -> dict[str, str]:
    """Findings and impression of one study as they are, of several under headings."""
    if len(read) == 1:
        return {"findings": read[0].report.strip(), "impression": read[0].impression.strip()}
    return {
        "findings": "\n\n".join(f"{heading(read, draft)}\n{draft.report.strip()}" for draft in read),
        "impression": "\n\n".join(f"{heading(read, draft)}\n{draft.impression.strip()}" for draft in read),
    }


def heading(read: Sequence[StudyDraft], draft: StudyDraft) -> str:
    """`Study 2 of 3 (a.dcm, b.dcm)`."""
    return f"Study {read.index(draft) + 1} of {len(read)} ({draft.order.names})"


def _film(draft: StudyDraft, film: Film) -> dict[str, Any]:
    header = film.header
    return {
        "path": str(film.source),
        "sop_instance_uid": header.sop_instance_uid,
        "view": header.view_position,
        "rows": header.pixels.rows,
        "columns": header.pixels.columns,
        "findings": [_finding(draft, one) for one in draft.findings_of(film)],
    }


def _finding(draft: StudyDraft, finding: Finding) -> dict[str, Any]:
    confidence = finding.confidence
    return {
        "name": finding.label,
        "state": finding.presence,
        "confidence": None if confidence is None else round(confidence, DIGITS),
        "boxes": [[round(edge, 2) for edge in box.xyxy] for box in draft.boxes_of(finding)],
    }


def _study(draft: StudyDraft) -> dict[str, Any]:
    return {
        "films": [str(film.source) for film in draft.films_read()],
        "priors": [str(film.source) for film in draft.order.priors],
        "prior_days_before": draft.order.days_before,
        "report": {"findings": draft.report.strip(), "impression": draft.impression.strip()},
        "sentences": [
            {
                "text": one.text,
                "findings": sorted({f.label for f in draft.findings if f.id in one.finding_ids}),
            }
            for one in draft.sentences
        ],
        "flags": [
            {"kind": one.kind, "why": one.why, "sentence": _text(draft, one.sentence_id)}
            for one in draft.flags
        ],
        "warnings": list(draft.order.warnings),
        "notices": {
            str(film.source): list(notices)
            for film in draft.films_read()
            if (notices := draft.notices_of(film))
        },
    }


def _text(draft: StudyDraft, sentence_id: str | None) -> str | None:
    return next((one.text for one in draft.sentences if one.id == sentence_id), None)

"""Which marks on the films are still drafts once the report is signed. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading, finding_of_box
from viewer.api import Mark


def as_signed(marks: tuple[Mark, ...], reading: StudyReading) -> tuple[Mark, ...]:
    """The marks, no drafts any more where the report is signed; AI boxes that nobody judged stay drafts."""
    latest = reading.signing.latest
    if latest is None:
        return marks
    judged = {one.id for one in reviewed_findings(reading) if one.is_looked_at}
    boxes = {box.id for one in reviewed_findings(reading) if one.id in judged for box in one.boxes}
    return tuple(
        mark if _is_unjudged(reading, mark, boxes, judged) else replace(mark, is_draft=False)
        for mark in marks
    )


def _is_unjudged(reading: StudyReading, mark: Mark, boxes: set[str], judged: set[str]) -> bool:
    finding_id = finding_of_box(reading, mark.id)
    return finding_id is not None and finding_id not in judged and mark.id not in boxes

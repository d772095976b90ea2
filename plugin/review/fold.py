"""How the reader's decisions change what is known of a study. Pure."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import Finding
from plugin.review.fold_boxes import fold_boxes
from plugin.review.rejection import sentences_to_go
from plugin.review.reviewed import reviewed_finding, reviewed_findings
from plugin.review.state import (
    AddBegun,
    AddedFinding,
    BoxAdded,
    BoxDeleted,
    BoxMoved,
    BoxRestored,
    EditBegun,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
    ReasonAsked,
    RejectReason,
    Review,
    ReviewEvent,
    ReviewSetBack,
    Verdict,
    VerdictKind,
    VerdictTakenBack,
)
from plugin.state import StudyReading


def fold_review(reading: StudyReading, event: ReviewEvent) -> StudyReading:
    """Return what is known after the reader's decision. What is about nothing known changes nothing."""
    match event:
        case FindingAccepted(finding_id, at):
            return _judge(reading, finding_id, at, "accepted")
        case FindingRejected(finding_id, at, reason, note):
            return _judge(reading, finding_id, at, "rejected", reason=reason, note=note)
        case FindingEdited(finding_id, words, at):
            return _reword(reading, finding_id, words, at)
        case VerdictTakenBack(finding_id):
            return _take_back(reading, finding_id)
        case FindingAdded(finding_id, image, words, at):
            review = reading.review
            if finding_id in {one.id for one in reading.findings} | {one.id for one in review.added}:
                return reading  # an id names one thing
            added = (*review.added, AddedFinding(finding_id, image, words, at))
            return replace(reading, review=replace(_settled(review), added=added))
        case BoxMoved() | BoxAdded() | BoxDeleted() | BoxRestored():
            return fold_boxes(reading, event)
        case ReviewSetBack(review):
            return replace(reading, review=at_rest(review))
        case ReasonAsked(finding_id):
            asked = finding_id if _model_finding(reading, finding_id) is not None else None
            return replace(reading, review=replace(_settled(reading.review), asks_reason_of=asked))
        case AddBegun(image):
            return replace(reading, review=replace(_settled(reading.review), adds_to=image))
        case EditBegun(finding_id):
            known = finding_id if reviewed_finding(reading, finding_id) is not None else None
            return replace(reading, review=replace(_settled(reading.review), edits=known))


def at_rest(review: Review) -> Review:
    """Nothing is being asked or worded, and no finding was reached."""
    return replace(review, reached=None, asks_reason_of=None, edits=None, adds_to=None)


def begin_again(review: Review) -> Review:
    """Another reading begins: verdicts wait for their findings, what was just being done is over."""
    return replace(at_rest(review), was_read_again=bool(review.verdicts or review.was_read_again))


def next_to_judge(reading: StudyReading, after: str | None) -> str | None:
    """The next finding without a verdict, round and round; None when all have one."""
    ids = [one.id for one in reviewed_findings(reading)]
    start = ids.index(after) + 1 if after in ids else 0
    open_ones = {one.id for one in reviewed_findings(reading) if not one.is_looked_at}
    return next((one for one in (*ids[start:], *ids[:start]) if one in open_ones), None)


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _settled(review: Review) -> Review:
    return replace(review, asks_reason_of=None, edits=None, adds_to=None)


def _model_finding(reading: StudyReading, finding_id: str | None) -> Finding | None:
    one = reviewed_finding(reading, finding_id)
    return one.model if one is not None else None


def _judge(
    reading: StudyReading,
    finding_id: str,
    at: str,
    kind: VerdictKind,
    words: FindingWords | None = None,
    reason: RejectReason | None = None,
    note: str = "",
) -> StudyReading:
    finding = _model_finding(reading, finding_id)
    if finding is None:
        return reading
    review = reading.review
    made = Verdict(finding.label, finding.image, kind, at, words, reason, note)
    others = _but(review, finding)
    judged = replace(reading, review=replace(at_rest(review), verdicts=(*others, made)))
    if kind == "rejected":
        made = replace(made, took_out=tuple(one.text for one in sentences_to_go(judged)))
        judged = replace(judged, review=replace(judged.review, verdicts=(*others, made)))
    return replace(judged, selected=next_to_judge(judged, finding_id) or finding_id)


def _but(review: Review, finding: Finding) -> tuple[Verdict, ...]:
    old = review.verdict_on(finding)
    return tuple(known for known in review.verdicts if known is not old)


def _reword(reading: StudyReading, finding_id: str, words: FindingWords, at: str) -> StudyReading:
    review = reading.review
    if not any(added.id == finding_id for added in review.added):
        return _judge(reading, finding_id, at, "edited", words)
    added = tuple(
        replace(known, words=words, at=at) if known.id == finding_id else known for known in review.added
    )
    return replace(reading, review=replace(_settled(review), added=added))


def _take_back(reading: StudyReading, finding_id: str) -> StudyReading:
    review = _settled(reading.review)
    finding = _model_finding(reading, finding_id)
    if finding is not None:
        return replace(reading, review=replace(review, verdicts=_but(review, finding), reached=None))
    added = tuple(known for known in review.added if known.id != finding_id)
    boxes = tuple(made for made in review.boxes if made.finding_id != finding_id)
    selected = None if reading.selected == finding_id and added != review.added else reading.selected
    return replace(reading, selected=selected, review=replace(review, added=added, boxes=boxes))

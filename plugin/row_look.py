"""What the row of a finding says. Pure; the widget only paints it."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import Finding
from plugin import wording
from plugin.review.reviewed import ReviewedFinding, Status, denied_boxes
from plugin.sentences import sentence_marks
from plugin.state import StudyReading, boxes_of_finding, present_findings

REASONS = {
    "not there": "it is not there",
    "wrong place": "it is in another place",
    "known": "it is known",
    "device": "it is a device",
    "other": "",
}
"""Why a finding was rejected, as its row says it."""

_IN_SHORT = (
    ("", " is among the findings, but no sentence of the report states it", "the report does not state it"),
    ("Denies ", ", which is among the findings", "the report denies it"),
    ("The impression: denies ", ", which is among the findings", "the impression denies it"),
    ("The impression finds nothing, but among the findings there is ", "", "the impression finds nothing"),
)
"""What `inference.engine.sentences` says of one finding: before its name, after it, and in its own row."""


@dataclass(frozen=True, slots=True)
class RowLook:
    """One row. Empty texts are not drawn."""

    id: str
    title: str
    certainty: str = ""  # "likely · 82 %"
    notes: str = ""  # what weakens it: calibration, places
    doubts: tuple[str, ...] = ()  # reasons to doubt it, in full
    verdict: str = ""  # what the reader made of it
    label: str = ""  # the model's, for the colour; empty: the reader's own
    is_present: bool = True
    has_place: bool = False
    has_human_place: bool = False
    status: Status = "untouched"
    can_restore: bool = False  # an AI box of it was moved or denied

    @property
    def doubt(self) -> str:
        """The first reason to doubt it, short enough for a line of the row, and how many more there are."""
        if not self.doubts:
            return ""
        more = len(self.doubts) - 1
        return in_short(self.doubts[0], self.label) + (f" (and {more} more)" if more else "")

    @property
    def spoken(self) -> str:
        """All of it, for screen readers."""
        said = (self.title, self.certainty, self.verdict, self.notes, *self.doubts)
        return ", ".join(part for part in said if part)


def look_of(reading: StudyReading, one: ReviewedFinding) -> RowLook:
    """The row of a present finding, or of one that the reader added."""
    model = one.model
    return RowLook(
        one.id,
        ", ".join(part for part in (wording.sentence_case(one.label), one.side) if part),
        _certainty(one),
        _notes(reading, one),
        doubts_of(reading, model) if model is not None and one.status in {"untouched", "accepted"} else (),
        _verdict(one),
        model.label if model is not None else "",
        True,
        any(box.origin == "ai" for box in one.boxes),
        any(box.origin == "human" for box in one.boxes),
        one.status,
        any(box.of_xyxy for box in one.boxes) or bool(denied_boxes(reading, one)),
    )


def look_of_other(reading: StudyReading, finding: Finding) -> RowLook:
    """The row of a finding that the model called absent, or did not assess."""
    return RowLook(
        finding.id,
        wording.sentence_case(finding.label),
        wording.certainty(finding),
        label=finding.label,
        is_present=False,
        has_place=bool(boxes_of_finding(reading, finding)),
    )


def doubts_of(reading: StudyReading, finding: Finding) -> tuple[str, ...]:
    """Why to look twice: what the flags say of its sentences, or of the finding by name, each once and without a stop.

    What is said of several findings at once concerns the report, and stands there.
    """
    others = {one.label for one in present_findings(reading)} - {finding.label}
    of_sentences = [
        doubt for mark in sentence_marks(reading) if finding.id in mark.finding_ids for doubt in mark.doubts
    ]
    by_name = [
        flag.why
        for flag in reading.flags
        if flag.sentence_id is None
        and finding.label in flag.why
        and flag.image in {None, finding.image}
        and not any(other in flag.why.replace(finding.label, "") for other in others)
    ]
    return tuple(dict.fromkeys(doubt.rstrip(". ") for doubt in (*of_sentences, *by_name)))


def in_short(doubt: str, label: str) -> str:
    """What a doubt says of the finding in whose row it stands: its name is there already."""
    for begin, end, short in _IN_SHORT:
        if doubt == f"{begin}{label}{end}":
            return short
    return doubt


def _certainty(one: ReviewedFinding) -> str:
    if one.model is None:
        return one.certainty
    told = wording.presence_word(one.model)
    return wording.certainty(one.model) if one.certainty == told else f"{one.certainty} (AI: {told})"


def _notes(reading: StudyReading, one: ReviewedFinding) -> str:
    calibration = wording.calibration_note(one.model) if one.model is not None else ""
    return " · ".join(part for part in (calibration, _where(reading, one)) if part)


def _where(reading: StudyReading, one: ReviewedFinding) -> str:
    if len(one.boxes) > 1:
        own = sum(box.origin == "human" for box in one.boxes)
        return f"{len(one.boxes)} places" + (f", {own} by you" if own else "")
    if one.boxes:
        return "box by you" if one.boxes[0].origin == "human" else ""
    if denied_boxes(reading, one):
        return "no box here, as you said"
    if one.model is None:
        return "no box drawn"
    return wording.NO_LOCATION if reading.has_located else ""


def _verdict(one: ReviewedFinding) -> str:
    """In words, so that no colour and no sign has to say it alone."""
    match one.status:
        case "untouched":
            said = ""
        case "accepted":
            said = "Accepted"
        case "added":
            said = "Added by you"
        case "edited":
            changed = one.model is not None and one.model.label != one.label
            said = f"Edited by you (AI: {one.model.label})" if changed and one.model else "Edited by you"
        case "rejected":
            why = REASONS.get(one.reason or "other", "")
            said = f"Rejected: {why}" if why else "Rejected"
    return " – ".join(part for part in (said, one.note) if part)

"""The findings as they stand: what the model told, and what the reader made of it. Pure.

Everything that is drawn, checked, signed, counted or written out about findings is taken from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import Box, Finding, Xyxy
from plugin import wording
from plugin.review.state import AddedFinding, HumanBox, RejectReason, Side, Verdict
from plugin.state import StudyReading, boxes_of_finding, finding_of_box, present_findings

Status = Literal["untouched", "accepted", "edited", "rejected", "added"]
Origin = Literal["ai", "human"]
ORIGINAL = "original "
"""Begins the mark id of an AI box that the reader has moved or denied; HumanBox.id follows."""


@dataclass(frozen=True, slots=True)
class StandingBox:
    """A place of a finding, as it counts now. `of_box` and `of_xyxy` tell the AI's original of a moved one."""

    id: str
    image: str
    xyxy: Xyxy
    origin: Origin
    tracking_uid: str = ""  # empty: nobody has touched it, and no UID was made yet
    of_box: str = ""
    of_xyxy: Xyxy | None = None


@dataclass(frozen=True, slots=True)
class ReviewedFinding:
    """One finding with what the reader decided about it."""

    id: str
    image: str
    label: str  # as the reader words it, else the model's
    status: Status
    certainty: str  # likely, possible or unlikely: the reader's word, else the model's; empty: nothing said
    side: Side = ""
    note: str = ""  # the reader's
    reason: RejectReason | None = None  # of a rejected one
    model: Finding | None = None  # as the model told it; None: the reader's own
    boxes: tuple[StandingBox, ...] = ()

    @property
    def stands(self) -> bool:
        """False for one that the reader rejected."""
        return self.status != "rejected"

    @property
    def is_looked_at(self) -> bool:
        return self.status != "untouched"


def reviewed_findings(reading: StudyReading) -> tuple[ReviewedFinding, ...]:
    """Present findings of the model and the reader's own, rejected ones too, film by film."""
    images = list(dict.fromkeys(film.image for film in reading.films if film.image))
    made = [
        *(_of_model(reading, finding) for finding in present_findings(reading)),
        *(_of_reader(reading, added) for added in reading.review.added),
    ]
    at = {image: place for place, image in enumerate(images)}
    return tuple(sorted(made, key=lambda one: at.get(one.image, len(at))))


def reviewed_finding(reading: StudyReading, finding_id: str | None) -> ReviewedFinding | None:
    return next((one for one in reviewed_findings(reading) if one.id == finding_id), None)


def looked_at(reading: StudyReading) -> tuple[int, int]:
    """How many of the model's present findings have a verdict, and how many there are."""
    of_model = [one for one in reviewed_findings(reading) if one.model is not None]
    return sum(one.is_looked_at for one in of_model), len(of_model)


def progress_text(reading: StudyReading) -> str:
    """For instance "3 of 5 findings looked at"; empty where there are none."""
    done, total = looked_at(reading)
    if not total:
        return ""
    return f"{done} of {total} {'finding' if total == 1 else 'findings'} looked at"


def read_again_text(reading: StudyReading) -> str:
    """What became of the reader's verdicts when the study was read again; empty where nothing needs saying."""
    review = reading.review
    if not (review.was_read_again and reading.is_complete and review.verdicts):
        return ""
    present = {(finding.label, finding.image) for finding in present_findings(reading)}
    gone = [known.label for known in review.verdicts if (known.label, known.image) not in present]
    kept = len(review.verdicts) - len(gone)
    said = [f"Read again: {_verdicts(kept)} kept."] if kept else []
    if gone:
        said.append(f"Not listed any more, though you had judged it: {', '.join(dict.fromkeys(gone))}.")
    return " ".join(said)


def human_version(reading: StudyReading, box: Box) -> HumanBox | None:
    """What the reader made of an AI box, if anything."""
    return next((made for made in reading.review.boxes if is_version_of(made, box)), None)


def is_version_of(made: HumanBox, box: Box) -> bool:
    """A later reading may use the same id for another place: the place must be the same as well."""
    return (made.of_box, made.of_xyxy, made.image) == (box.id, box.xyxy, box.image)


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _verdicts(count: int) -> str:
    return "1 verdict of yours was" if count == 1 else f"{count} verdicts of yours were"


def _of_model(reading: StudyReading, finding: Finding) -> ReviewedFinding:
    verdict = reading.review.verdict_on(finding)
    words = verdict.words if verdict else None
    return ReviewedFinding(
        finding.id,
        finding.image,
        words.label if words else finding.label,
        verdict.kind if verdict else "untouched",
        (words.certainty if words else "") or wording.presence_word(finding),
        words.side if words else "",
        words.note if words else verdict.note if verdict else "",
        verdict.reason if verdict else None,
        finding,
        _boxes_of_model(reading, finding),
    )


def _of_reader(reading: StudyReading, added: AddedFinding) -> ReviewedFinding:
    words = added.words
    own = tuple(
        standing
        for made in reading.review.boxes
        if made.finding_id == added.id
        for standing in _standing(made)
    )
    return ReviewedFinding(
        added.id, added.image, words.label, "added", words.certainty, words.side, words.note, boxes=own
    )


def _boxes_of_model(reading: StudyReading, finding: Finding) -> tuple[StandingBox, ...]:
    pairs = [(box, human_version(reading, box)) for box in boxes_of_finding(reading, finding)]
    shown = [
        standing
        for box, made in pairs
        for standing in (_standing(made) if made is not None else (_untouched(box),))
    ]
    used = {made.id for _, made in pairs if made is not None}
    drawn = [
        standing
        for made in reading.review.boxes
        if made.id not in used and _is_about(made, finding)
        for standing in _standing(made)
    ]
    return (*shown, *drawn)


def _is_about(made: HumanBox, finding: Finding) -> bool:
    return made.finding_id is None and (made.label, made.image) == (finding.label, finding.image)


def _untouched(box: Box) -> StandingBox:
    return StandingBox(box.id, box.image, box.xyxy, "ai")


def _standing(made: HumanBox) -> tuple[StandingBox, ...]:
    if made.xyxy is None:
        return ()
    return (
        StandingBox(made.id, made.image, made.xyxy, "human", made.tracking_uid, made.of_box, made.of_xyxy),
    )


def verdict_of(reading: StudyReading, finding_id: str) -> Verdict | None:
    """The verdict on a finding of the model, by its id in the reading."""
    finding = next((known for known in reading.findings if known.id == finding_id), None)
    return reading.review.verdict_on(finding) if finding is not None else None


def denied_boxes(reading: StudyReading, one: ReviewedFinding) -> tuple[Box, ...]:
    """The AI's boxes of a finding where the reader says that there is none."""
    if one.model is None:
        return ()
    pairs = [(box, human_version(reading, box)) for box in boxes_of_finding(reading, one.model)]
    return tuple(box for box, made in pairs if made is not None and made.xyxy is None)


def finding_of_mark(reading: StudyReading, mark_id: str) -> str | None:
    """The finding that a mark on a film belongs to: the AI's box, the reader's, or the faint original of one."""
    made = next((known for known in reading.review.boxes if known.id == mark_id.removeprefix(ORIGINAL)), None)
    if made is None:
        return finding_of_box(reading, mark_id)
    return next((one.id for one in reviewed_findings(reading) if _belongs(made, one)), None)


def _belongs(made: HumanBox, one: ReviewedFinding) -> bool:
    return made.finding_id == one.id if one.model is None else _is_about(made, one.model)


def box_to_restore(reading: StudyReading, finding_id: str) -> str | None:
    """The reader's latest version of one of the AI's boxes of a finding; None where there is none."""
    one = reviewed_finding(reading, finding_id)
    if one is None:
        return None
    made = [known for known in reading.review.boxes if known.of_xyxy is not None and _belongs(known, one)]
    return made[-1].id if made else None

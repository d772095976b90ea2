"""The reader's verdicts, own findings and own boxes of one study, and what changes them. Plain data.

A verdict belongs to a finding's name on a film, not to the number it had in one run: so it outlasts another reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import Finding, Xyxy

VerdictKind = Literal["accepted", "edited", "rejected"]
RejectReason = Literal["not there", "wrong place", "known", "device", "other"]
Side = Literal["", "left", "right", "both sides"]
Certainty = Literal["", "likely", "possible", "unlikely"]


@dataclass(frozen=True, slots=True)
class FindingWords:
    """A finding as the reader words it. Empty = as the model said it, or nothing said."""

    label: str
    side: Side = ""
    certainty: Certainty = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reader thinks of a finding of the model."""

    label: str  # the model's, from inference.backend.FINDINGS
    image: str  # image_sha256 of its film
    kind: VerdictKind
    at: str  # UTC, ISO 8601
    words: FindingWords | None = None  # of an edited one
    reason: RejectReason | None = None  # of a rejected one
    note: str = ""  # the reader's own words about the rejection
    took_out: tuple[str, ...] = ()  # the model's sentences that the rejection takes out of the report


@dataclass(frozen=True, slots=True)
class AddedFinding:
    """A finding that the model did not call present."""

    id: str
    image: str
    words: FindingWords
    at: str


@dataclass(frozen=True, slots=True)
class HumanBox:
    """The reader's version of a box, or a box of their own. The AI's original is kept as it was.

    One without `of_xyxy` was drawn by the reader; one without `xyxy` says that there is no box where the AI saw one.
    """

    id: str
    image: str
    xyxy: Xyxy | None  # stored pixels of its film, see inference.backend.Box
    tracking_uid: str  # DICOM UID shared by the AI's original and this version
    at: str
    finding_id: str | None = None  # of an AddedFinding; empty: found by `label`
    label: str = ""  # of the model's finding on that film
    of_box: str = ""  # Box.id of the AI's original in the reading it was made from
    of_xyxy: Xyxy | None = None  # the AI's original


@dataclass(frozen=True, slots=True)
class Review:
    """All that the reader has decided about one study's findings and boxes."""

    verdicts: tuple[Verdict, ...] = ()
    added: tuple[AddedFinding, ...] = ()
    boxes: tuple[HumanBox, ...] = ()
    reached: str | None = None  # the finding that J or the mouse led to: Enter is about no other
    asks_reason_of: str | None = None  # rejected, and the reason is being asked
    edits: str | None = None  # the finding whose words are being changed
    adds_to: str | None = None  # the film (image) that the reader words an own finding of
    was_read_again: bool = False  # verdicts of an earlier reading were kept

    @property
    def asked_about(self) -> str | None:
        """The finding whose reason or words are being asked for."""
        return self.asks_reason_of or self.edits

    def verdict_on(self, finding: Finding) -> Verdict | None:
        return next(
            (
                known
                for known in self.verdicts
                if (known.label, known.image) == (finding.label, finding.image)
            ),
            None,
        )


# ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FindingAccepted:
    finding_id: str
    at: str


@dataclass(frozen=True, slots=True)
class FindingRejected:
    finding_id: str
    at: str
    reason: RejectReason = "other"
    note: str = ""


@dataclass(frozen=True, slots=True)
class FindingEdited:
    """The reader words a finding anew: the model's (that is a verdict), or one of their own."""

    finding_id: str
    words: FindingWords
    at: str


@dataclass(frozen=True, slots=True)
class VerdictTakenBack:
    """The finding is as the model told it again; one that the reader added is gone."""

    finding_id: str
    at: str


@dataclass(frozen=True, slots=True)
class FindingAdded:
    """`finding_id` is new, made by whoever tells this."""

    finding_id: str
    image: str
    words: FindingWords
    at: str


@dataclass(frozen=True, slots=True)
class BoxMoved:
    """An AI box or one of the reader's was moved or resized. `new_id` and `tracking_uid` are for its first move."""

    box_id: str
    xyxy: Xyxy
    at: str
    new_id: str
    tracking_uid: str


@dataclass(frozen=True, slots=True)
class BoxAdded:
    """The reader drew a box of a finding, the model's or their own."""

    box_id: str
    image: str
    xyxy: Xyxy
    finding_id: str
    at: str
    tracking_uid: str


@dataclass(frozen=True, slots=True)
class BoxDeleted:
    """There is no box here. An AI box is kept as it was, and noted as denied."""

    box_id: str
    at: str
    new_id: str
    tracking_uid: str


@dataclass(frozen=True, slots=True)
class BoxRestored:
    """The AI's own box is used again. `box_id` is the AI's or that of the reader's version."""

    box_id: str
    at: str


@dataclass(frozen=True, slots=True)
class ReasonAsked:
    """The reader rejects a finding and is asked why; None: not any more, nothing is rejected."""

    finding_id: str | None


@dataclass(frozen=True, slots=True)
class EditBegun:
    """The reader changes a finding's words; None: not any more, nothing is changed."""

    finding_id: str | None


@dataclass(frozen=True, slots=True)
class ReviewSetBack:
    """Undo or redo: all decisions about the study are as they were at another moment."""

    review: Review
    at: str


@dataclass(frozen=True, slots=True)
class AddBegun:
    """The reader words a finding of their own on a film (its image); None: not any more, nothing is added."""

    image: str | None


ReviewEvent = (
    FindingAccepted
    | FindingRejected
    | FindingEdited
    | VerdictTakenBack
    | FindingAdded
    | BoxMoved
    | BoxAdded
    | BoxDeleted
    | BoxRestored
    | ReasonAsked
    | EditBegun
    | AddBegun
    | ReviewSetBack
)

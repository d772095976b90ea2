"""What is known about the signing of one study's report, and what changes it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from inference.backend import Xyxy
from plugin.checks.doubts import Doubt
from plugin.first_look.state import ReadingMode

Stage = Literal["draft", "checking", "confirming"]
"""draft: nothing was asked; checking: what stands against signing is shown; confirming: nothing does any more, and one
more act, a different one, signs. Whether a report is signed is told by its versions."""
VersionKind = Literal["final", "addendum"]
FindingStatus = Literal["untouched", "accepted", "edited", "rejected", "added"]
Category = Literal[1, 2, 3]
"""Of the American College of Radiology: tell it within minutes, hours, days."""
Method = Literal["telephone", "in person", "secure message", "other"]


@dataclass(frozen=True, slots=True)
class SignedBox:
    """A place of a finding as it stood at the signature, in stored pixels of its film."""

    id: str
    image: str  # image_sha256
    xyxy: Xyxy
    origin: Literal["ai", "human"]
    tracking_uid: str = ""


@dataclass(frozen=True, slots=True)
class SignedFinding:
    """A finding as the reader left it at the signature; rejected and untouched ones too."""

    id: str
    image: str
    label: str
    status: FindingStatus
    certainty: str = ""
    side: str = ""
    note: str = ""
    reason: str = ""  # of a rejected one
    confidence: float | None = None  # the model's
    calibrated: bool = False
    boxes: tuple[SignedBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A doubt that the reader signs over, and why."""

    doubt_id: str  # of plugin.checks.doubts.Doubt
    kind: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class CommunicationLog:
    """To whom a critical finding was told: ACR's category and the six fields (reading.md RP-8). Times are UTC."""

    category: Category
    finding: str
    found_at: str
    radiologist: str
    recipient: str
    received_at: str
    method: Method
    method_note: str = ""


@dataclass(frozen=True, slots=True)
class CriticalRecord:
    """What the reader decided about an urgent finding: told to somebody, or not critical here and why."""

    subject: str  # of critical.UrgentItem
    at: str
    told: CommunicationLog | None = None
    not_critical_because: str = ""


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """What was signed. Never changed; an addendum is a further version that names the one before."""

    number: int  # from 1
    kind: VersionKind
    report: str
    impression: str
    signer: str
    at: str  # UTC, ISO 8601
    text_sha256: str  # of the words alone
    sha256: str  # of all of this version but itself: what the next one names
    predecessor: str = ""  # sha256 of the version before
    addendum: str = ""  # the words that this version adds
    findings: tuple[SignedFinding, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    critical: tuple[CriticalRecord, ...] = ()
    pack: str = ""  # id and version of the model whose draft it was; empty: none was used
    pack_sha256: str = ""
    mode: ReadingMode = "second reader"
    saw_ai: bool = False  # what the AI found had been shown to the reader


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The words that the doubts were raised about: others cannot be signed on the strength of them."""

    report: str
    impression: str


@dataclass(frozen=True, slots=True)
class Signing:
    """All that is known about the signing of one study."""

    stage: Stage = "draft"
    checked: CheckedText | None = None
    doubts: tuple[Doubt, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    critical: tuple[CriticalRecord, ...] = ()
    versions: tuple[SignedVersion, ...] = field(default=())
    addendum: str | None = None  # being written; None: none is

    @property
    def is_signed(self) -> bool:
        return bool(self.versions)

    @property
    def latest(self) -> SignedVersion | None:
        return self.versions[-1] if self.versions else None

    @property
    def is_open(self) -> bool:
        """True while there is something to sign: a report that never was, or an addendum."""
        return not self.versions or self.addendum is not None


# ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SignAsked:
    """The first step: the reader wants to sign and asks what stands against it."""

    at: str


@dataclass(frozen=True, slots=True)
class ChecksRun:
    """The checks have looked at these words. Also after each change while the reader mends."""

    checked: CheckedText
    doubts: tuple[Doubt, ...]
    at: str


@dataclass(frozen=True, slots=True)
class DoubtAcknowledged:
    """The reader knows better, and says why."""

    doubt_id: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class AcknowledgementTakenBack:
    doubt_id: str


@dataclass(frozen=True, slots=True)
class SigningCalledOff:
    """Back to writing; what was acknowledged stays known."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The second step. The version was made of what is known at that moment; otherwise nothing is signed."""

    version: SignedVersion


@dataclass(frozen=True, slots=True)
class AddendumBegun:
    at: str


@dataclass(frozen=True, slots=True)
class AddendumEdited:
    text: str


@dataclass(frozen=True, slots=True)
class AddendumGivenUp:
    pass


@dataclass(frozen=True, slots=True)
class CriticalRecorded:
    """A critical finding was told to somebody, or is marked as not critical; replaces what was said of it before."""

    record: CriticalRecord


SigningEvent = (
    SignAsked
    | ChecksRun
    | DoubtAcknowledged
    | AcknowledgementTakenBack
    | SigningCalledOff
    | Signed
    | AddendumBegun
    | AddendumEdited
    | AddendumGivenUp
    | CriticalRecorded
)

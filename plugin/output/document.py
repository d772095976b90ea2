"""One reading as it leaves the panel, whatever the form: who, which films, what was found, what is written, how far
it is reviewed. Frozen plain data; `plugin.output.composing` makes it of what the panel knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from inference.backend import DRAFT_MARK, Presence
from inference.dicom.requests import Xyxy

Status = Literal["draft", "preliminary", "signed", "amended"]
"""draft: nobody has reviewed it; preliminary: reviewed, not signed; amended: signed, and added to since."""

Verdict = Literal["", "accepted", "edited", "rejected", "added"]
INCOMPLETE = "INCOMPLETE: the reading did not finish."
SectionKind = Literal["indication", "technique", "comparison", "findings", "impression", "addendum"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose study it is, as the window shows it."""

    name: str = ""
    patient_id: str = ""
    birth_date: date | None = None
    sex: str = ""
    is_verified: bool = True  # False: a picture file, whose identity nobody has checked


@dataclass(frozen=True, slots=True)
class StudyShown:
    instance_uid: str
    study_date: date | None = None
    description: str = ""
    accession_number: str = ""


@dataclass(frozen=True, slots=True)
class FilmShown:
    """A film of the reading."""

    key: str  # viewer.core.study.Film.key
    sop_instance_uid: str
    title: str  # "PA", "Lateral", "Prior PA"
    is_prior: bool = False
    frame: int | None = None  # counted from 1, of an image with several
    is_synthetic: bool = False
    not_read: str = ""  # why the model did not look at it


@dataclass(frozen=True, slots=True)
class BoxShown:
    """A place on a film, in its stored pixels (edges, origin top left)."""

    film_key: str
    sop_instance_uid: str
    xyxy: Xyxy
    by: Literal["ai", "reader", "prior"]
    tracking_uid: str
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding with what the reader made of it. The AI's place and the reader's stand side by side."""

    id: str
    label: str
    presence: Presence
    by: Literal["ai", "reader"]
    film_key: str
    sop_instance_uid: str
    tracking_uid: str
    frame: int | None = None
    certainty_percent: float | None = None  # calibrated, else left out
    verdict: Verdict = ""
    reason: str = ""  # of a rejection
    note: str = ""  # the reader's own words
    change: str = ""  # since the prior: new, larger, unchanged, smaller, resolved; empty where not compared
    is_change_of_size: bool = False  # False: told by the model's certainty, or by what is on each film
    urgency: str = ""  # ACR category 1, 2 or 3, where the reader told somebody
    boxes: tuple[BoxShown, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: its lines as written. An impression of several lines is numbered."""

    kind: SectionKind
    lines: tuple[str, ...]
    by: str = ""  # who wrote an addendum
    at: str = ""  # and when


@dataclass(frozen=True, slots=True)
class ModelShown:
    """Which model drafted it: named in everything that leaves (AI-12)."""

    id: str
    version: str
    title: str
    sha256: str  # over the pack's manifest
    is_starter: bool = False


@dataclass(frozen=True, slots=True)
class VersionShown:
    """One link of the version chain."""

    number: int
    what: str  # "signed", "addendum"
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Communication:
    """A critical finding and how it was told (the six fields of reading.md 1.3)."""

    finding: str
    category: str  # ACR 1, 2 or 3
    found_at: str
    radiologist: str
    recipient: str
    received_at: str
    method: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Of how many sentences the report is, by where they came from."""

    ai: int = 0
    edited: int = 0
    human: int = 0
    measured: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """All that any output says about one reading."""

    status: Status
    identity: Identity
    study: StudyShown
    films: tuple[FilmShown, ...] = ()
    sections: tuple[Section, ...] = ()
    findings: tuple[FindingShown, ...] = ()
    notes: tuple[str, ...] = ()  # what was not compared, not assessed, not finished
    model: ModelShown | None = None
    prior_date: date | None = None
    prior_days: int | None = None
    provenance: Provenance | None = None
    reader: str = ""
    organization: str = ""
    signed_at: str = ""  # of the latest version, UTC, ISO 8601; empty where it is not
    versions: tuple[VersionShown, ...] = ()  # the first is the signature, the others are addenda
    communications: tuple[Communication, ...] = ()
    has_ai: bool = True  # False: the reader wrote all of it and no model was shown

    @property
    def is_signed(self) -> bool:
        return self.status in {"signed", "amended"}

    @property
    def mark(self) -> str:
        """What stands first and last, and on every page; a signature takes it away and nothing else does."""
        return "" if self.is_signed else DRAFT_MARK

    @property
    def is_synthetic(self) -> bool:
        return any(film.is_synthetic for film in self.films)

    def section(self, kind: SectionKind) -> Section | None:
        return next((section for section in self.sections if section.kind == kind), None)

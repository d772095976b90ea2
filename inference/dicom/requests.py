"""What is to be written about one reading. Plain data, made in the window or by a batch; no Qt, no highdicom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

MAKER = "inference.dicom.child:make"
"""What the writing child imports and calls, see `viewer.writer.requests.ObjectsRequest`."""

ObjectState = Literal["draft", "reviewed", "signed"]
Presence = Literal["present", "absent", "undetermined"]
ObjectKind = Literal["findings", "presentation", "report", "pdf"]
Xyxy = tuple[float, float, float, float]
ALL_KINDS: tuple[ObjectKind, ...] = ("findings", "presentation", "report")
"""`pdf` comes on top where the pages were attached to the request."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """Who found it: Algorithm Identification (TID 4019)."""

    name: str
    version: str
    parameters: tuple[str, ...] = ()  # "weights_sha256=…"


@dataclass(frozen=True, slots=True)
class Region:
    """One box on one film, in pixels of its stored columns and rows (edges, origin top left of the first pixel)."""

    sop_instance_uid: str
    xyxy: Xyxy
    by: Literal["ai", "reader", "prior"]  # prior: the same finding on the prior's film
    tracking_uid: str
    frame: int | None = None  # counted from 1, of an image with several


@dataclass(frozen=True, slots=True)
class CodedFinding:
    """One finding on one film. Without a region it is told of the film as a whole."""

    label: str
    name: str  # "AI finding 2"
    presence: Presence
    by: Literal["ai", "reader"]
    sop_instance_uid: str
    tracking_uid: str
    frame: int | None = None
    certainty_percent: float | None = None  # calibrated, else None
    regions: tuple[Region, ...] = ()
    change: Literal["", "larger", "smaller", "unchanged"] = ""  # only with a prior among the priors
    urgency: Literal["", "1", "2", "3"] = ""  # ACR category of actionable findings (CID 7035)
    verdict: Literal["", "accepted", "edited", "rejected", "added"] = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownImage:
    """How the reader sees a film first, so that another viewer shows the same."""

    sop_instance_uid: str
    frame: int | None = None
    window: tuple[float, float, str] | None = None  # center, width, VOI LUT Function; None: there is a curve
    curve: tuple[int, tuple[int, ...]] | None = None  # VOI LUT: first value mapped, entries of 16 bits
    rescale: tuple[float, float] | None = None  # slope, intercept; None: as the film says (Modality LUT)
    is_inverse: bool = False
    pixel_aspect_ratio: tuple[int, int] = (1, 1)  # vertical, horizontal


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report and its sentences."""

    kind: Literal["indication", "technique", "comparison", "findings", "impression", "addendum", "note"]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """An earlier version of one of the objects (Predecessor Documents Sequence (0040,A360))."""

    kind: ObjectKind
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class ReadingObjects:
    """All that the objects of one reading say.

    Every UID of them follows from `seed` and what it names, so the same reading and seed give the same objects.
    """

    seed: str
    made_at: str  # ISO 8601 with its zone
    state: ObjectState
    mark: str  # the banner, in ASCII; empty on what was signed
    kinds: tuple[ObjectKind, ...] = ALL_KINDS
    algorithm: Algorithm | None = None
    findings: tuple[CodedFinding, ...] = ()
    images: tuple[ShownImage, ...] = ()
    sections: tuple[Section, ...] = ()
    reader_name: str = ""
    organization: str = ""
    signed_at: str = ""  # ISO 8601 with its zone
    predecessors: tuple[Predecessor, ...] = ()

    def as_message(self) -> Mapping[str, Any]:
        return asdict(self)

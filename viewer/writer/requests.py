"""What is to be written. Plain data, made in the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from viewer.core.study import Film


@dataclass(frozen=True, slots=True)
class Equipment:
    """Who writes: General and Enhanced General Equipment Module (PS3.3 C.7.5.1, C.7.5.2)."""

    software_version: str
    installation_id: str  # Device Serial Number (0018,1000)
    manufacturer: str = "Sidelight"
    model_name: str = "Sidelight"


@dataclass(frozen=True, slots=True, eq=False)
class CaptureRequest:
    """A view of a film as a Secondary Capture image.

    `stored_per_pixel` says how many stored pixels one step down and one step to the right in the picture span; None
    where the picture has no scale. `orientation` is Patient Orientation (0020,0020) of the picture as it lies, None
    where it is not known.
    """

    film: Film
    rows: int
    columns: int
    rgb: bytes  # rows × columns × 3
    series_description: str
    derivation: str
    stored_per_pixel: tuple[float, float] | None = None  # down, right
    is_sideways: bool = False
    orientation: tuple[str, str] | None = None
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class KeyObject:
    """A film that was marked as key image; `frames` are counted from 1, empty for the whole film."""

    film: Film
    frames: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeyObjectsRequest:
    """The key images of one study as a Key Object Selection Document."""

    objects: tuple[KeyObject, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ObjectsRequest:
    """Objects of a kind that the viewer does not know: `maker` makes them in the child, the viewer checks and writes.

    `maker` is "package.module:function". The child alone imports it and calls it with the headers of `films`, those of
    `priors` and the message, whose "content" is `content`; it returns the objects. The films belong to one study, the
    priors to the same patient.
    """

    maker: str
    films: tuple[Film, ...]
    content: Mapping[str, Any] = field(default_factory=dict)  # what JSON can say
    priors: tuple[Film, ...] = ()
    attachments: tuple[bytes, ...] = ()  # what JSON can't say: "attachments" of the message


@dataclass(frozen=True, slots=True)
class MadeObject:
    """An object that was made and found right, not yet on the disk."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    content: bytes  # the whole file

    @property
    def file_name(self) -> str:
        return f"{self.sop_instance_uid}.dcm"

"""What is to be written. Plain data, made in the window."""

from __future__ import annotations

from dataclasses import dataclass

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

"""The text of a structured report (PS3.3 A.35) as plain data, and its way from the decode worker. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

MOST_PARTS = 2000
LONGEST_PART = 100_000
_LONGEST_FIELD = 1024


@dataclass(frozen=True, slots=True)
class ReportPart:
    """A text item (Value Type TEXT) of the content tree."""

    heading: str  # meaning of the nearest container's concept below the root, else of the item's own
    text: str


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A structured report's words and whose they are. Empty string = not stated."""

    sop_class_uid: str = ""  # (0008,0016)
    sop_instance_uid: str = ""  # (0008,0018)
    study_instance_uid: str = ""  # (0020,000D)
    patient_id: str = ""  # (0010,0020)
    patient_name: str = ""  # (0010,0010)
    patient_birth_date: str = ""  # (0010,0030), as written
    accession_number: str = ""  # (0008,0050)
    content_time: str = (
        ""  # Content Date (0008,0023) and Content Time (0008,0033), as written, one after the other
    )
    completion: str = ""  # (0040,A491): COMPLETE or PARTIAL
    verification: str = ""  # (0040,A493): VERIFIED or UNVERIFIED
    preliminary: str = ""  # (0040,A496): PRELIMINARY or FINAL
    observer_types: tuple[str, ...] = ()  # of TID 1002: Person, Device
    parts: tuple[ReportPart, ...] = ()


def document_to_json(document: ReportDocument) -> dict[str, Any]:
    """Return a document as JSON values."""
    return asdict(document)


def document_from_json(plain: object) -> ReportDocument:
    """Return the document that `document_to_json` wrote.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(plain, dict) or set(plain) != {field.name for field in fields(ReportDocument)}:
        raise ValueError("no report document")
    parts, observers = plain["parts"], plain["observer_types"]
    if (
        not isinstance(parts, list | tuple)
        or not isinstance(observers, list | tuple)
        or len(parts) > MOST_PARTS
    ):
        raise ValueError("no list of parts")
    texts = {name: value for name, value in plain.items() if name not in ("parts", "observer_types")}
    if not all(
        isinstance(value, str) and len(value) <= _LONGEST_FIELD for value in (*texts.values(), *observers)
    ):
        raise ValueError("a field is no short text")
    return ReportDocument(**texts, observer_types=tuple(observers), parts=tuple(map(_part, parts)))


def _part(plain: object) -> ReportPart:
    if not isinstance(plain, dict) or set(plain) != {"heading", "text"}:
        raise ValueError("no part")
    heading, text = plain["heading"], plain["text"]
    if not (isinstance(heading, str) and isinstance(text, str)) or len(text) > LONGEST_PART:
        raise ValueError("no part")
    return ReportPart(heading, text)

"""Walks a structured report's content tree for its words. Runs in the decode worker only.

Basic Text, Enhanced and Comprehensive SR alike, whatever template they follow (TID 2000, TID 1500): containers give
headings, text items give words, everything else is stepped over. References by identifier are not followed, so a tree
with a cycle ends like any other.

References:
    DICOM PS3.3 C.17.3 (SR Document Content Module), PS3.16 TID 1002, TID 2000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from viewer.core import tags
from viewer.core.character_sets import decode_text
from viewer.core.dicom_file import DicomFile, open_dicom
from viewer.core.element_values import split_values
from viewer.core.elements import Element, FileBytes, items
from viewer.core.errors import NotAnImage
from viewer.core.header_fields import HeaderFields
from viewer.core.report_document import LONGEST_PART, MOST_PARTS, ReportDocument, ReportPart

CONTENT_DATE, CONTENT_TIME = 0x00080023, 0x00080033
CODE_VALUE, CODE_MEANING = 0x00080100, 0x00080104
VALUE_TYPE, CONCEPT_NAME = 0x0040A040, 0x0040A043
TEXT_VALUE, CONCEPT_CODE = 0x0040A160, 0x0040A168
COMPLETION, VERIFICATION, PRELIMINARY = 0x0040A491, 0x0040A493, 0x0040A496
CONTENT = 0x0040A730
OBSERVER_TYPE = "121005"  # DCM, TID 1002

_OF_ITEM = frozenset({VALUE_TYPE, CONCEPT_NAME, TEXT_VALUE, CONCEPT_CODE, CONTENT})
_OF_CODE = frozenset({CODE_VALUE, CODE_MEANING})
_WANTED = frozenset(
    {
        *(tags.SPECIFIC_CHARACTER_SET, tags.SOP_CLASS_UID, tags.SOP_INSTANCE_UID, tags.STUDY_INSTANCE_UID),
        *(tags.PATIENT_ID, tags.PATIENT_NAME, tags.PATIENT_BIRTH_DATE, tags.ACCESSION_NUMBER),
        *(CONTENT_DATE, CONTENT_TIME, COMPLETION, VERIFICATION, PRELIMINARY, VALUE_TYPE, CONTENT),
    }
)
MOST_ITEMS = 5000
MOST_DEPTH = 24


@dataclass(slots=True)
class _Walk:
    """What was found, and how much may still be looked at."""

    file: DicomFile
    character_sets: list[str]
    left: int = MOST_ITEMS
    parts: list[ReportPart] = field(default_factory=list)
    observers: list[str] = field(default_factory=list)


def read_report(data: FileBytes) -> ReportDocument:
    """Return the words of a structured report.

    Raises:
        NotAnImage: The file is no structured report; the reason says so.
        FilmError: see `open_dicom`.
    """
    file = open_dicom(data, _WANTED)
    content = file.elements.get(CONTENT)
    if content is None:
        raise NotAnImage("The file is no structured report.")
    fields = HeaderFields(file)
    walk = _Walk(file, split_values(file.value(tags.SPECIFIC_CHARACTER_SET) or b""))
    _gather(walk, content, "", 0)
    return ReportDocument(
        sop_class_uid=fields.code(tags.SOP_CLASS_UID),
        sop_instance_uid=fields.code(tags.SOP_INSTANCE_UID),
        study_instance_uid=fields.code(tags.STUDY_INSTANCE_UID),
        patient_id=fields.text(tags.PATIENT_ID),
        patient_name=fields.text(tags.PATIENT_NAME),
        patient_birth_date=fields.code(tags.PATIENT_BIRTH_DATE),
        accession_number=fields.text(tags.ACCESSION_NUMBER),
        content_time=fields.code(CONTENT_DATE) + fields.code(CONTENT_TIME),
        completion=fields.code(COMPLETION).upper(),
        verification=fields.code(VERIFICATION).upper(),
        preliminary=fields.code(PRELIMINARY).upper(),
        observer_types=tuple(dict.fromkeys(walk.observers)),
        parts=tuple(walk.parts),
    )


def _gather(walk: _Walk, content: Element, heading: str, depth: int) -> None:
    for item in _items(walk, content):
        kind = _code_text(walk, item, VALUE_TYPE)
        concept = item.get(CONCEPT_NAME)
        meaning, value = _concept(walk, concept)
        if kind == "TEXT" and len(walk.parts) < MOST_PARTS:
            text = _text(walk, item.get(TEXT_VALUE))[:LONGEST_PART].strip()
            if text:
                walk.parts.append(ReportPart((heading or meaning)[:200], text))
        elif kind == "CODE" and value == OBSERVER_TYPE:
            walk.observers.append(_concept(walk, item.get(CONCEPT_CODE))[0][:64])
        inner = item.get(CONTENT)
        if inner is not None and depth < MOST_DEPTH:
            _gather(walk, inner, meaning if kind == "CONTAINER" and meaning else heading, depth + 1)


def _items(walk: _Walk, content: Element) -> Iterator[Mapping[int, Element]]:
    found = items(walk.file.data, content, _OF_ITEM, walk.left)
    walk.left -= len(found)
    yield from found


def _concept(walk: _Walk, sequence: Element | None) -> tuple[str, str]:
    """(Code Meaning, Code Value) of a coded name."""
    if sequence is None:
        return "", ""
    for item in items(walk.file.data, sequence, _OF_CODE, 1):
        return _text(walk, item.get(CODE_MEANING)).strip(), _text(walk, item.get(CODE_VALUE)).strip()
    return "", ""


def _code_text(walk: _Walk, item: Mapping[int, Element], tag: int) -> str:
    return _text(walk, item.get(tag)).strip().upper()


def _text(walk: _Walk, element: Element | None) -> str:
    if element is None:
        return ""
    length = min(element.length, 4 * LONGEST_PART)
    raw = walk.file.data[element.start : element.start + length].rstrip(b"\0 ")
    return decode_text(raw, walk.character_sets)[0].replace("\r\n", "\n").replace("\r", "\n")

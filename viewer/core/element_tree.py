"""Every data element of a file as rows of text, for the reader to look at. Runs in the decode worker only.

Nothing is believed: nesting, rows and text are capped, binary values are shown by their first bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from viewer.core.character_sets import decode_text
from viewer.core.dicom_file import ALL_TAGS, open_dicom
from viewer.core.element_rows import ElementRow
from viewer.core.element_values import is_uid, split_values
from viewer.core.elements import ITEM, PIXEL_TAGS, UNDEFINED, Element, Encoding, FileBytes, items, walk

MOST_ROWS = 20_000
MOST_DEPTH = 24
MOST_CHARACTERS = 2_000_000
LONGEST_VALUE = 1024
MOST_NUMBERS = 32
SHOWN_BYTES = 16
SPECIFIC_CHARACTER_SET = 0x00080005

_NUMBERS = {
    **{"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "SV": "q", "UV": "Q"},
}
_IN_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ASCII = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"})


@dataclass(slots=True)
class _Listing:
    """Rows so far, and what may still come."""

    data: FileBytes
    character_sets: list[str]
    rows: list[ElementRow] = field(default_factory=list)
    characters: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MOST_ROWS or self.characters >= MOST_CHARACTERS

    def add(self, row: ElementRow) -> None:
        self.rows.append(row)
        self.characters += len(row.value) + len(row.name) + 16


def element_rows(data: FileBytes) -> tuple[ElementRow, ...]:
    """Return the elements of a DICOM file in file order, file meta first, sequences followed by what is in them.

    Raises:
        FilmError: see `open_dicom`.
    """
    file = open_dicom(data, ALL_TAGS)
    raw = file.value(SPECIFIC_CHARACTER_SET) or b""
    meta = _Listing(data, [])
    _list(meta, list(_meta(data)), 0)
    own = _Listing(file.data, split_values(raw), meta.rows, meta.characters)
    pixels = [file.pixel_data] if file.pixel_data else []
    _list(own, sorted([*file.elements.values(), *pixels], key=lambda element: element.start), 0)
    if own.is_full:
        own.rows.append(ElementRow(0, 0, "", "", "There is more; it is not listed.", 0))
    return tuple(own.rows)


def _meta(data: FileBytes) -> Iterator[Element]:
    start = 132 if data[128:132] == b"DICM" else 0
    if data[start : start + 2] == b"\x02\x00":
        yield from walk(data, start, len(data), Encoding(is_implicit=False), ALL_TAGS, stop_after_group=2)


def _list(listing: _Listing, elements: list[Element], depth: int) -> None:
    creators = {
        element.tag: _text(listing, element, "LO")
        for element in elements
        if element.tag >> 16 & 1 and 0x10 <= element.tag & 0xFFFF <= 0xFF
    }
    for element in elements:
        if listing.is_full:
            return
        creator = creators.get(element.tag & 0xFFFF0000 | element.tag >> 8 & 0xFF, "")
        vr, name = _vr_and_name(element, creator)
        if vr == "SQ":
            _list_sequence(listing, element, depth, name)
        else:
            listing.add(
                ElementRow(depth, element.tag, vr, name, _value(listing, element, vr), element.length)
            )


def _list_sequence(listing: _Listing, sequence: Element, depth: int, name: str) -> None:
    listing.add(ElementRow(depth, sequence.tag, "SQ", name, "", sequence.length))
    if depth >= 2 * MOST_DEPTH:
        listing.add(ElementRow(depth + 1, ITEM, "", "", "Nested too deep; not listed.", 0))
        return
    most = MOST_ROWS - len(listing.rows)
    for number, item in enumerate(items(listing.data, sequence, ALL_TAGS, most), start=1):
        if listing.is_full:
            return
        listing.add(ElementRow(depth + 1, ITEM, "", f"Item {number}", "", 0, number))
        _list(listing, list(item.values()), depth + 2)


def _vr_and_name(element: Element, creator: str) -> tuple[str, str]:
    """What the file writes, else the data dictionary (PS3.6); a sequence is told by its form, too."""
    from pydicom import datadict  # 0.3 s: only where somebody looks at tags

    vr, name = element.vr.decode("ascii", "replace"), ""
    if element.tag & 0xFFFF == 0:
        vr, name = vr or "UL", "Group Length"
    elif element.tag >> 16 & 1:
        name = (
            "Private Creator" if 0x10 <= element.tag & 0xFFFF <= 0xFF else _private_name(element.tag, creator)
        )
        vr = vr or ("LO" if name == "Private Creator" else "UN")
    elif datadict.dictionary_has_tag(element.tag) or datadict.repeater_has_tag(element.tag):
        name = datadict.dictionary_description(element.tag)
        told = datadict.dictionary_VR(element.tag)
        vr = (told.split(" ")[0] if vr in ("", "UN") else vr) or vr
    is_nested = element.declared == UNDEFINED and element.tag not in PIXEL_TAGS
    return ("SQ" if is_nested else vr or "UN"), name


def _private_name(tag: int, creator: str) -> str:
    from pydicom import datadict

    try:
        return datadict.private_dictionary_description(tag, creator)
    except KeyError:
        return f"Private · {creator[:64]}" if creator else "Private"


def _value(listing: _Listing, element: Element, vr: str) -> str:
    if element.tag in PIXEL_TAGS or vr in ("OB", "OW", "OF", "OD", "OL", "OV"):
        return _binary(listing, element)
    if vr in _NUMBERS:
        return _numbers(listing, element, _NUMBERS[vr])
    if vr == "AT":
        raw = _bytes(listing, element, 4 * MOST_NUMBERS)
        pairs = struct.unpack(f"{element.encoding.byte_order}{len(raw) // 4 * 2}H", raw[: len(raw) // 4 * 4])
        return "\\".join(f"({a:04X},{b:04X})" for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    if vr in _IN_CHARACTER_SET or vr in _ASCII:
        return _text(listing, element, vr)
    raw = _bytes(listing, element, LONGEST_VALUE).rstrip(b"\0 ")
    is_readable = raw.isascii() and raw.decode("latin-1").isprintable() and element.length <= LONGEST_VALUE
    return raw.decode("ascii") if raw and is_readable else _binary(listing, element)


def _text(listing: _Listing, element: Element, vr: str) -> str:
    raw = _bytes(listing, element, 4 * LONGEST_VALUE)
    if element.length <= len(raw):
        raw = raw.rstrip(b"\0 ")
    text = decode_text(raw, listing.character_sets)[0] if vr in _IN_CHARACTER_SET else raw.decode("latin-1")
    if vr == "UI" and is_uid(text):
        from pydicom.uid import UID

        name = UID(text).name
        return text if name == text else f"{text}  {name}"
    if len(text) > LONGEST_VALUE or element.length > len(raw) + 2:
        return f"{text[:LONGEST_VALUE]}… ({element.length:,} bytes)"
    return text


def _numbers(listing: _Listing, element: Element, code: str) -> str:
    size = struct.calcsize(f"={code}")
    count = min(element.length // size, MOST_NUMBERS)
    raw = _bytes(listing, element, count * size)
    values = struct.unpack(f"{element.encoding.byte_order}{count}{code}", raw)
    said = "\\".join(f"{value:.9g}" if isinstance(value, float) else str(value) for value in values)
    more = element.length // size
    return said if more <= MOST_NUMBERS else f"{said}… ({more:,} values)"


def _binary(listing: _Listing, element: Element) -> str:
    if element.length == 0:
        return ""
    shown = _bytes(listing, element, SHOWN_BYTES).hex(" ")
    return f"{element.length:,} bytes: {shown}{'…' if element.length > SHOWN_BYTES else ''}"


def _bytes(listing: _Listing, element: Element, most: int) -> bytes:
    return listing.data[element.start : element.start + min(element.length, most)]

"""Lookup tables as files hold them (PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5, C.7.6.3.1.6)."""

from __future__ import annotations

import struct
from collections.abc import Callable

from viewer.core import tags
from viewer.core.character_sets import decode_text
from viewer.core.dicom_file import DicomFile
from viewer.core.element_values import clean_text, whole_numbers
from viewer.core.elements import MAX_VALUE_BYTES, Element, Encoding, FileBytes, items
from viewer.core.study import LookupTable

Notice = Callable[[str], None]
MOST_TABLES = 8


def read_tables(
    file: DicomFile, sequence_tag: int, name: str, *, is_signed_input: bool, notice: Notice
) -> tuple[LookupTable, ...]:
    """Return the usable tables of a LUT sequence; each one that is left out is told through `notice`.

    Args:
        file: The file.
        sequence_tag: Modality LUT Sequence (0028,3000) or VOI LUT Sequence (0028,3010).
        name: The sequence's name for the notices.
        is_signed_input: The table's input can be negative, so its first input value is read as signed.
        notice: Called with one sentence for the reader.
    """
    sequence = file.elements.get(sequence_tag)
    if sequence is None or sequence.length == 0:
        return ()
    tables: list[LookupTable] = []
    for item in items(file.data, sequence, tags.LUT_ITEM, most=MOST_TABLES):
        table = _table(file.data, item, is_signed_input=is_signed_input)
        if isinstance(table, str):
            notice(f"The {name} is not used: {table}")
        else:
            tables.append(table)
    return tuple(tables)


def palette(file: DicomFile, descriptor_tag: int, data_tag: int) -> LookupTable | str:
    """Return one colour's palette, or why it can't be used."""
    item = {
        new: file.elements[old]
        for new, old in ((tags.LUT_DESCRIPTOR, descriptor_tag), (tags.LUT_DATA, data_tag))
        if old in file.elements
    }
    return _table(file.data, item, is_signed_input=False)


def _table(data: FileBytes, item: dict[int, Element], *, is_signed_input: bool) -> LookupTable | str:
    descriptor, values = item.get(tags.LUT_DESCRIPTOR), item.get(tags.LUT_DATA)
    if descriptor is None or values is None:
        return "its descriptor or its data is missing."
    encoding = descriptor.encoding
    raw = data[descriptor.start : descriptor.start + min(descriptor.length, 64)]
    unsigned = whole_numbers(raw, "US", encoding)
    if len(unsigned) < 3:
        return "its descriptor has fewer than three values."
    count, bits = unsigned[0] or 65536, unsigned[2]
    is_signed = descriptor.vr == b"SS" or (descriptor.vr != b"US" and is_signed_input)
    first = whole_numbers(raw, "SS" if is_signed else "US", encoding)[1]
    if not 1 <= bits <= 16:
        return f"its entries are said to have {bits} bits."
    if values.length > MAX_VALUE_BYTES:
        return "its data is far longer than a table can be."
    entries = _entries(
        data[values.start : values.start + values.length], count, bits, values.encoding, values.vr
    )
    if len(entries) < count:
        return f"{len(entries):,} of {count:,} entries are there."
    explanation, _ = _explanation(data, item)
    return LookupTable(first, bits, entries, explanation)


def _entries(raw: bytes, count: int, bits: int, encoding: Encoding, vr: bytes) -> tuple[int, ...]:
    """Entries of 16 bits, or of 8 bits packed in pairs where the length says so (PS3.3 C.11.1.1.1)."""
    if bits <= 8 and len(raw) in (count, count + 1) and count > 1:
        if vr != b"OB" and not encoding.is_little:  # two entries to a word, and the words are turned round
            raw = b"".join(raw[i + 1 : i + 2] + raw[i : i + 1] for i in range(0, len(raw), 2))
        return tuple(raw[:count])
    there = min(len(raw) // 2, count)
    return struct.unpack(f"{encoding.byte_order}{there}H", raw[: 2 * there])


def _explanation(data: FileBytes, item: dict[int, Element]) -> tuple[str, bool]:
    element = item.get(tags.LUT_EXPLANATION)
    if element is None:
        return "", True
    text, is_sure = decode_text(data[element.start : element.start + min(element.length, 1024)], ())
    return clean_text(text), is_sure

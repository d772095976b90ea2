"""Just enough of protobuf's wire format to look into a file without a schema compiler or another library."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(content: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Field number, wire type and value of each field of one message; nothing is copied.

    Varints come as integers, everything else as the bytes that it takes.

    Raises:
        ValueError: The bytes are no protobuf message.
    """
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, at = _varint(content, at)
            yield number, wire_type, value
            continue
        if wire_type == BYTES:
            length, at = _varint(content, at)
        elif wire_type in (FIXED32, FIXED64):
            length = 4 if wire_type == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire_type} is not known")
        if at + length > len(content):
            raise ValueError("a field reaches beyond the end")
        yield number, wire_type, content[at : at + length]
        at += length


def text(value: memoryview | int) -> str:
    """A string field. Raises ValueError if it is none."""
    if isinstance(value, int):
        raise ValueError("a number stands where a text belongs")
    return bytes(value).decode("utf-8")


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(content):
            raise ValueError("a number reaches beyond the end")
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is longer than 64 bits")

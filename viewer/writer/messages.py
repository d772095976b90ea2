"""What the window and the writing child say to each other: a JSON object, then blobs whose sizes it names."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_JSON = 1 << 23


def packed(message: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """4 bytes of length, the JSON object with the blobs' sizes, the blobs."""
    body = json.dumps({**message, "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join((struct.pack("<L", len(body)), body, *blobs))


def unpacked(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The message and its blobs.

    Raises:
        ValueError: It is no such message, or it is cut.
    """
    if len(data) < 4:
        raise ValueError("no message")
    length = struct.unpack_from("<L", data)[0]
    if length > LONGEST_JSON:
        raise ValueError("message too long")
    message = json.loads(data[4 : 4 + length])
    if not isinstance(message, dict):
        raise ValueError("message is no object")
    sizes, at, blobs = message.pop("blobs", None), 4 + length, []
    if not isinstance(sizes, list) or any(type(size) is not int or size < 0 for size in sizes):
        raise ValueError("message names no blobs")
    for size in sizes:
        blobs.append(data[at : at + size])
        at += size
    if at != len(data):
        raise ValueError("message of another length")
    return message, blobs

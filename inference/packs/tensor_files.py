"""The header of a safetensors file, read without its tensors: what lies where, checked before any library maps it.

The format: 8 bytes, little endian, the header's length; the header, JSON, possibly padded with blanks; the tensors,
one after another without gaps. `data_offsets` count from the header's end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import PackRefused

LONGEST_HEADER = 100_000_000
METADATA = "__metadata__"
BYTES_PER_VALUE = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "I64": 8,
    "U64": 8,
    "F64": 8,
}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where one tensor lies in its file."""

    name: str
    dtype: str  # as the format names it: "BF16"
    shape: tuple[int, ...]
    start: int  # bytes behind the header
    end: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start


def read_header(path: Path) -> tuple[TensorEntry, ...]:
    """Entries of a safetensors file, in the order in which they lie.

    Raises:
        PackRefused: It is no such file, or its entries overlap, leave gaps, or leave the file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 10 or length > min(size - 8, LONGEST_HEADER):
            raise PackRefused(f"{path} is no safetensors file, whatever its name says.")
        content = file.read(length)
    if not content.startswith(b"{"):
        raise PackRefused(f"{path} is no safetensors file, whatever its name says.")
    try:
        told = json.loads(content, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise PackRefused(f"{path}: its header can't be read: {error}.") from error
    entries = sorted(
        (_entry(path, name, one) for name, one in told.items() if name != METADATA),
        key=lambda entry: (entry.start, entry.end),
    )
    _check_order(path, entries, size - 8 - length)
    return tuple(entries)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands there twice")
    return read


def _entry(path: Path, name: str, told: Any) -> TensorEntry:
    where = f"{path}: tensor “{name[:100]}”"
    if not isinstance(told, Mapping) or told.keys() != {"dtype", "shape", "data_offsets"}:
        raise PackRefused(f"{where} is not described by dtype, shape and data_offsets.")
    dtype, shape, offsets = told["dtype"], told["shape"], told["data_offsets"]
    if dtype not in BYTES_PER_VALUE:
        raise PackRefused(f"{where} has the unknown dtype {dtype!r}.")
    if not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise PackRefused(f"{where} has a shape or offsets that are no whole numbers.")
    entry = TensorEntry(name, dtype, tuple(shape), offsets[0], offsets[1])
    if entry.size != math.prod(shape) * BYTES_PER_VALUE[dtype]:
        raise PackRefused(f"{where} takes {entry.size} bytes, which do not fit {dtype} {tuple(shape)}.")
    return entry


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _check_order(path: Path, entries: list[TensorEntry], data_size: int) -> None:
    end = 0
    for entry in entries:
        if entry.start != end:
            how = "overlaps the one before it" if entry.start < end else "leaves a gap before it"
            raise PackRefused(f"{path}: tensor “{entry.name[:100]}” {how}.")
        end = entry.end
    if end != data_size:
        raise PackRefused(f"{path} holds {data_size} bytes of tensors; its header describes {end}.")

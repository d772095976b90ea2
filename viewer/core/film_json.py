"""FilmHeader to JSON and back. What comes back from the decode worker is checked field by field, never unpickled."""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from viewer.core.study import FilmHeader, PixelDescription

LONGEST_TEXT = 4096
LONGEST_LIST = 65_536


def header_to_json(header: FilmHeader) -> dict[str, Any]:
    """Return a header as plain lists, numbers and texts."""
    return {field: _plain(getattr(header, field)) for field in _fields(FilmHeader)}


def header_from_json(plain: object) -> FilmHeader:
    """Return the header that `header_to_json` wrote.

    Raises:
        ValueError: A field is missing, unknown, of another type, or longer than a header can be.
    """
    return typing.cast(FilmHeader, _check(FilmHeader)(plain))


HEADER_VERSION = 2
"""Raise it when `read_header` understands a file otherwise than before, so that kept headers are read again."""


@cache
def header_format() -> str:
    """Names what a kept header consists of: one that was written in another format must be read from its file again."""
    told = "\n".join(sorted(_told_fields(FilmHeader)))
    return hashlib.sha256(f"{HEADER_VERSION}\n{told}".encode()).hexdigest()[:16]


def _told_fields(kind: Any) -> set[str]:
    """Names and types of a dataclass's fields and of what they consist of."""
    if not dataclasses.is_dataclass(kind):
        inner = (_told_fields(part) for part in typing.get_args(kind) if part is not Ellipsis)
        return set().union(*inner)
    fields = _fields(typing.cast(type, kind))
    own = {f"{kind.__name__}.{name}: {hint}" for name, hint in fields.items()}  # type: ignore[union-attr]
    return own.union(*(_told_fields(hint) for hint in fields.values()))


def header_from_older_json(plain: object) -> FilmHeader:
    """Return a header that was kept by another version: what it does not have is not stated, what is new is left out.

    Raises:
        ValueError, KeyError: It does not even say the rows, the columns and the SOP Instance UID.
    """
    if not isinstance(plain, dict) or not isinstance(plain.get("pixels"), dict):
        raise ValueError("not a header")
    pixels = plain["pixels"]
    blank = FilmHeader(PixelDescription(pixels["rows"], pixels["columns"]), plain["sop_instance_uid"])
    default = header_to_json(blank)
    merged = default | {name: value for name, value in plain.items() if name in default}
    merged["pixels"] = default["pixels"] | {n: v for n, v in pixels.items() if n in default["pixels"]}
    return header_from_json(merged)


def _plain(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field: _plain(getattr(value, field)) for field in _fields(value.__class__)}
    return value


@cache
def _fields(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


_Check = Callable[[object], Any]
"""Returns the value it was given, as the field's type, or raises ValueError."""


@cache
def _check(kind: Any) -> _Check:
    """Make the check of `kind`, which is a dataclass, a tuple, an optional of them, or a plain type."""
    if isinstance(kind, types.UnionType):
        inner = _check(kind.__args__[0])
        return lambda value: None if value is None else inner(value)
    if typing.get_origin(kind) is tuple:
        return _tuple_check(typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _dataclass_check(typing.cast(type, kind))
    special: dict[Any, _Check] = {str: _text, date: _date, float: _number}
    return special.get(kind) or _plain_check(kind)


def _dataclass_check(kind: type) -> _Check:
    checks = [(name, _check(hint)) for name, hint in _fields(kind).items()]
    names = {name for name, _ in checks}

    def check(value: object) -> Any:
        if not isinstance(value, dict) or value.keys() != names:
            raise ValueError(f"not a {kind}")
        return kind(**{name: inner(value[name]) for name, inner in checks})

    return check


def _text(value: object) -> str:
    if type(value) is not str or len(value) > LONGEST_TEXT:
        raise ValueError("no text, or too long a one")
    return value


def _date(value: object) -> date:
    return date.fromisoformat(_text(value))


def _number(value: object) -> float:
    if type(value) not in (int, float):
        raise ValueError("not a number")
    return float(typing.cast(float, value))


def _plain_check(kind: type) -> _Check:
    def check(value: object) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{type(value).__name__} where {kind} should be")
        return value

    return check


def _tuple_check(kinds: tuple[Any, ...]) -> _Check:
    def any_length(value: object) -> tuple[Any, ...]:
        items = _list(value)
        if kinds[0] is int and all(type(item) is int for item in items):
            return tuple(items)  # a lookup table has 65,536 of them
        return tuple(checks[0](item) for item in items)

    def fixed(value: object) -> tuple[Any, ...]:
        items = _list(value)
        if len(items) != len(checks):
            raise ValueError("a list of another length")
        return tuple(check(item) for item, check in zip(items, checks, strict=True))

    checks = [_check(kind) for kind in kinds if kind is not Ellipsis]
    return any_length if kinds[-1] is Ellipsis else fixed


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        raise ValueError("not a list")
    return value

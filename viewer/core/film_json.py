"""FilmHeader to JSON and back. What comes back from the decode worker is checked field by field, never unpickled."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date
from functools import cache
from typing import Any

from viewer.core.study import FilmHeader

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
    return typing.cast(FilmHeader, _typed(plain, FilmHeader))


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


def _typed(value: object, kind: Any) -> Any:
    """Return `value` as `kind`, which is a dataclass, a tuple, an optional of them, or a plain type."""
    if isinstance(kind, types.UnionType):
        return None if value is None else _typed(value, kind.__args__[0])
    if typing.get_origin(kind) is tuple:
        return _typed_tuple(value, typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        hints = _fields(typing.cast(type, kind))
        if not isinstance(value, dict) or value.keys() != hints.keys():
            raise ValueError(f"not a {kind}")
        return typing.cast(type, kind)(**{name: _typed(value[name], hint) for name, hint in hints.items()})
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is float and type(value) in (int, float):
        return float(typing.cast(float, value))
    if type(value) is not kind or (isinstance(value, str) and len(value) > LONGEST_TEXT):
        raise ValueError(f"{type(value).__name__} where {kind} should be")
    return value


def _typed_tuple(value: object, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > LONGEST_LIST:
        raise ValueError("not a list")
    if kinds[-1] is Ellipsis:
        if kinds[0] is int and all(type(item) is int for item in value):
            return tuple(value)  # a lookup table has 65,536 of them
        return tuple(_typed(item, kinds[0]) for item in value)
    if len(value) != len(kinds):
        raise ValueError("a list of another length")
    return tuple(_typed(item, kind) for item, kind in zip(value, kinds, strict=True))

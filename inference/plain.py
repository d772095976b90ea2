"""Frozen dataclasses to plain JSON values and back, strictly: unknown, missing or mistyped fields are refused.

Knows the few types that our contracts are made of; an unexpected type in a dataclass is our own mistake and raises
TypeError at first use.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from inference.errors import InvalidRequest

T = TypeVar("T")

_SCALARS: dict[Any, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}
_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def to_plain(value: Any) -> Any:
    """Return `value` (dataclass, mapping, sequence, scalar or None) as dicts, lists and scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(kind: type[T], data: object, where: str = "body") -> T:
    """Build `kind`, a dataclass, from what `to_plain` made of it.

    Raises:
        InvalidRequest: Something is missing, unknown or of another type; the message names the field, never its
            value, because values may be words about a patient.
    """
    return cast(T, _build(kind, data, where))


def _build(kind: Any, data: object, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, data, where)
    if kind is Any:
        return data
    if kind in _SCALARS:
        return _scalar(kind, data, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if data not in arguments or isinstance(data, bool):
            raise InvalidRequest(f"{where} must be one of {', '.join(map(str, arguments))}.")
        return data
    if origin is tuple:
        return _tuple(arguments, data, where)
    if origin in (Union, types.UnionType):
        return _optional(arguments, data, where)
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _mapping(arguments, data, where)
    raise TypeError(f"{kind!r} can't be read from JSON")


def _scalar(kind: Any, data: object, where: str) -> Any:
    is_wrong_bool = isinstance(data, bool) and kind is not bool  # True is an int to Python
    if is_wrong_bool or not isinstance(data, _SCALARS[kind]):
        raise InvalidRequest(f"{where} must be {_WORDS[kind]}.")
    if kind is not float:
        return data
    try:
        return float(cast(float, data))
    except OverflowError:  # a JSON integer may have any number of digits
        raise InvalidRequest(f"{where} is too large a number.") from None


def _tuple(arguments: tuple[Any, ...], data: object, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise InvalidRequest(f"{where} must be a list.")
    kinds = (arguments[0],) * len(data) if len(arguments) == 2 and arguments[1] is ... else arguments
    if len(kinds) != len(data):
        raise InvalidRequest(f"{where} must have {len(kinds)} items, it has {len(data)}.")
    return tuple(
        _build(kind, item, f"{where}[{at}]") for at, (kind, item) in enumerate(zip(kinds, data, strict=True))
    )


def _mapping(arguments: tuple[Any, ...], data: object, where: str) -> Any:
    """Keys are texts, as JSON has them; values of another kind than the contract's are refused."""
    if not isinstance(data, dict):
        raise InvalidRequest(f"{where} must be an object.")
    kind = arguments[1] if len(arguments) == 2 else Any
    return {key: _build(kind, item, f"{where}.{_name(key)}") for key, item in data.items()}


def _optional(arguments: tuple[Any, ...], data: object, where: str) -> Any:
    if data is None and type(None) in arguments:
        return None
    (kind,) = (argument for argument in arguments if argument is not type(None))
    return _build(kind, data, where)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _dataclass(kind: Any, data: object, where: str) -> Any:
    if not isinstance(data, dict):
        raise InvalidRequest(f"{where} must be an object.")
    hints, fields = _hints(kind), dataclasses.fields(kind)
    unknown = set(data) - {field.name for field in fields}
    if unknown:
        raise InvalidRequest(f"{where} has a field that is not allowed: {_name(min(unknown))}.")
    missing = [field.name for field in fields if field.name not in data and not _has_default(field)]
    if missing:
        raise InvalidRequest(f"{where} lacks {missing[0]}.")
    return kind(**{name: _build(hints[name], item, f"{where}.{name}") for name, item in data.items()})


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _name(field: str) -> str:
    """A stranger's field name, short and printable: it goes into a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in field[:40])

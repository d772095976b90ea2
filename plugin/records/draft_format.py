"""How a reading is written down and read again, over versions of the program. Pure.

A draft is stored with the number of its format. An older one goes through `UPGRADES`, one small function per step,
each from a dict to a dict and each with a test; nothing else knows of older formats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from plugin.ask.state import Exchange
from plugin.ask.words import FILM_NOT_KEPT
from plugin.signing.state import SignedVersion
from plugin.state import StudyReading

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1
Plain = dict[str, Any]
UPGRADES: Mapping[int, Callable[[Plain], Plain]] = {}
"""From a format to the next one. A field that is new and has a default needs no step."""


class UnreadableDraft(Exception):
    """What is stored can't be understood; says why in words for the reader. It is never deleted for that."""


def to_json(reading: StudyReading) -> str:
    """One line of ASCII JSON. Halves of characters, which no reader of text accepts, become question marks.

    Synthetic films are left out: none is written to a disk by itself.
    """
    kept = replace(reading, exchanges=tuple(_without_films(one) for one in reading.exchanges))
    plain = _adapter().dump_python(kept, mode="json", warnings=False)
    return json.dumps(_whole_characters(plain), separators=(",", ":"))


def from_json(
    text: str, written_as: int = FORMAT, upgrades: Mapping[int, Callable[[Plain], Plain]] = UPGRADES
) -> StudyReading:
    """Read what `to_json` of this or an older version wrote.

    Raises:
        UnreadableDraft: It is damaged, or of a newer version.
    """
    if written_as > FORMAT:
        raise UnreadableDraft("it was written by a newer version of Sidelight")
    try:
        plain = json.loads(text)
        for step in range(written_as, FORMAT):
            plain = upgrades[step](plain)
        return _adapter().validate_python(plain)
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # pydantic's errors are ValueErrors
        raise UnreadableDraft(f"it is damaged ({type(error).__name__})") from None


def signed_json(version: SignedVersion) -> str:
    """A signed version as it is kept for good."""
    return json.dumps(asdict(version), sort_keys=True, separators=(",", ":"))


def signed_reading(bodies: Sequence[str]) -> StudyReading:
    """The reading that signed versions make by themselves, where no draft can be read any more.

    Raises:
        UnreadableDraft: One of them is damaged, or there are none.
    """
    try:
        versions = [json.loads(body) for body in bodies]
        texts = {name: {"drafted": "", "edited": versions[-1][name]} for name in ("report", "impression")}
        return from_json(json.dumps(texts | {"signing": {"versions": versions}}))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnreadableDraft(f"what was signed is damaged ({type(error).__name__})") from None


def warm_up() -> None:
    """Import and build what the first draft needs: a fifth of a second that no reader should wait for."""
    _adapter()


@cache
def _adapter() -> TypeAdapter[StudyReading]:
    from pydantic import TypeAdapter

    return TypeAdapter(StudyReading)


def _without_films(one: Exchange) -> Exchange:
    return replace(one, films=(), no_film=FILM_NOT_KEPT) if one.films else one


def _whole_characters(value: Any) -> Any:
    match value:
        case str() if not value.isascii():
            return value.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {key: _whole_characters(part) for key, part in value.items()}
        case list() | tuple():
            return [_whole_characters(part) for part in value]
    return value

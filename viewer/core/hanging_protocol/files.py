"""Hanging protocols as files: the bundled ones, those of the user or the site, import and export.

A file that is wrong is left out and named with the place where it is wrong; the others hold.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from viewer.core.hanging_protocol.protocol import HangingProtocol, ViewportRule
from viewer.core.places import settings_folder
from viewer.core.settings import write_whole

FOLDER = "hanging"
LARGEST_FILE = 1 << 18
MOST_FILES = 200


class ProtocolError(Exception):
    """A file that is no hanging protocol; the message names the file, the place and what is wrong there."""


@dataclass(frozen=True, slots=True)
class SiteProtocols:
    """What lies in the settings folder: protocols by file name, and why other files there were left out."""

    protocols: tuple[HangingProtocol, ...] = ()
    problems: tuple[str, ...] = ()


def site_folder() -> Path:
    """Where a user's or a site's own protocols lie. May not exist yet."""
    return settings_folder() / FOLDER


@cache
def bundled_protocols() -> tuple[HangingProtocol, ...]:
    """The protocols that come with the program. A test holds them to the schema, so they are read unchecked."""
    folder = resources.files("viewer.core.hanging_protocol").joinpath("bundled")
    files = (file for file in folder.iterdir() if file.name.endswith(".json"))
    protocols = (_unchecked(json.loads(file.read_text("utf-8"))) for file in files)
    return tuple(sorted(protocols, key=lambda protocol: protocol.id))


def site_protocols(folder: Path | None = None) -> SiteProtocols:
    """Read every `*.json` of the folder (the settings folder's own, unless said)."""
    place = folder or site_folder()
    protocols: dict[str, HangingProtocol] = {}
    problems = []
    try:
        files = sorted(place.glob("*.json"))[:MOST_FILES]
    except OSError as error:
        return SiteProtocols(problems=(f"{place}: {error.strerror or error}",))
    for file in files:
        try:
            protocol = read_protocol(file)
            if protocol.id in protocols:
                raise ProtocolError(
                    f"{file.name}: the id “{protocol.id}” is taken by another file here. Give it an id of its own."
                )
            protocols[protocol.id] = protocol
        except ProtocolError as error:
            problems.append(str(error))
    return SiteProtocols(tuple(protocols.values()), tuple(problems))


def read_protocol(file: Path) -> HangingProtocol:
    """Read and check one file.

    Raises:
        ProtocolError: It can't be read, is no JSON, or says something that the schema does not know.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise ProtocolError(f"{file.name}: larger than a hanging protocol can be.")
        text = file.read_bytes()
    except OSError as error:
        raise ProtocolError(f"{file.name}: cannot be read ({error.strerror or error}).") from error
    return parse_protocol(text, file.name)


def parse_protocol(text: str | bytes, name: str) -> HangingProtocol:
    """Check the JSON text of one protocol; `name` is how the reader knows it.

    Raises:
        ProtocolError: With the first place that is wrong, and how many more there are.
    """
    from pydantic import ValidationError  # late: most windows never read a site's own protocol

    try:
        protocol: HangingProtocol = _adapter().validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        place = ".".join(str(part) for part in faults[0]["loc"])
        more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
        at = f" at {place}" if place else ""
        raise ProtocolError(f"{name}{at}: {faults[0]['msg']}{more}.") from error
    if all(rule.show != "current" for rule in protocol.viewports):
        raise ProtocolError(f"{name} at viewports: none of them shows the current study.")
    return protocol


def protocol_text(protocol: HangingProtocol) -> str:
    """The protocol as JSON for a file, without what only repeats a default."""
    return json.dumps(_plain(protocol), indent=2, ensure_ascii=False) + "\n"


def import_protocol(file: Path, folder: Path | None = None) -> HangingProtocol:
    """Check `file` and keep it in the settings folder, in place of one with the same id.

    Raises:
        ProtocolError: It is no protocol, or the folder refuses.
    """
    protocol = read_protocol(file)
    place = folder or site_folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_whole(_own_file(place, protocol), protocol_text(protocol))
    except OSError as error:
        raise ProtocolError(f"{place}: cannot be written ({error.strerror or error}).") from error
    return protocol


def json_schema() -> dict[str, Any]:
    """JSON Schema of a protocol's file. `schema.json` beside this module is this, for editors of other makers."""
    schema: dict[str, Any] = _adapter().json_schema()
    return schema


def _own_file(folder: Path, protocol: HangingProtocol) -> Path:
    """The file that holds this id already, or a new one named after it; an id never names a path."""
    for file in sorted(folder.glob("*.json"))[:MOST_FILES]:
        try:
            if read_protocol(file).id == protocol.id:
                return file
        except ProtocolError:
            continue
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", protocol.id).strip("-") or "protocol"
    free = (folder / f"{stem}{'' if number == 1 else f'-{number}'}.json" for number in range(1, 10_000))
    return next(file for file in free if not file.exists())


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(HangingProtocol)


def _unchecked(plain: dict[str, Any]) -> HangingProtocol:
    viewports = tuple(ViewportRule(**rule) for rule in plain["viewports"])
    return HangingProtocol(**{**plain, "viewports": viewports})


def _plain(value: Any) -> Any:
    """Dataclasses as JSON objects without defaults, tuples as lists."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        said = {field.name: getattr(value, field.name) for field in fields}
        return {f.name: _plain(said[f.name]) for f in fields if said[f.name] != f.default}
    return value

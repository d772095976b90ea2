"""Which site adapter a pack is read with: chosen, kept with its history, taken back. No torch.

A site adapter is a pack of its own (`inference.training.promotion.adapter_pack` writes it) that names its base by the
SHA-256 of the base's manifest. Which one is active is one small file for each base, beside the packs; every choice
stays in it, with who made it, when and why. Nothing is ever deleted here: the base and every adapter stay.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from inference.errors import InvalidRequest, PackError
from inference.packs import trust
from inference.packs.manifest import ID_PATTERN
from inference.packs.store import DEFAULT_PACK, Pack, find_pack, user_packs_dir
from inference.plain import from_plain, to_plain

logger = logging.getLogger(__name__)

CHOICES = ".site-adapters"
"""Folder beside the packs with a file for each base."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of the history: an adapter was activated, taken back, or refused by the gate."""

    what: Literal["activated", "rolled back", "refused"]
    adapter: str  # id of the adapter's pack
    base_sha256: str  # of the base's manifest: the adapter works on no other
    at: str  # UTC, ISO 8601
    who: str  # the account that did it
    why: str  # in words, with the numbers


@dataclass(frozen=True, slots=True)
class Choices:
    """All that happened to a base's adapters, oldest first."""

    base: str  # id
    steps: tuple[Choice, ...] = ()
    format: int = 1

    def stack(self, base_sha256: str) -> tuple[str, ...]:
        """Adapters in force for this very base, the active one last; a roll-back takes the last one away."""
        found: list[str] = []
        for step in self.steps:
            if step.base_sha256 != base_sha256:
                continue
            if step.what == "activated":
                found.append(step.adapter)
            elif step.what == "rolled back" and found:
                found.pop()
        return tuple(found)

    def active(self, base_sha256: str) -> str:
        """Id of the active adapter; empty: the base alone."""
        return next(reversed(self.stack(base_sha256)), "")


@dataclass(frozen=True, slots=True)
class ToRead:
    """What is to be read with. `note` is for the reader: why it is not what was chosen; empty where it is."""

    pack: Pack
    note: str = ""


def pack_to_read(name: str | None = None) -> ToRead:
    """The pack of this id with its active site adapter; a folder's path is that folder and nothing else.

    An adapter that can't be used never keeps anybody from reading: the base takes its place, and the note says so.

    Raises:
        ModelNotInstalled, PackRefused, PackQuarantined: As `find_pack` says of the base.
    """
    base = find_pack(name)
    if base.base is not None or not re.fullmatch(ID_PATTERN, name or DEFAULT_PACK):
        return ToRead(base)
    choices = choices_of(base.manifest.id)
    adapter = choices.active(base.sha256)
    if not adapter:
        return ToRead(base, _left_behind(choices, base))
    try:
        found = find_pack(adapter)
        if found.base is None or found.base.sha256 != base.sha256:
            raise PackError(f"“{adapter}” does not work on this version of “{base.manifest.id}”.")
    except PackError as error:
        logger.warning("The active site adapter can't be used: %s", error)
        return ToRead(base, f"The site adapter “{adapter}” is not used: {error} The base model reads alone.")
    return ToRead(found)


def activate(adapter: Pack, why: str, who: str = "") -> Choice:
    """Let the adapter be read with wherever its base is asked for.

    Raises:
        PackError: It is no adapter, is in quarantine, or is active already; or the choice can't be written.
    """
    if adapter.base is None:
        raise PackError(f"“{adapter.manifest.id}” is a whole model, not an adapter.")
    if (found := trust.quarantine_of(adapter.sha256)) is not None:
        raise PackError(f"“{adapter.manifest.id}” is in quarantine: {found.reason}.")
    base = adapter.base
    if choices_of(base.manifest.id).active(base.sha256) == adapter.manifest.id:
        raise PackError(f"“{adapter.manifest.id}” is active already.")
    return _add(base, Choice("activated", adapter.manifest.id, base.sha256, _now(), who or _account(), why))


def note_refused(adapter: Pack, why: str, who: str = "") -> Choice:
    """Keep in the history that the gate refused an adapter."""
    assert adapter.base is not None, "only adapters come to the gate"
    step = Choice("refused", adapter.manifest.id, adapter.base.sha256, _now(), who or _account(), why)
    return _add(adapter.base, step)


def roll_back(name: str | None = None, why: str = "", who: str = "") -> Choice:
    """Take the active adapter away: the one before it is active again, or the base alone.

    Raises:
        PackError: No adapter is active.
    """
    base = find_pack(name)
    base = base.base or base
    active = choices_of(base.manifest.id).active(base.sha256)
    if not active:
        error = PackError(f"No site adapter of “{base.manifest.id}” is active: it reads alone already.")
        error.remedy = "There is nothing to take back."
        raise error
    return _add(base, Choice("rolled back", active, base.sha256, _now(), who or _account(), why))


def choices_of(base_id: str) -> Choices:
    """The history of a base. A file that can't be read is none, which is logged: the base alone is always safe."""
    path = _file(base_id)
    try:
        return from_plain(Choices, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Choices(base_id)
    except (OSError, ValueError, InvalidRequest) as error:
        logger.warning("%s can't be read (%s): the base model reads alone.", path, error)
        return Choices(base_id)


def _add(base: Pack, step: Choice) -> Choice:
    path = _file(base.manifest.id)
    choices = choices_of(base.manifest.id)
    if path.exists() and not choices.steps:
        path.replace(path.with_suffix(".unreadable"))  # what stands in it is not lost
    told = json.dumps(to_plain(replace(choices, steps=(*choices.steps, step))), indent=1, ensure_ascii=False)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(told + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise PackError(f"{path} can't be written ({error}); nothing was changed.") from error
    return step


def _left_behind(choices: Choices, base: Pack) -> str:
    """A word where the last adapter belongs to another version of the base: an update must not lose it silently."""
    last = next((step for step in reversed(choices.steps) if step.what != "refused"), None)
    if last is None or last.base_sha256 == base.sha256 or not choices.active(last.base_sha256):
        return ""
    return (
        f"The site adapter “{last.adapter}” was made for another version of “{base.manifest.id}” and is not used "
        f"with {base.manifest.version}. Train again to have one for it."
    )


def _file(base_id: str) -> Path:
    return user_packs_dir() / CHOICES / f"{base_id}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such account, as in some containers
        return "unknown"

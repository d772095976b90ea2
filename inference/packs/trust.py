"""What this machine knows about packs: which passed their self-test here, which are in quarantine.

One small JSON file for each pack, named by its manifest's SHA-256, in the user's data folder: another file, another
version or a changed byte is another pack. A file that can't be read is as good as none, so the self-test runs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from inference.pack_notes import note_file, read_note, write_note

_KIND = "pack-trust"

Conditions = Mapping[str, str]
"""Under which a self-test was passed: precision, device, versions. Any other one asks for a new test."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why a pack is not used, since when."""

    reason: str
    since: str  # ISO 8601, UTC
    conditions: Conditions


def has_passed(sha256: str, conditions: Conditions) -> bool:
    """True if the pack with this manifest passed its self-test here under the same conditions."""
    return dict(conditions) in _told(sha256).get("passed", [])


def has_ever_passed(sha256: str) -> bool:
    """True if the pack passed its self-test on this machine under any conditions."""
    return bool(_told(sha256).get("passed"))


def note_passed(sha256: str, conditions: Conditions) -> None:
    """Remember a passed self-test, and lift a quarantine if there was one."""
    passed = [one for one in _told(sha256).get("passed", []) if one != dict(conditions)]
    write_note(_KIND, sha256, {"passed": [*passed, dict(conditions)][-20:]})


def quarantine(sha256: str, reason: str, conditions: Conditions) -> None:
    """Let this pack not be used any more, under whatever conditions."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    write_note(
        _KIND, sha256, {"quarantine": {"reason": reason, "since": since, "conditions": dict(conditions)}}
    )


def quarantine_of(sha256: str) -> Quarantine | None:
    """Why the pack with this manifest is in quarantine; None if it is not."""
    told = _told(sha256).get("quarantine")
    if not isinstance(told, dict):
        return None
    return Quarantine(
        str(told.get("reason", "")), str(told.get("since", "")), dict(told.get("conditions", {}))
    )


def forget(sha256: str) -> None:
    """Know nothing about a pack any more: its next use tests it again."""
    note_file(_KIND, sha256).unlink(missing_ok=True)


def _told(sha256: str) -> dict[str, Any]:
    told = read_note(_KIND, sha256)
    is_sound = isinstance(told, dict) and isinstance(told.get("passed", []), list)
    return told if is_sound else {}

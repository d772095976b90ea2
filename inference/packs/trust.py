"""What this machine knows about packs: which passed their self-test here, which are in quarantine.

One small JSON file for each pack, named by its manifest's SHA-256, in the user's data folder: another file, another
version or a changed byte is another pack. A file that can't be read is as good as none, so the self-test runs again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from viewer.core.places import data_folder

logger = logging.getLogger(__name__)

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
    _tell(sha256, {"passed": [*passed, dict(conditions)][-20:]})


def quarantine(sha256: str, reason: str, conditions: Conditions) -> None:
    """Let this pack not be used any more, under whatever conditions."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    _tell(sha256, {"quarantine": {"reason": reason, "since": since, "conditions": dict(conditions)}})


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
    _file(sha256).unlink(missing_ok=True)


def _file(sha256: str) -> Path:
    return data_folder() / "pack-trust" / f"{sha256}.json"


def _told(sha256: str) -> dict[str, Any]:
    try:
        told = json.loads(_file(sha256).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_sound = isinstance(told, dict) and isinstance(told.get("passed", []), list)
    return told if is_sound else {}


def _tell(sha256: str, told: Mapping[str, Any]) -> None:
    """Write in one rename. Where nothing can be written the pack is tested again at the next start."""
    file = _file(sha256)
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        logger.warning("The outcome of a pack's self-test could not be kept: %s", error)
        with contextlib.suppress(OSError):
            part.unlink()

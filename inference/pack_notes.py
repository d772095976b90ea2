"""Small JSON notes about packs in the user's data folder, one file for each kind and pack.

A note is named by its manifest's SHA-256: another version or a changed byte is another pack. One that can't be read is
as good as none, and where none can be written whoever asks does its work again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from viewer.core.places import data_folder

logger = logging.getLogger(__name__)


def note_file(kind: str, pack_sha256: str) -> Path:
    """Where the note lies; `kind` is the folder."""
    return data_folder() / kind / f"{pack_sha256}.json"


def read_note(kind: str, pack_sha256: str) -> Any:
    """What was written, None if nothing was or it can't be read. Its form is for the caller to check."""
    try:
        return json.loads(note_file(kind, pack_sha256).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_note(kind: str, pack_sha256: str, told: Any) -> None:
    """Write in one rename. Where it can't be written, that is logged and nothing else happens."""
    file = note_file(kind, pack_sha256)
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        logger.warning("A note about a pack (%s) could not be kept: %s", kind, error)
        with contextlib.suppress(OSError):
            part.unlink()

"""The folders and files that were ever opened, in a file of their own: from them the study list can be rebuilt."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from viewer.core.settings import write_whole

FILE_NAME = "study-locations.json"
MOST = 2000


def read_locations(folder: Path) -> tuple[Path, ...]:
    """What was opened, the oldest first; nothing where the file is not there or no list of paths."""
    try:
        read = json.loads((folder / FILE_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(Path(path) for path in read if isinstance(path, str)) if isinstance(read, list) else ()


def add_locations(folder: Path, paths: Sequence[Path]) -> None:
    """Remember these; what lies inside a remembered folder needs no line of its own.

    Raises:
        OSError: The disk refuses.
    """
    known = [path for path in read_locations(folder) if not any(path.is_relative_to(new) for new in paths)]
    new = [path for path in dict.fromkeys(paths) if not any(path.is_relative_to(old) for old in known)]
    if new:
        _write(folder, [*known, *new][-MOST:])


def forget_locations(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        (folder / FILE_NAME).unlink()


def _write(folder: Path, paths: Sequence[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / FILE_NAME, json.dumps([str(path) for path in paths], indent=1))

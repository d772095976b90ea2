"""A folder into which films are copied while we look: a file is taken once it has stopped changing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from viewer.core.file_stamp import FileStamp
from viewer.core.file_walk import stamp_of


def look_at(folder: Path, is_stopped: Callable[[], bool] = lambda: False) -> dict[Path, FileStamp]:
    """Return every plain file below `folder` with its stamp. Links to folders are not followed."""
    found: dict[Path, FileStamp] = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if is_stopped():
                return found
            path = Path(place, name)
            stamp = stamp_of(path)
            if stamp is not None:
                found[path] = stamp
    return found


def settled(
    before: Mapping[Path, FileStamp], now: Mapping[Path, FileStamp], taken: Mapping[Path, FileStamp]
) -> list[Path]:
    """Return the files to take: not empty, alike in two looks, and not taken like this already."""
    return [
        path
        for path, stamp in now.items()
        if stamp.size > 0 and before.get(path) == stamp and taken.get(path) != stamp
    ]

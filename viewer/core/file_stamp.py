"""When a file was last written and how long it is: enough to know that it was read before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Of the file on disk; a film inside a ZIP has the stamp of the ZIP."""

    size: int  # bytes
    mtime_ns: int

"""ZIP files, good and bad."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path


def write_zip(
    path: Path, members: Mapping[str, bytes | Path], *, compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Write a ZIP whose members have exactly these names (also `../x` and absolute ones) and return `path`."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(name),
                content.read_bytes() if isinstance(content, Path) else content,
                compression,
            )
    return path

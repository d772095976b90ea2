"""Files to films: the scan of what the user named, with every bad file told and none in the way of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from inference.read.findings_file import Skip
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, Skipped, scan
from viewer.core.study import Film, Source


def films_in(
    paths: Sequence[Path], reader: FilmReader, tell: Callable[[str], None]
) -> tuple[tuple[Film, ...], tuple[Skip, ...]]:
    """Every readable film at `paths` (files, folders, ZIPs), and every file that is none, with the reason.

    Args:
        tell: Gets one line per file that can't be opened.
    """
    films: list[Film] = []
    skipped: list[Skip] = []
    for path in paths:
        if not path.exists():
            skipped.append(Skip(Source(path), "there is no such file or folder"))
    for event in scan([path for path in paths if path.exists()], reader):
        match event:
            case FilmFound(film):
                films.append(film)
            case Skipped(unreadable):
                skipped.append(Skip(unreadable.source, f"can't be opened: {unreadable.reason}"))
    for skip in skipped:
        tell(f"{skip.source}: {skip.reason}")
    return tuple(films), tuple(skipped)

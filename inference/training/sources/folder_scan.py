"""What lies in a folder: films, reports, structured reports; and of everything else why it was not used.

Headers that were read before are kept in the user's data folder (`training/`, readable by its owner only), so that the
doctor, the plan and the run do not each read gigabytes to look at them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from inference.training.sources.found_reports import SUFFIXES, FoundReport, of_document, reports_in
from inference.training.sources.tables import Troubles
from viewer.core.errors import FilmError
from viewer.core.file_stamp import FileStamp
from viewer.core.index.store import open_index, read_films, write_films
from viewer.core.places import data_folder
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, Skipped, scan
from viewer.core.study import Film, Source

WORKERS = min(4, max(1, (os.cpu_count() or 1) // 2))


@dataclass(slots=True)
class Found:
    """Everything in a folder."""

    films: list[Film] = field(default_factory=list)
    reports: list[FoundReport] = field(default_factory=list)


def relative(source: Source, folder: Path) -> str:
    """A file's place as a person finds it, with / between folders."""
    try:
        path = source.path.relative_to(folder).as_posix()
    except ValueError:
        path = source.path.name
    return f"{path}!{source.member}" if source.member else path


def scan_folder(folder: Path, troubles: Troubles) -> Found:
    """Look at every file once; nothing is decoded."""
    found = Found()
    known = _known_films()
    fresh: list[tuple[Film, FileStamp]] = []

    def before(source: Source, stamp: FileStamp) -> Film | None:
        film = known.get((source.path, source.member))
        return film[0] if film is not None and film[1] == stamp else None

    with FilmReader(WORKERS) as reader:
        for event in scan([folder], reader, known=before):
            match event:
                case FilmFound(film, stamp):
                    found.films.append(film)
                    if stamp is not None and before(film.source, stamp) is None:
                        fresh.append((film, stamp))
                case Skipped(unreadable):
                    _take_other(unreadable.source, unreadable.reason, folder, reader, found, troubles)
    _remember(fresh)
    return found


def _take_other(
    source: Source, reason: str, folder: Path, reader: FilmReader, found: Found, troubles: Troubles
) -> None:
    """A file that is no film: a report in some form, or a trouble."""
    place = relative(source, folder)
    if not source.member and source.path.suffix.lower() in SUFFIXES:
        found.reports.extend(reports_in(source.path, place, troubles))
        return
    if source.path.name.upper() == "DICOMDIR" and not source.member:
        return
    try:
        document = reader.report(source)
    except FilmError:
        troubles.add(place, f"no film: {reason}", "Take it out of the folder, or export it again.")
        return
    if document.parts:
        found.reports.append(of_document(document, place))
    else:
        troubles.add(place, "the structured report holds no words", "Nothing, if its numbers are not needed.")


def _index_folder() -> Path:
    return data_folder() / "training"


def _known_films() -> dict[tuple[Path, str], tuple[Film, FileStamp]]:
    """Films by their place. Whatever is wrong with the index costs time, nothing else."""
    with contextlib.suppress(OSError, sqlite3.Error):
        connection, _ = open_index(_index_folder())
        with contextlib.closing(connection):
            return {
                (known.film.source.path, known.film.source.member): (known.film, known.stamp)
                for some in read_films(connection)
                for known in some
                if known.is_current
            }
    return {}


def _remember(films: list[tuple[Film, FileStamp]]) -> None:
    if not films:
        return
    with contextlib.suppress(OSError, sqlite3.Error):
        connection, _ = open_index(_index_folder())
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            write_films(connection, films)
            connection.execute("COMMIT")

"""The index file: one SQLite database in the user's data folder, opened, checked, read and written here only.

It holds what the films' headers say, patients' names too, so it is readable by its owner only (mode 0600), and what
is forgotten is overwritten (secure_delete). The films themselves are never copied. Everything but the reader's own
states and notes can be made again from the films; a file that SQLite finds broken is therefore set aside, what can
still be read of states and notes is taken over, and the list is rebuilt.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.core.file_stamp import FileStamp
from viewer.core.film_json import header_format, header_from_json, header_from_older_json, header_to_json
from viewer.core.index.records import STATES, StudyRecord
from viewer.core.language import tr
from viewer.core.study import Film, Source

FILE_NAME = "study-list.sqlite3"
VERSION = 1
BUSY_S = 10.0
ROWS_AT_ONCE = 500

_SCHEMA = """
CREATE TABLE films (
    path BLOB NOT NULL, member TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, study_uid TEXT NOT NULL, header TEXT NOT NULL, header_format TEXT NOT NULL,
    PRIMARY KEY (path, member)
);
CREATE INDEX films_by_study ON films (study_uid);
CREATE TABLE studies (
    uid TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, last_opened TEXT NOT NULL
);
CREATE TABLE imports (id TEXT PRIMARY KEY, paths TEXT NOT NULL, began TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class KnownFilm:
    """A film as it was read last, and the stamp its file had then."""

    film: Film
    stamp: FileStamp
    is_current: bool = (
        True  # False: an older version read the header; read the file again before relying on it
    )


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """A scan that the end of the program cut off."""

    id: str
    paths: tuple[Path, ...]


def open_index(folder: Path) -> tuple[sqlite3.Connection, str]:
    """Open the index, or make a new one where there is none or it is broken.

    Returns:
        The connection, and what the reader must know; empty where all is well.

    Raises:
        OSError, sqlite3.Error: The folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / FILE_NAME
    try:
        connection = _connected(file)
        try:
            _check(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError:
        raise  # no rights, no room, locked: nothing is wrong with the file
    except (sqlite3.DatabaseError, _OtherVersion) as error:
        aside = _set_aside(file)
        connection = _connected(file)
        _check(connection)
        kept = _take_over_records(aside, connection)
        return connection, tr(
            "The study list could not be read ({error}) and was begun anew; {kept} states and notes were saved."
            " The old file was kept as {file}. Rebuild the study list from the films.",
            error=error,
            kept=kept,
            file=aside,
        )
    return connection, ""


def connect(folder: Path) -> sqlite3.Connection:
    """A further connection to an index that `open_index` has checked."""
    return _connected(folder / FILE_NAME)


def read_films(connection: sqlite3.Connection) -> Iterator[list[KnownFilm]]:
    """Yield all films, some hundred at a time. A row that makes no sense is left out: its file will be read again."""
    current = header_format()
    rows = connection.execute("SELECT path, member, size, mtime_ns, sha256, header, header_format FROM films")
    while some := rows.fetchmany(ROWS_AT_ONCE):
        found = []
        for path, member, size, mtime_ns, sha256, header, written in some:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                plain = json.loads(header)
                read = header_from_json(plain) if written == current else header_from_older_json(plain)
                film = Film(Source(Path(os.fsdecode(path)), member), read, sha256)
                found.append(KnownFilm(film, FileStamp(size, mtime_ns), written == current))
        yield found


def read_records(connection: sqlite3.Connection) -> dict[str, StudyRecord]:
    """States and notes by Study Instance UID."""
    rows = connection.execute("SELECT uid, state, note, last_opened FROM studies")
    return {uid: StudyRecord(state, note, opened) for uid, state, note, opened in rows if state in STATES}


def read_unfinished(connection: sqlite3.Connection) -> tuple[UnfinishedImport, ...]:
    """Imports that began and did not end, the oldest first."""
    rows = connection.execute("SELECT id, paths FROM imports ORDER BY began")
    return tuple(UnfinishedImport(id_, tuple(Path(p) for p in json.loads(paths))) for id_, paths in rows)


def write_films(connection: sqlite3.Connection, films: Sequence[tuple[Film, FileStamp]]) -> None:
    """Remember where films lie; what was known of the same place is replaced."""
    written = header_format()
    connection.executemany(
        "INSERT OR REPLACE INTO films VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                os.fsencode(film.source.path),
                film.source.member,
                stamp.size,
                stamp.mtime_ns,
                film.file_sha256,
                film.header.study_instance_uid,
                json.dumps(header_to_json(film.header)),
                written,
            )
            for film, stamp in films
        ],
    )


def write_record(connection: sqlite3.Connection, uid: str, record: StudyRecord) -> None:
    """Keep a study's state and note."""
    connection.execute(
        "INSERT OR REPLACE INTO studies VALUES (?, ?, ?, ?)",
        (uid, record.state, _storable(record.note), record.last_opened),
    )


def begin_import(connection: sqlite3.Connection, unfinished: UnfinishedImport) -> None:
    paths = json.dumps([str(path) for path in unfinished.paths])
    connection.execute(
        "INSERT OR REPLACE INTO imports VALUES (?, ?, ?)", (unfinished.id, paths, f"{time.time():.3f}")
    )


def end_import(connection: sqlite3.Connection, import_id: str) -> None:
    connection.execute("DELETE FROM imports WHERE id = ?", (import_id,))


def forget_study(connection: sqlite3.Connection, uid: str) -> None:
    """Take a study out of the list with its state and note. Its files stay where they are."""
    connection.execute("DELETE FROM films WHERE study_uid = ?", (uid,))
    connection.execute("DELETE FROM studies WHERE uid = ?", (uid,))


def forget_place(connection: sqlite3.Connection, source: Source) -> None:
    """Take one file out of the list; it is read again when it is met again."""
    place = (os.fsencode(source.path), source.member)
    connection.execute("DELETE FROM films WHERE path = ? AND member = ?", place)


def forget_films(connection: sqlite3.Connection) -> None:
    """Empty the list before it is rebuilt; states and notes stay."""
    connection.execute("DELETE FROM films")


def forget_everything(connection: sqlite3.Connection) -> None:
    for table in ("films", "studies", "imports"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the three names above


def _connected(file: Path) -> sqlite3.Connection:
    with contextlib.suppress(FileExistsError):  # before SQLite makes it, readable by everybody
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a note that was shown as kept is kept
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


class _OtherVersion(Exception):
    """The file was written by a version of the program that this one does not understand."""


def _check(connection: sqlite3.Connection) -> None:
    """Make the tables where there are none.

    Raises:
        sqlite3.DatabaseError: The file is broken.
        _OtherVersion: See there.
    """
    (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if told != "ok":
        raise sqlite3.DatabaseError(told)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version not in (0, VERSION):
        raise _OtherVersion(tr("it was written by another version of Sidelight"))
    if version == 0:  # two windows may start at once: the tables are made by one of them
        connection.executescript(
            "BEGIN IMMEDIATE;"
            + _SCHEMA.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").replace(
                "CREATE INDEX", "CREATE INDEX IF NOT EXISTS"
            )
            + f"PRAGMA user_version = {VERSION}; COMMIT;"
        )
    for table in ("films", "studies", "imports"):
        connection.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608


def _set_aside(file: Path) -> Path:
    aside = file.with_name(
        f"{file.stem}.unreadable-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}{file.suffix}"
    )
    for ending in ("-wal", "-shm", ""):
        part = file.with_name(file.name + ending)
        with contextlib.suppress(FileNotFoundError):
            part.replace(aside.with_name(aside.name + ending))
    return aside


def _take_over_records(old: Path, connection: sqlite3.Connection) -> int:
    """Save of a broken index what nobody can make again. Whatever can't be read stays lost."""
    taken = 0
    with contextlib.suppress(sqlite3.Error, TypeError), contextlib.closing(sqlite3.connect(old)) as broken:
        rows = broken.execute("SELECT uid, state, note, last_opened FROM studies")
        while row := rows.fetchone():
            if all(isinstance(cell, str) for cell in row) and row[1] in STATES:
                write_record(connection, row[0], StudyRecord(*row[1:]))
                taken += 1
    return taken


def _storable(text: str) -> str:
    """Without halves of characters, which no database stores."""
    return text.encode("utf-8", "replace").decode("utf-8")

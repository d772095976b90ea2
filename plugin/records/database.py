"""The drafts' own database file: opened, checked, and set aside where it is broken. Never in the GUI thread.

It lies apart from the study list, which can be rebuilt from the films; this one can't. It holds reports, so only its
owner can read it (mode 0600). Every commit waits for the disk (WAL, synchronous = FULL).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from viewer.core.places import data_folder

FILE_NAME = "drafts.sqlite3"
VERSION = 1
BUSY_S = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS drafts (
    key TEXT PRIMARY KEY, study_uid TEXT NOT NULL, version INTEGER NOT NULL, session TEXT NOT NULL,
    format INTEGER NOT NULL, pack TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS copies (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, session TEXT NOT NULL, why TEXT NOT NULL, study_uid TEXT NOT NULL,
    format INTEGER NOT NULL, pack TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS copies_of_a_study ON copies (key);
CREATE TABLE IF NOT EXISTS signed (
    sha256 TEXT PRIMARY KEY, key TEXT NOT NULL, study_uid TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS signed_stays BEFORE UPDATE ON signed
    BEGIN SELECT RAISE(ABORT, 'a signed version is never changed'); END;
CREATE TRIGGER IF NOT EXISTS signed_is_kept BEFORE DELETE ON signed
    BEGIN SELECT RAISE(ABORT, 'a signed version is never deleted'); END;
"""
_TABLES = {"drafts": 8, "copies": 9, "signed": 5}


def records_folder() -> Path:
    """May not exist yet."""
    return data_folder() / "records"


def open_database(folder: Path) -> tuple[sqlite3.Connection, str]:
    """Open the drafts, or begin anew where there are none or the file is broken.

    Returns:
        The connection, and what the reader must know; empty where all is well.

    Raises:
        OSError, sqlite3.OperationalError: The folder can't be written, the disk is full, the file is locked.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / FILE_NAME
    try:
        return _checked(file), ""
    except sqlite3.OperationalError:
        raise  # no rights, no room, locked: nothing is wrong with the file
    except (sqlite3.DatabaseError, _NewerVersion) as error:
        aside = _set_aside(file)
        connection = _checked(file)
        saved = _take_over(aside, connection)
        return connection, (
            f"The kept drafts could not be read ({error}). {saved} of them were saved; the old file is still there as"
            f" {aside}."
        )


class _NewerVersion(Exception):
    def __str__(self) -> str:
        return "they were written by a newer version of Sidelight"


def _checked(file: Path) -> sqlite3.Connection:
    with contextlib.suppress(FileExistsError):  # before SQLite makes it, readable by everybody
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what the reader discards is gone
        (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if told != "ok":
            raise sqlite3.DatabaseError(told)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise _NewerVersion
        connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {VERSION}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(file: Path) -> Path:
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    aside = file.with_name(f"{file.stem}.unreadable-{stamp}{file.suffix}")
    for ending in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            file.with_name(file.name + ending).replace(aside.with_name(aside.name + ending))
    return aside


def _take_over(old: Path, connection: sqlite3.Connection) -> int:
    """Save what can still be read, row by row. Whatever can't stays in the old file."""
    taken = 0
    for table, columns in _TABLES.items():
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(old)) as broken:
            rows = broken.execute(f"SELECT * FROM {table}")  # noqa: S608 - the three names above
            while row := rows.fetchone():
                marks = ", ".join("?" * columns)
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608
                taken += 1
    return taken

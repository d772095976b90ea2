"""Marks and calibrations of all films in one SQLite file, by SOP Instance UID and the file's SHA-256.

Each film is one row, written in one transaction: a kill at any moment leaves the row before or the row after. A file
that can't be read is set aside, never overwritten.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from viewer.core.measure.annotation import FilmMarks
from viewer.core.measure.marks_json import marks_from_text, marks_to_text
from viewer.core.places import data_folder

FILE_NAME = "annotations.sqlite3"
BUSY_S = 5.0
FilmId = tuple[str, str]
"""SOP Instance UID (0008,0018) and SHA-256 of the file: another file with the same UID is another film."""

_TABLE = """
CREATE TABLE IF NOT EXISTS film_marks (
    sop_instance_uid TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    marks TEXT NOT NULL,
    changed_at TEXT NOT NULL DEFAULT (datetime('now')),
    PRIMARY KEY (sop_instance_uid, file_sha256)
)
"""
_SET_ASIDE = """
UPDATE OR REPLACE film_marks SET file_sha256 = file_sha256 || ' unreadable'
WHERE sop_instance_uid = ? AND file_sha256 = ?
"""


class MarksFileError(Exception):
    """The marks could not be read or kept; the message says why and what to do."""


class MarksFile:
    """Reads and writes marks. Opens the file for each call, so that any thread may call and nothing stays open."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    @property
    def path(self) -> Path:
        return self._file or data_folder() / FILE_NAME

    def read(self, film: FilmId) -> FilmMarks:
        """Return what was kept of a film; no marks where nothing was.

        Raises:
            MarksFileError: The file is damaged (it was set aside) or can't be opened.
        """
        if not self.path.exists():
            return FilmMarks()
        query = "SELECT marks FROM film_marks WHERE sop_instance_uid = ? AND file_sha256 = ?"
        try:
            with self._opened() as connection:
                row = connection.execute(query, film).fetchone()
                try:
                    return FilmMarks() if row is None else marks_from_text(row[0])
                except (ValueError, TypeError) as error:
                    connection.execute(_SET_ASIDE, film)
                    problem = error
        except sqlite3.DatabaseError as error:
            raise self._failed(error) from error
        raise MarksFileError(
            f"The annotations of this film could not be read ({problem}). They are kept apart in {self.path}; what you"
            " draw now is kept beside them."
        )

    def write(self, films: Mapping[FilmId, FilmMarks]) -> None:
        """Keep the marks of films, all or none of them.

        Raises:
            MarksFileError: They are not kept.
        """
        rows = [(*film, marks_to_text(marks)) for film, marks in films.items()]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO film_marks (sop_instance_uid, file_sha256, marks) VALUES (?, ?, ?)",
                    rows,
                )
        except sqlite3.DatabaseError as error:
            raise self._failed(error) from error
        except OSError as error:
            raise MarksFileError(
                f"Annotations could not be kept in {self.path}: {error.strerror or error}."
            ) from error

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=BUSY_S)
        try:
            with connection:  # one transaction
                connection.execute(_TABLE)
                yield connection
        finally:
            connection.close()

    def _failed(self, error: sqlite3.DatabaseError) -> MarksFileError:
        if isinstance(
            error, sqlite3.OperationalError
        ):  # locked, read-only, disk full: the file itself is sound
            return MarksFileError(
                f"The annotations in {self.path} could not be reached: {error}. Free the disk or close the other"
                " program, then change a mark once more."
            )
        aside = self.path.with_suffix(".unreadable.sqlite3")
        number = 1
        while aside.exists():
            number += 1
            aside = self.path.with_suffix(f".unreadable{number}.sqlite3")
        with contextlib.suppress(OSError):
            self.path.replace(aside)
        return MarksFileError(
            f"The file of annotations could not be read ({error}). It was kept as {aside}; new ones go into a new file."
        )

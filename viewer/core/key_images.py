"""Key images: the films that a reader wants to find again. Kept in a small database of their own, apart from the list.

Losing the study list loses no key image, and the other way round.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viewer.core.places import data_folder

FILE_NAME = "key_images.sqlite"
VERSION = 1
LONGEST_NOTE = 500
_TABLE = """
CREATE TABLE IF NOT EXISTS key_images (
    film_key TEXT PRIMARY KEY,
    row_key TEXT NOT NULL,
    study_uid TEXT NOT NULL,
    frame INTEGER NOT NULL,
    marked_at TEXT NOT NULL,
    note TEXT NOT NULL
)"""


@dataclass(frozen=True, slots=True)
class KeyImage:
    """One film, or one frame of it, that was marked."""

    film_key: str  # viewer.core.study.Film.key
    row_key: str  # of the row in the study list that stands for it: its own, or its stack's
    study_uid: str  # (0020,000D)
    frame: int = 0  # from 0
    marked_at: str = ""  # ISO 8601
    note: str = ""


class KeyImageStore:
    """Reads and writes at once; may wait for the disk, so it is used from a worker. Each call has its own connection.

    A database that can't be read is set aside, never overwritten; `problem` says so.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or data_folder() / FILE_NAME
        self.problem = ""

    def read(self) -> tuple[KeyImage, ...]:
        """All key images, the oldest first.

        Raises:
            OSError, sqlite3.Error: The disk refuses.
        """
        try:
            return self._read()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = self._file.with_suffix(".unreadable.sqlite")
            self._file.replace(aside)
            self.problem = f"The key images could not be read ({error}). They were kept as {aside}."
            return ()

    def put(self, image: KeyImage) -> None:
        """Keep it, in the place of an older one of the same film."""
        with self._open() as database:
            row = (image.film_key, image.row_key, image.study_uid, image.frame, image.marked_at, image.note)
            database.execute("INSERT OR REPLACE INTO key_images VALUES (?, ?, ?, ?, ?, ?)", row)

    def remove(self, film_key: str) -> None:
        with self._open() as database:
            database.execute("DELETE FROM key_images WHERE film_key = ?", (film_key,))

    def _read(self) -> tuple[KeyImage, ...]:
        if not self._file.exists():
            return ()
        with self._open() as database:
            rows = database.execute(
                "SELECT film_key, row_key, study_uid, frame, marked_at, note FROM key_images"
                " ORDER BY marked_at, film_key"
            ).fetchall()
        return tuple(KeyImage(*row) for row in rows)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._file, timeout=5)) as database, database:
            database.execute(_TABLE)
            database.execute(f"PRAGMA user_version = {VERSION}")
            yield database

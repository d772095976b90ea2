"""The store of corrections: one SQLite file of cases, and their films beside it. No Qt, no torch.

`open_store()` is the door; any thread may open its own. Nothing here asks for consent: whoever writes does.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from inference.backend import FilmInput
from inference.corrections import films as film_files
from inference.corrections.case import FORMAT, Case, case_from_plain, case_to_plain
from inference.corrections.pseudonyms import installation_secret, pseudonym
from inference.errors import InvalidFilm
from viewer.core.places import data_folder

FILE_NAME = "corrections.sqlite3"
BUSY_S = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, study TEXT NOT NULL, version INTEGER NOT NULL, patient TEXT NOT NULL,
    format INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (study, version)
);
CREATE INDEX IF NOT EXISTS cases_by_patient ON cases (patient);
CREATE TABLE IF NOT EXISTS films (study TEXT NOT NULL, image TEXT NOT NULL, PRIMARY KEY (study, image));
CREATE INDEX IF NOT EXISTS films_by_image ON films (image);
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What is kept."""

    cases: int = 0
    studies: int = 0
    patients: int = 0
    films: int = 0
    film_bytes: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)  # findings by verdict, of the latest versions


def corrections_folder() -> Path:
    """May not exist yet."""
    return data_folder() / "corrections"


def open_store(folder: Path | None = None) -> CorrectionStore:
    """The corrections of this computer, or those in `folder`.

    Raises:
        OSError, sqlite3.Error: They can't be opened.
    """
    return CorrectionStore(folder or corrections_folder())


class CorrectionStore:
    """Cases and films. Close it, or use it with `with`. Every method may raise sqlite3.Error or OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._films = folder, folder / "films"
        self._secret = installation_secret(folder)
        file = folder / FILE_NAME
        with contextlib.suppress(FileExistsError):  # before SQLite makes it, readable by everybody
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._connection = sqlite3.connect(
            file, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # ── names ───────────────────────────────────────────────────────────────────────────────────────────────

    def patient_key(self, patient_id: str, name: str = "", birth_date: str = "") -> str:
        """The pseudonym of a patient: by Patient ID (0010,0020), else by name and birth date."""
        parts = (patient_id.strip(),) if patient_id.strip() else ("", name.strip(), birth_date)
        return pseudonym(self._secret, "patient", *parts)

    def study_key(self, study_uid: str) -> str:
        """The pseudonym of a Study Instance UID (0020,000D)."""
        return pseudonym(self._secret, "study", study_uid)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, case: Case, films: Iterable[FilmInput]) -> None:
        """Keep a case with its films; the same version of a study again replaces it.

        Raises:
            InvalidFilm: A film is synthetic, damaged, or missing. Nothing of the case is kept.
        """
        given = {film.image_sha256: film for film in films}
        missing = [film.image for film in case.films if film.image not in given]
        if missing or not case.films:
            raise InvalidFilm(f"{len(missing) or 'All'} of the case's films were not given.")
        if any(film.is_synthetic for film in given.values()):
            raise InvalidFilm("Synthetic films are not kept as training data.")
        body = json.dumps(case_to_plain(case), sort_keys=True)
        with self._changes():
            for film in case.films:
                film_files.keep_film(self._films, given[film.image])
            self._connection.execute(
                "INSERT OR REPLACE INTO cases (study, version, patient, format, body) VALUES (?, ?, ?, ?, ?)",
                (case.study, case.version, case.patient, FORMAT, body),
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO films VALUES (?, ?)", [(case.study, film.image) for film in case.films]
            )

    def delete_study(self, study: str) -> int:
        """Forget a study, named by its pseudonym, for good; the number of its versions."""
        return self._delete("study", study)

    def delete_patient(self, patient: str) -> int:
        """Forget all of a patient, named by the pseudonym, for good; the number of versions."""
        return self._delete("patient", patient)

    def delete_all(self) -> int:
        """Forget everything, films too. The secret stays: deleted or not, a patient keeps its pseudonym."""
        with self._changes():
            deleted = self._connection.execute("DELETE FROM cases").rowcount
            self._connection.execute("DELETE FROM films")
        self._sweep()
        return deleted

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    def cases(self) -> Iterator[Case]:
        """The latest version of every study, in the order in which they were first kept."""
        rows = self._connection.execute(
            "SELECT body, format FROM cases AS one WHERE version ="
            " (SELECT MAX(version) FROM cases WHERE study = one.study) ORDER BY number"
        )
        for body, written_as in rows.fetchall():
            yield case_from_plain(json.loads(body), written_as)

    def film(self, image: str) -> FilmInput:
        """A film of a case, as the backend takes it.

        Raises:
            InvalidFilm: It is damaged, or not there.
        """
        return film_files.read_film(self._films, image)

    def counts(self) -> Counts:
        """What is kept, for the site's settings."""
        cases, studies, patients = self._connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT study), COUNT(DISTINCT patient) FROM cases"
        ).fetchone()
        sizes = [size for _, size in film_files.kept_images(self._films)]
        verdicts: Counter[str] = Counter(
            finding.verdict for case in self.cases() for finding in case.findings
        )
        return Counts(cases, studies, patients, len(sizes), sum(sizes), dict(verdicts))

    # ── the single steps ────────────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def _changes(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _delete(self, column: str, key: str) -> int:
        with self._changes():
            deleted = self._connection.execute(f"DELETE FROM cases WHERE {column} = ?", (key,)).rowcount  # noqa: S608
            self._connection.execute("DELETE FROM films WHERE study NOT IN (SELECT study FROM cases)")
        self._sweep()
        return deleted

    def _sweep(self) -> None:
        """Delete the films of no case, and let nothing that was forgotten stay in the log of changes."""
        with self._changes():  # nobody adds a case meanwhile
            used = {image for (image,) in self._connection.execute("SELECT DISTINCT image FROM films")}
            for image, _ in list(film_files.kept_images(self._films)):
                if image not in used:
                    film_files.forget_film(self._films, image)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

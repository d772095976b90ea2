"""The index as the window uses it: read once at the start, then written by a thread of its own, never waited for."""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from viewer.core.file_stamp import FileStamp
from viewer.core.file_walk import stamp_of
from viewer.core.index import store
from viewer.core.index.locations import add_locations, forget_locations, read_locations
from viewer.core.index.records import StudyRecord
from viewer.core.index.store import KnownFilm, UnfinishedImport
from viewer.core.language import tr
from viewer.core.places import data_folder
from viewer.core.study import Film, Source

log = logging.getLogger(__name__)
JOBS_AT_ONCE = 200
FILMS_AT_ONCE = 50

Job = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known before the first film is: comes first."""

    records: dict[str, StudyRecord] = field(default_factory=dict)
    unfinished: tuple[UnfinishedImport, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NotThere:
    """Which of the films' files are not where they were, or have changed: comes last."""

    film_keys: frozenset[str]


Loaded = Opened | list[KnownFilm] | NotThere


class StudyIndex:
    """Safe to call from the GUI thread: nothing here waits for the disk, except `flush` and `close`."""

    def __init__(
        self,
        on_problem: Callable[[str], None],
        folder: Path | None = None,
        give_way: Callable[[], object] = lambda: None,
    ) -> None:
        """Both are called in the writer's thread: `on_problem` with words for the reader, `give_way` now and then."""
        self.folder = folder or data_folder()
        self._on_problem, self._give_way = on_problem, give_way
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._is_checked = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def load(self, is_stopped: Callable[[], bool] = lambda: False) -> Iterator[Loaded]:
        """Yield what the index holds, then which files are not there now. Writes wait for its check of the file."""
        films: list[KnownFilm] = []
        try:
            try:
                connection, problem = store.open_index(self.folder)
            except (OSError, sqlite3.Error) as error:
                yield Opened(problem=_not_kept(self.folder, error))
                return
            finally:
                self._is_checked.set()
            with contextlib.closing(connection):
                yield Opened(store.read_records(connection), store.read_unfinished(connection), problem)
                for batch in store.read_films(connection):
                    if is_stopped():
                        return
                    films += batch
                    yield batch
        except sqlite3.Error as error:
            yield Opened(problem=_not_kept(self.folder, error))
        yield NotThere(_gone(films, is_stopped))

    def locations(self) -> tuple[Path, ...]:
        """Every folder and file that was opened: from these the list is rebuilt."""
        return read_locations(self.folder)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    def remember(self, films: Sequence[tuple[Film, FileStamp]]) -> None:
        for first in range(0, len(films), FILMS_AT_ONCE):
            self._submit(partial(self._write_films, films=tuple(films[first : first + FILMS_AT_ONCE])))

    def _write_films(self, connection: sqlite3.Connection, films: Sequence[tuple[Film, FileStamp]]) -> None:
        self._give_way()
        store.write_films(connection, films)

    def set_record(self, uid: str, record: StudyRecord) -> None:
        self._submit(partial(store.write_record, uid=uid, record=record))

    def begin_import(self, unfinished: UnfinishedImport) -> None:
        """Remember that these places are being looked through, and for good that films came from there."""

        def job(connection: sqlite3.Connection) -> None:
            store.begin_import(connection, unfinished)
            self._add_locations(unfinished.paths)

        self._submit(job)

    def remember_place(self, folder: Path) -> None:
        """Films come from here, too: rebuilding the list looks here."""
        self._submit(lambda _connection: self._add_locations((folder,)))

    def _add_locations(self, paths: Sequence[Path]) -> None:
        try:
            add_locations(self.folder, paths)
        except OSError as error:  # what waits beside it in this transaction must not be lost with it
            self._on_problem(_not_kept(self.folder, error))

    def end_import(self, import_id: str) -> None:
        self._submit(partial(store.end_import, import_id=import_id))

    def forget_study(self, uid: str) -> None:
        self._submit(partial(store.forget_study, uid=uid))
        self._submit(_wipe)

    def forget_place(self, source: Source) -> None:
        self._submit(partial(store.forget_place, source=source))

    def forget_films(self) -> None:
        self._submit(store.forget_films)

    def forget_everything(self) -> None:
        """Empty the list for good, states, notes and known places too. Films are not touched."""

        def job(connection: sqlite3.Connection) -> None:
            store.forget_everything(connection)
            forget_locations(self.folder)

        self._submit(job)
        self._submit(_wipe)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything that was asked for so far is on disk; False where it is not in time."""
        if self._thread is None:
            return True
        done = threading.Event()
        self._submit(lambda _connection: None)
        self._submit(_After(done.set))
        return done.wait(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits and end the thread. Safe to call twice."""
        self._is_closed = True
        self._is_checked.set()
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(timeout_s)

    def _submit(self, job: Job) -> None:
        if self._is_closed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="study index", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _write(self) -> None:
        self._is_checked.wait()
        connection: sqlite3.Connection | None = None
        told = ""
        while (job := self._jobs.get()) is not None:
            try:
                if connection is None:
                    connection, _ = store.open_index(self.folder)
                _in_one_transaction(connection, job, self._jobs)
                told = ""
            except (OSError, sqlite3.Error) as error:
                log.warning("the study index could not be written: %s", error)
                reason = _not_kept(self.folder, error)
                if reason != told:
                    told = reason
                    self._on_problem(reason)
        if connection is not None:
            connection.close()


class _After:
    """A job that needs no transaction: what was asked for before is committed when it runs."""

    def __init__(self, run: Callable[[], object]) -> None:
        self.run = run

    def __call__(self, _connection: sqlite3.Connection) -> None:
        self.run()


def _wipe(connection: sqlite3.Connection) -> None:
    """Let nothing that was forgotten stay in the log of changes; runs outside a transaction."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _is_alone(job: Job) -> bool:
    return job is _wipe or isinstance(job, _After)


def _in_one_transaction(
    connection: sqlite3.Connection, first: Job, jobs: queue.SimpleQueue[Job | None]
) -> None:
    """Run `first` and what waits behind it, all or nothing."""
    if _is_alone(first):
        first(connection)
        return
    last: Job | None = None
    connection.execute("BEGIN IMMEDIATE")
    try:
        first(connection)
        for _ in range(JOBS_AT_ONCE):
            try:
                waiting = jobs.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                jobs.put(None)
                break
            if _is_alone(waiting):
                last = waiting
                break
            waiting(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    if last is not None:
        last(connection)


def _gone(films: Sequence[KnownFilm], is_stopped: Callable[[], bool]) -> frozenset[str]:
    """The films of which no file is there with its stamp. Slow media are asked once per file, in this thread."""
    stamps: dict[Path, FileStamp | None] = {}
    here: set[str] = set()
    for known in films:
        if is_stopped():
            return frozenset()
        path = known.film.source.path
        if path not in stamps:
            stamps[path] = stamp_of(path)
        if stamps[path] == known.stamp:
            here.add(known.film.key)
    return frozenset(known.film.key for known in films) - here


def _not_kept(folder: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return tr(
        "The study list can't be kept in {folder} ({reason}); reading goes on without it.",
        folder=folder,
        reason=reason,
    )

"""Drafts, copies beside them, and signed versions in the database. Plain functions of a connection; no Qt, no thread.

A study's key holds a patient's name, so a row is found by the key's SHA-256. Two windows may have one study open: a
row names the session that holds it, and a draft is only written over the version that its writer knows.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Why = Literal["open elsewhere", "replaced", "unreadable"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading as it is stored."""

    study_uid: str
    body: str  # see plugin.records.draft_format
    format: int
    pack: str = ""
    at: str = ""  # UTC, ISO 8601


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft with who holds it. `version` counts how often it was written."""

    draft: Draft
    version: int
    session: str  # empty: nobody


@dataclass(frozen=True, slots=True)
class Copy:
    """A draft that lies beside the study's own: of another window, or set aside. One of the same id replaces it."""

    draft: Draft
    session: str
    why: Why
    id: str


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """What was signed, as it was signed. `sha256` is that of `body`."""

    study_uid: str
    body: str
    at: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


class ChangedElsewhere(Exception):
    """Another window has written this draft since; nothing was written over it."""


def row_key(key: str) -> str:
    """How a study's rows are found; says nothing of the patient."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def changes(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and alone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def load(connection: sqlite3.Connection, key: str) -> StoredDraft | None:
    row = connection.execute(
        "SELECT study_uid, body, format, pack, at, version, session FROM drafts WHERE key = ?",
        (row_key(key),),
    ).fetchone()
    return StoredDraft(Draft(*row[:5]), row[5], row[6]) if row else None


def save(connection: sqlite3.Connection, key: str, draft: Draft, known: int, session: str) -> int:
    """Write a draft over version `known` (0: there was none) and return the new version.

    Raises:
        ChangedElsewhere: The stored one is another version.
    """
    with changes(connection):
        stored = load(connection, key)
        if stored is not None and stored.version != known:
            raise ChangedElsewhere
        connection.execute(
            "INSERT OR REPLACE INTO drafts (key, study_uid, version, session, format, pack, at, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row_key(key),
                draft.study_uid,
                known + 1,
                session,
                draft.format,
                draft.pack,
                draft.at,
                draft.body,
            ),
        )
    return known + 1


def hold(connection: sqlite3.Connection, key: str, session: str) -> None:
    """Say which session has the study open; an empty one lets go of it."""
    connection.execute("UPDATE drafts SET session = ? WHERE key = ?", (session, row_key(key)))


def let_go(connection: sqlite3.Connection, key: str, session: str) -> None:
    """Let go of a study, if it is this session that holds it."""
    connection.execute(
        "UPDATE drafts SET session = '' WHERE key = ? AND session = ?", (row_key(key), session)
    )


def discard(connection: sqlite3.Connection, key: str) -> None:
    """Delete a draft: only ever because the reader said so."""
    connection.execute("DELETE FROM drafts WHERE key = ?", (row_key(key),))


def keep_copy(connection: sqlite3.Connection, key: str, copy: Copy) -> None:
    """Lay a draft beside the study's own."""
    draft = copy.draft
    connection.execute(
        "INSERT OR REPLACE INTO copies (id, key, session, why, study_uid, format, pack, at, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(copy.id, row_key(key), copy.session, copy.why),
            *(draft.study_uid, draft.format, draft.pack, draft.at, draft.body),
        ),
    )


def copies(connection: sqlite3.Connection, key: str) -> tuple[Copy, ...]:
    """The newest first."""
    rows = connection.execute(
        "SELECT study_uid, body, format, pack, at, session, why, id FROM copies WHERE key = ? ORDER BY at DESC",
        (row_key(key),),
    )
    return tuple(Copy(Draft(*row[:5]), row[5], row[6], row[7]) for row in rows)


def discard_copy(connection: sqlite3.Connection, copy: Copy) -> None:
    """Delete what lies beside a draft: only ever because the reader said so, or has taken it back."""
    connection.execute("DELETE FROM copies WHERE id = ?", (copy.id,))


def keep_signed(connection: sqlite3.Connection, key: str, version: SignedVersion) -> None:
    """Keep a signed version for good. The same one again changes nothing; the table itself refuses every change."""
    connection.execute(
        "INSERT OR IGNORE INTO signed VALUES (?, ?, ?, ?, ?)",
        (version.sha256, row_key(key), version.study_uid, version.at, version.body),
    )


def signed_versions(connection: sqlite3.Connection, key: str) -> tuple[SignedVersion, ...]:
    """In the order in which they were signed."""
    rows = connection.execute(
        "SELECT study_uid, body, at FROM signed WHERE key = ? ORDER BY at, rowid", (row_key(key),)
    )
    return tuple(SignedVersion(*row) for row in rows)

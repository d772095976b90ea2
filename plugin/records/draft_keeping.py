"""What a window does with its drafts: opens them, writes over its own only, and lays others beside them. One thread."""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from plugin.records import draft_store as store
from plugin.records.as_left import as_left
from plugin.records.database import open_database
from plugin.records.draft_format import FORMAT, UnreadableDraft, from_json, signed_reading, to_json
from plugin.records.draft_store import ChangedElsewhere, Copy, Draft, SignedVersion, StoredDraft
from plugin.records.sessions import Session
from plugin.state import StudyReading


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading to be kept, and what its row says of it."""

    reading: StudyReading
    study_uid: str
    pack: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A draft that lies beside the study's own; the reader may have it back."""

    copy: Copy
    reading: StudyReading


@dataclass(frozen=True, slots=True)
class Opened:
    """What is kept of a study that has come on screen."""

    key: str
    reading: StudyReading | None = None  # None: nothing is kept, or nothing that this window does not know
    at: str = ""  # when it was saved, UTC
    is_elsewhere: bool = False  # another window has it open
    offers: tuple[Offer, ...] = ()
    aside: Offer | None = None  # what `reading` becomes if the reader goes on with something else
    problem: str = ""  # for the reader


class DraftKeeping:
    """The drafts of one folder, for one window. Every method may raise OSError or sqlite3.Error: then nothing was
    done, and the same call may be made again."""

    def __init__(self, folder: Path, session: Session | None = None) -> None:
        self._folder = folder
        self._session = session or Session(folder)
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, int] = {}  # versions, of the studies that were opened
        self._aside: dict[str, Copy] = {}  # what was stored when a study was opened
        self._on_screen: set[str] = set()
        self._beside: set[str] = set()  # studies whose text goes beside the draft of another window
        self.problem = ""
        """What the reader must know of the whole file; empty where all is well."""

    def open(self, key: str, is_on_screen: bool = True) -> Opened:
        """Look what is kept of a study, and hold it unless another window does. A study may be opened again."""
        connection = self._opened()
        if is_on_screen:
            self._on_screen.add(key)
        stored = store.load(connection, key)
        offers = self._offers(connection, key)
        if stored is None:
            is_new = key not in self._known
            self._known.setdefault(key, 0)
            told = Opened(key, offers=offers)
            return self._signed(connection, told) if is_new else told
        is_elsewhere = self._session.is_open_elsewhere(stored.session)
        if is_elsewhere:
            self._beside.add(key)
        else:
            self._beside.discard(key)
            store.hold(connection, key, self._holder(key))
        is_as_left = self._known.get(key) == stored.version
        self._known[key] = stored.version
        self._aside.pop(key, None)
        told = Opened(key, is_elsewhere=is_elsewhere, offers=offers)
        return told if is_as_left else self._read(connection, told, stored)

    def set_stored_aside(self, key: str) -> None:
        """What was stored is not what the reader goes on with: keep it beside what will be written."""
        if key in self._aside:
            store.keep_copy(self._opened(), key, self._aside[key])

    def keep(self, key: str, kept: Kept) -> bool:
        """Write a draft. False: another window has the study, and the draft was laid beside that one's."""
        connection = self._opened()
        draft = _draft(kept)
        if key not in self._beside:
            try:
                self._known[key] = store.save(
                    connection, key, draft, self._known.get(key, 0), self._holder(key)
                )
                return True
            except ChangedElsewhere:
                self._beside.add(key)
        own = Copy(draft, self._session.id, "open elsewhere", f"{store.row_key(key)}-{self._session.id}")
        store.keep_copy(connection, key, own)
        return False

    def keep_beside(self, key: str, kept: Kept) -> None:
        """Keep what the reader gives up for another draft."""
        store.keep_copy(self._opened(), key, self._new_copy(_draft(kept)))

    def discard(self, key: str) -> None:
        """The reader wants the draft gone."""
        if key in self._beside:
            return  # it is another window's
        store.discard(self._opened(), key)
        self._known[key] = 0

    def discard_copy(self, copy: Copy) -> None:
        store.discard_copy(self._opened(), copy)

    def keep_signed(self, key: str, version: SignedVersion) -> None:
        store.keep_signed(self._opened(), key, version)

    def leave(self, key: str) -> None:
        """The study goes off the screen: another window may hold it."""
        self._on_screen.discard(key)
        store.let_go(self._opened(), key, self._session.id)

    def reset(self) -> None:
        """After an error: look at the file anew before the next call."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Let go of everything. Never raises."""
        try:
            if self._connection is not None:
                self._connection.execute(
                    "UPDATE drafts SET session = '' WHERE session = ?", (self._session.id,)
                )
        except sqlite3.Error:
            pass  # nobody is kept out: the session's lock is free in a moment
        finally:
            self.reset()
            self._session.end()

    def _holder(self, key: str) -> str:
        """A study that is off the screen is held by nobody, though its run may go on."""
        return self._session.id if key in self._on_screen else ""

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._session.begin()
            self._connection, problem = open_database(self._folder)
            self.problem = problem or self.problem
        return self._connection

    def _new_copy(self, draft: Draft, why: store.Why = "replaced") -> Copy:
        return Copy(draft, self._session.id, why, uuid.uuid4().hex)

    def _read(self, connection: sqlite3.Connection, told: Opened, stored: StoredDraft) -> Opened:
        draft = stored.draft
        try:
            reading = as_left(from_json(draft.body, draft.format))
        except UnreadableDraft as error:
            if not told.is_elsewhere:
                store.keep_copy(connection, told.key, self._new_copy(draft, "unreadable"))
            problem = f"The draft that was kept of this study can't be opened: {error}. It was set aside, not deleted."
            return replace(self._signed(connection, told), problem=problem)
        copy = self._aside[told.key] = self._new_copy(draft)
        return replace(told, reading=reading, at=draft.at, aside=Offer(copy, reading))

    def _signed(self, connection: sqlite3.Connection, told: Opened) -> Opened:
        """Without a draft that can be read: what was signed, so that no signed study ever looks unsigned."""
        versions = store.signed_versions(connection, told.key)
        if not versions:
            return told
        try:
            return replace(told, reading=signed_reading([one.body for one in versions]), at=versions[-1].at)
        except UnreadableDraft as error:
            return replace(told, problem=f"This study was signed, but {error}. It is still kept as it is.")

    def _offers(self, connection: sqlite3.Connection, key: str) -> tuple[Offer, ...]:
        """What lies beside the draft and is nobody's work of this moment."""
        found = []
        for copy in store.copies(connection, key):
            is_own = copy.session == self._session.id and copy.why == "open elsewhere"
            if is_own or copy.why == "unreadable" or self._session.is_open_elsewhere(copy.session):
                continue
            try:
                found.append(Offer(copy, as_left(from_json(copy.draft.body, copy.draft.format))))
            except UnreadableDraft:
                continue
        return tuple(found)


def _draft(kept: Kept) -> Draft:
    return Draft(kept.study_uid, to_json(kept.reading), FORMAT, kept.pack, kept.at)

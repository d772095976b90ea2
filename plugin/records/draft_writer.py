"""The thread that saves drafts (RP-9): a second of steady typing is never unsaved, and the window never waits.

A change is written at the latest `DELAY_S` after it was made, however fast others follow: the delay counts from the
first unsaved change. What can't be written is told at once, kept, and tried again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from plugin.records.draft_format import warm_up
from plugin.records.draft_keeping import DraftKeeping, Kept, Opened
from plugin.records.draft_store import Copy, SignedVersion

log = logging.getLogger(__name__)

DELAY_S = 0.4
RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class NotSaved:
    """Text is not being saved; the reader must know at once. An empty reason: it is saved again."""

    reason: str


@dataclass(frozen=True, slots=True)
class OpenElsewhere:
    """Another window has the study; this one's text goes beside that one's draft."""

    key: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the whole file that the reader must know."""

    text: str


Told = Opened | NotSaved | OpenElsewhere | Notice


@dataclass(slots=True)
class _Waiting:
    kept: Kept
    due_s: float


class DraftWriter:
    """Call it from the GUI thread: nothing here waits, except `close`. `tell` is called in the writer's thread."""

    def __init__(
        self,
        keeping: DraftKeeping,
        tell: Callable[[Told], None],
        delay_s: float = DELAY_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._keeping, self._tell, self._delay_s, self._retry_s = keeping, tell, delay_s, retry_s
        self._ready = threading.Condition()
        self._waiting: dict[str, _Waiting] = {}
        self._held: set[str] = (
            set()
        )  # opened, and nobody has said yet whether what was stored is gone on with
        self._asked: set[str] = set()
        self._jobs: deque[Callable[[], None]] = deque()
        self._is_closing = False
        self._not_before_s = 0.0
        self._reason = ""
        self._thread = threading.Thread(target=self._run, name="draft writer", daemon=True)
        self._thread.start()

    # ── from the window ─────────────────────────────────────────────────────────────────────────────────────

    def open(self, key: str, is_on_screen: bool = True) -> None:
        """Ask what is kept of a study. `Opened` is told; nothing of the study is written before `go_on`."""
        with self._ready:
            self._asked.add(key)
            self._held.add(key)
            self._jobs.append(partial(self._open, key, is_on_screen))
            self._ready.notify()

    def go_on(self, key: str, with_stored: bool) -> None:
        """After `Opened`: the reader goes on with what was stored, or with something else."""
        with self._ready:
            if not with_stored:
                self._jobs.append(partial(self._keeping.set_stored_aside, key))
            self._jobs.append(partial(self._held.discard, key))
            self._ready.notify()

    def put(self, key: str, kept: Kept, is_urgent: bool = False) -> None:
        """Save this reading soon; an urgent one now."""
        now = time.monotonic()
        with self._ready:
            if key not in self._asked:
                self.open(key, is_on_screen=False)
            before = self._waiting.get(key)
            due_s = min(
                now if is_urgent else now + self._delay_s, before.due_s if before else now + self._delay_s
            )
            self._waiting[key] = _Waiting(kept, due_s)
            if before is None or is_urgent:
                self._ready.notify()

    def leave(self, key: str) -> None:
        """The study goes off the screen: what waits is saved now."""
        self._then(partial(self._keeping.leave, key), key)

    def discard(self, key: str) -> None:
        with self._ready:
            self._waiting.pop(key, None)
            self._jobs.append(partial(self._keeping.discard, key))
            self._ready.notify()

    def discard_copy(self, copy: Copy) -> None:
        self._then(partial(self._keeping.discard_copy, copy))

    def keep_beside(self, key: str, kept: Kept) -> None:
        self._then(partial(self._keeping.keep_beside, key, kept))

    def keep_signed(self, key: str, version: SignedVersion) -> None:
        self._then(partial(self._keeping.keep_signed, key, version))

    def close(self, timeout_s: float = 5.0) -> bool:
        """Save what waits and end the thread; False: it could not be saved in time. Safe to call twice."""
        with self._ready:
            self._is_closing = True
            self._not_before_s = 0.0
            self._ready.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self._waiting

    def _then(self, job: Callable[[], None], urgent: str = "") -> None:
        with self._ready:
            if urgent in self._waiting:
                self._waiting[urgent].due_s = 0.0
            self._jobs.append(job)
            self._ready.notify()

    # ── the thread ──────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        try:
            warm_up()
            while self._wait():
                self._turn()
            self._turn()
        except BaseException:  # the end of this thread: without it, text would be lost in silence
            log.exception("the draft writer ended")
            self._tell(NotSaved("a fault of this program; copy it elsewhere and start again"))
        finally:
            self._keeping.close()

    def _wait(self) -> bool:
        """Until something is to be done; False: the window closes."""
        with self._ready:
            while not self._is_closing:
                left_s = self._next_s() - time.monotonic()
                if left_s <= 0:
                    return True
                self._ready.wait(None if left_s == float("inf") else left_s)
            return False

    def _next_s(self) -> float:
        dues = [waiting.due_s for key, waiting in self._waiting.items() if key not in self._held]
        first = 0.0 if self._jobs else min(dues, default=float("inf"))
        return max(first, self._not_before_s) if first != float("inf") else first

    def _turn(self) -> None:
        """Save what is due, then what was asked for, in this order; what fails stays for the next turn."""
        try:
            self._save_due()
            while self._jobs:
                self._jobs[0]()
                self._jobs.popleft()
            if self._is_closing:
                self._save_rest()
        except (OSError, sqlite3.Error, ValueError, TypeError) as error:
            log.warning("a draft could not be saved: %s", type(error).__name__)
            self._keeping.reset()
            self._not_before_s = time.monotonic() + self._retry_s
            self._say(str(getattr(error, "strerror", None) or error))
        else:
            self._say("")

    def _save_due(self) -> None:
        now = time.monotonic()
        with self._ready:
            due = [key for key, one in self._waiting.items() if key not in self._held and one.due_s <= now]
        for key in due:
            self._save(key)

    def _save_rest(self) -> None:
        for key in tuple(self._waiting):
            if key in self._held:  # opened, and the window closed before it said what it goes on with
                self._keeping.set_stored_aside(key)
            self._save(key)

    def _save(self, key: str) -> None:
        with self._ready:
            waiting = self._waiting.pop(key, None)
        if waiting is None:
            return  # discarded since
        try:
            is_own = self._keeping.keep(key, waiting.kept)
        except BaseException:
            with self._ready:
                self._waiting.setdefault(key, waiting)  # what was typed meanwhile holds this as well
            raise
        if not is_own:
            self._tell(OpenElsewhere(key))

    def _open(self, key: str, is_on_screen: bool) -> None:
        try:
            opened = self._keeping.open(key, is_on_screen)
        except (OSError, sqlite3.Error):
            self._tell(
                Opened(key)
            )  # the reader goes on without; a stored draft has another version and stays
            with self._ready:
                self._jobs.popleft()
            raise
        self._tell(opened)
        if self._keeping.problem:
            self._tell(Notice(self._keeping.problem))
            self._keeping.problem = ""

    def _say(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._tell(NotSaved(reason))

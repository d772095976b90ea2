"""The thread that appends to the audit log: the window never waits, and nothing is dropped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plugin.records.audit_line import AuditEntry
from plugin.records.audit_log import AuditLog

log = logging.getLogger(__name__)

RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class NotLogged:
    """The audit log is not being written; the reader must know. An empty reason: it is written again."""

    reason: str


class AuditWriter:
    """Call it from the GUI thread: nothing here waits, except `close`. `tell` is called in the writer's thread."""

    def __init__(self, audit: AuditLog, tell: Callable[[NotLogged], None], retry_s: float = RETRY_S) -> None:
        self._audit, self._tell, self._retry_s = audit, tell, retry_s
        self._ready = threading.Condition()
        self._waiting: list[AuditEntry] = []
        self._is_closing = False
        self._reason = ""
        self._thread = threading.Thread(target=self._run, name="audit writer", daemon=True)
        self._thread.start()

    def put(self, entries: Sequence[AuditEntry]) -> None:
        with self._ready:
            self._waiting += entries
            self._ready.notify()

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what waits and end the thread; False: not in time, or the disk refuses. Safe to call twice."""
        with self._ready:
            self._is_closing = True
            self._ready.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self._waiting

    def _run(self) -> None:
        is_closing = False
        while not is_closing:
            with self._ready:
                while not self._waiting and not self._is_closing:
                    self._ready.wait()
                is_closing, entries = self._is_closing, tuple(self._waiting)
            if not self._append(entries):
                with self._ready:
                    self._ready.wait_for(lambda: self._is_closing, None if is_closing else self._retry_s)

    def _append(self, entries: Sequence[AuditEntry]) -> bool:
        try:
            self._audit.append(entries)
        except Exception as error:  # the end of this thread's work: told, and tried again
            log.warning("the audit log could not be written: %s", type(error).__name__)
            self._say(str(getattr(error, "strerror", None) or error))
            return False
        with self._ready:
            del self._waiting[: len(entries)]
        self._say("")
        return True

    def _say(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._tell(NotLogged(reason))

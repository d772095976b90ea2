"""Which windows are alive: each holds a lock of its own, which the system frees when its process dies."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

_OLD_S = 86400.0


class Session:
    """This window, among all that use one folder of drafts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sessions"
        self.id = uuid.uuid4().hex
        self._lock: FileLock | None = None

    def begin(self) -> None:
        """Show the others that this window is alive. Raises OSError."""
        if self._lock is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = self._lock_of(self.id)
            lock.acquire(timeout=0)
            self._lock = lock
            self._clear_away()

    def is_open_elsewhere(self, session: str) -> bool:
        """True if `session` is another window that is alive."""
        if session in ("", self.id):
            return False
        if not (self._folder / f"{session}.lock").exists():
            return False
        try:
            with self._lock_of(session).acquire(timeout=0):
                return False
        except Timeout:
            return True

    def end(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            with contextlib.suppress(OSError):
                (self._folder / f"{self.id}.lock").unlink(missing_ok=True)

    def _clear_away(self) -> None:
        """Take away what windows that were killed left behind; not of today, for one may just be beginning."""
        for file in self._folder.glob("*.lock"):
            with contextlib.suppress(OSError):
                is_old = time.time() - file.stat().st_mtime > _OLD_S
                if is_old and file.stem != self.id and not self.is_open_elsewhere(file.stem):
                    file.unlink(missing_ok=True)

    def _lock_of(self, session: str) -> FileLock:
        return FileLock(self._folder / f"{session}.lock", timeout=0, thread_local=False, mode=0o600)

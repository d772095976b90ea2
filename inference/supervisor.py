"""The backend as a child process: started when needed, watched, started again after its death, ended with us."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import platformdirs

from inference.client import BackendClient
from inference.errors import BackendLost, InferenceError
from inference.feature_folder import SESSION_VARIABLE

log = logging.getLogger(__name__)

LOG_BYTES = 1024 * 1024
LOGS_KEPT = 3
StateCallback = Callable[[str], None]


def state_folder() -> Path:
    """Where logs and the like of this user lie: `SIDELIGHT_HOME`, or the system's own place."""
    home = os.environ.get("SIDELIGHT_HOME")
    return Path(home) if home else platformdirs.user_state_path("sidelight", appauthor=False)


def serve_command(pack: str | None, device: str, precision: str | None = None) -> tuple[str, ...]:
    """The command line of the real backend. -P: nothing is imported from the folder we happen to be in."""
    words = [sys.executable, "-P", "-m", "inference.server.command", "--device", device]
    words += [] if precision is None else ["--precision", precision]
    words += [] if pack is None else ["--pack", pack]
    return tuple(words)


class BackendProcess:
    """Keeps one backend process. All methods may be called from any thread; `client` may wait, `stop` ends in 3 s.

    Args:
        pack: Id of the model pack, None for the one that is set up.
        device: auto, cpu or cuda.
        precision: How the language model's weights are held (`inference.precision`); None = as the device does best.
        command: Another command line instead; for tests.
        start_timeout_s: How long the process may take until it listens; loading the model comes after that.
    """

    def __init__(
        self,
        pack: str | None = None,
        device: str = "auto",
        *,
        precision: str | None = None,
        command: Sequence[str] | None = None,
        start_timeout_s: float = 60.0,
    ) -> None:
        self._device = device
        self._is_own_command = command is None
        self._command = tuple(command or serve_command(pack, device, precision))
        self._start_timeout_s = start_timeout_s
        self._session = (
            f"{os.getpid()}-{secrets.token_hex(8)}"  # a backend that is started again belongs to it too
        )
        self._starting = threading.Lock()  # held while a process starts
        self._lock = threading.Lock()  # guards the fields below, never held for long
        self._child: _Child | None = None
        self._stops = 0
        self._state = "stopped"
        self._callbacks: list[StateCallback] = []

    @property
    def state(self) -> str:
        """`stopped`, `starting` (it listens or loads), `ready`, or `lost: REASON`."""
        return self._state

    @property
    def process_id(self) -> int | None:
        """Of the backend that runs now; None if there is none."""
        child = self._child
        return child.process_id if child is not None and child.is_alive else None

    @property
    def log_file(self) -> Path:
        return state_folder() / "logs" / "backend.log"

    def on_state(self, callback: StateCallback) -> Callable[[], None]:
        """Call `callback(state)` at every change, from a thread of ours; returns the undo."""
        with self._lock:
            self._callbacks.append(callback)

        def undo() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._callbacks.remove(callback)

        return undo

    def client(self) -> BackendClient:
        """A client of the living backend, which is started (again) if need be. It may still be loading its model.

        Raises:
            BackendLost: It did not start; the message says why and where the log is.
        """
        with self._starting:
            child = self._child
            if child is not None and child.client is not None and child.is_alive:
                return child.client
            return self._start()

    def choose(self, pack: str | None, precision: str | None) -> None:
        """The next process that starts reads with this pack, in this precision; the one that runs stays as it is."""
        if self._is_own_command:
            self._command = serve_command(pack, self._device, precision)

    def stop(self) -> None:
        """End the backend and wait for it, 3 s at most: asked first, then terminated, then killed."""
        with self._lock:
            self._stops += 1
            child, self._child = self._child, None
        if child is not None:
            child.end()
        self._set_state("stopped", None)

    def _start(self) -> BackendClient:
        with self._lock:
            stops = self._stops
        child = _Child(self._command, self.log_file, self._session)
        with self._lock:
            is_wanted = stops == self._stops
            if is_wanted:
                self._child = child
        self._set_state("starting", child)
        try:
            client = child.connect(self._start_timeout_s if is_wanted else 0.0)
        except BackendLost as error:
            child.end()
            error.remedy = f"Ask again to start it once more; what it said is in {self.log_file}."
            self._set_state(f"lost: {error}", child)
            raise
        threading.Thread(target=self._watch, args=(child, client), name="backend watch", daemon=True).start()
        return client

    def _watch(self, child: _Child, client: BackendClient) -> None:
        """Report when the model is loaded, then when the process ends."""
        while child.is_alive and not self._has_loaded(child, client):
            time.sleep(0.1)
        reason = child.wait()
        client.close()
        self._set_state(f"lost: {reason}", child)

    def _has_loaded(self, child: _Child, client: BackendClient) -> bool:
        try:
            state = client.health()
            if state == "failed":
                client.models()  # raises the reason
        except BackendLost:
            return False
        except InferenceError as error:
            self._set_state(f"lost: {error}", child)
            return True
        if state == "ready":
            self._set_state("ready", child)
        return state == "ready"

    def _set_state(self, state: str, child: _Child | None) -> None:
        """Tell everybody, unless it is about a process that is not ours any more."""
        with self._lock:
            if self._child is not child or state == self._state:
                return
            self._state = state
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback(state)


class _Child:
    """One backend process: its pipes, its port, its end."""

    def __init__(self, command: Sequence[str], log_file: Path, session: str) -> None:
        self._log_file = log_file
        self._token = secrets.token_hex(32)
        self._line = ""
        self._has_line = threading.Event()
        self.client: BackendClient | None = None
        with _rotated(log_file) as errors:
            self._process = subprocess.Popen(
                [*command, "--token-stdin", "--exit-with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env={**os.environ, SESSION_VARIABLE: session},
                start_new_session=True,  # Ctrl-C is for us; it ends when its stdin closes
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        threading.Thread(target=self._read, name="backend stdout", daemon=True).start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def connect(self, timeout_s: float) -> BackendClient:
        """Hand over the token, and wait for the line that names the port.

        Raises:
            BackendLost: The process ended, was silent too long, or said something else.
        """
        with contextlib.suppress(OSError):  # it may have ended already; the line that never comes tells
            assert self._process.stdin is not None
            self._process.stdin.write(self._token + "\n")
            self._process.stdin.flush()
        if not self._has_line.wait(timeout_s):
            raise BackendLost(f"The AI did not start within {timeout_s:.0f} s.")
        try:
            port = int(json.loads(self._line)["port"])
        except (ValueError, KeyError, TypeError):
            self._has_ended(1.0)
            raise BackendLost(f"The AI did not start: {self._end_in_words()}.") from None
        self.client = BackendClient(f"http://127.0.0.1:{port}", self._token)
        return self.client

    def wait(self) -> str:
        """Wait for the end of the process; returns how it ended, in words."""
        self._process.wait()
        self._close_lifeline()
        return self._end_in_words()

    def end(self) -> None:
        """Close the lifeline, then use force: all within 3 s. The process is reaped."""
        self._close_lifeline()
        if self._has_ended(1.5):
            return
        self._process.terminate()
        if self._has_ended(0.7):
            return
        self._process.kill()
        if not self._has_ended(0.7):
            log.error("The backend (process %d) could not be ended.", self._process.pid)

    def _close_lifeline(self) -> None:
        with contextlib.suppress(OSError):  # what was not yet written to a dead process
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _has_ended(self, within_s: float) -> bool:
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self) -> None:
        """Take the first line, and let nothing that is said later fill the pipe."""
        assert self._process.stdout is not None
        with self._process.stdout as said:
            self._line = said.readline(4096)
            self._has_line.set()
            while said.read(4096):
                pass

    def _end_in_words(self) -> str:
        code = self._process.poll()
        if code is None:
            return "it runs, but does not answer"
        if code < 0:
            return f"its process was ended by {_signal_name(-code)}"
        return f"its process ended with exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _rotated(log_file: Path) -> IO[bytes]:
    """Open the log for appending; a long one is first moved aside, the oldest goes."""
    log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log_file.exists() and log_file.stat().st_size > LOG_BYTES:
        for number in range(LOGS_KEPT, 1, -1):
            older = log_file.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(log_file.with_suffix(f".log.{number}"))
        log_file.replace(log_file.with_suffix(".log.1"))
    descriptor = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "ab")

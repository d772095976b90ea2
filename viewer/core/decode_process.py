"""The parent's end of one decode worker: starts it, talks to it, ends it when it hangs, replaces it when it is worn.

POSIX (Linux, macOS): the shared block is an inherited descriptor, and waiting uses poll.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.core.shared_block import SharedBlock

WALL_S = 60.0
"""How long one file may take by the clock. What a file may cost is limited to 10 s of processor time in the worker;
the clock is larger because a machine whose cores are busy, with a model for instance, is no fault of the file."""

START_S = 60.0
"""How long a worker may take to start; a quarter of a second is usual, a machine under load needs more."""

MAX_REQUESTS = 500
MAX_BLOCK_BYTES = 256 * 1024 * 1024
KEPT_MEMORY_BYTES = 64 * 1024 * 1024
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from viewer.core.decode_worker import main; main(int(sys.argv[2]))"
)


class WorkerDied(Exception):
    """The child ended instead of answering. `reason` is fit for the reader."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Held:
    """A file that a child keeps: its content, where it came from and how it looked on the disk then."""

    sha256: str
    stamp: tuple[object, ...]
    size: int


class DecodeProcess:
    """One child process and its shared block. Used by one thread at a time; only `stop` may come from another."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._block = SharedBlock()
        self._is_ready = False
        self._requests = 0
        self._is_stopped = False
        self.held: Held | None = None
        """The file whose bytes the child still has, so that they need not be read, copied and checked again."""
        self._lock = threading.Lock()  # guards the child against `stop` from another thread

    def start(self) -> None:
        """Start the child; it gets ready by itself while the caller goes on."""
        package_root = str(Path(__file__).resolve().parents[2])
        with self._lock:
            if self._is_stopped:
                raise WorkerDied("The reader was closed.")
            self._is_ready = False
            self._requests = 0
            self.held = None
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", _PROGRAM, package_root, str(self._block.descriptor)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(self._block.descriptor,),
                env=_environment(),
                bufsize=0,
            )

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        child = self._child
        return None if child is None else child.pid

    def reserve(self, size: int) -> mmap.mmap:
        """Return the shared block, at least `size` bytes long."""
        return self._block.reserve(size)

    def ask(
        self, request: Mapping[str, Any], meanwhile: Callable[[], object] | None = None
    ) -> dict[str, Any]:
        """Send a request and return the answer, within WALL_S. `meanwhile` is called while the child works on it.

        Raises:
            WorkerDied: The child died, hung or talked nonsense. The next request starts a new one.
        """
        if self._child is None or self._child.poll() is not None:
            self._end_child()  # it may have died between two files
            self.start()
        if not self._is_ready:
            self._exchange(None, START_S)
            self._is_ready = True
        self._requests += 1
        return self._exchange(request, WALL_S, meanwhile)

    def renew_if_worn(self) -> None:
        """Replace the child after many files or a very large one, so that what leaks in a codec does not add up."""
        if self._requests < MAX_REQUESTS and self._block.size <= MAX_BLOCK_BYTES:
            return
        self._end_child()
        if self._block.size > MAX_BLOCK_BYTES:
            self._block.close()
            self._block = SharedBlock()
        if not self._is_stopped:
            self.start()

    def stop(self) -> None:
        """End the child for good. Safe to call twice, and from any thread."""
        self._is_stopped = True
        self._end_child()
        self._block.close()

    def _exchange(
        self, request: Mapping[str, Any] | None, limit_s: float, meanwhile: Callable[[], object] | None = None
    ) -> dict[str, Any]:
        """Write a request, if any, and read one answer. A child that is late or broken is ended."""
        child = self._child
        assert child is not None
        assert child.stdin is not None
        assert child.stdout is not None
        deadline = time.monotonic() + limit_s
        try:
            if request is not None:
                child.stdin.write(_packed(request))
            if meanwhile is not None:
                meanwhile()
            return _received(child.stdout.fileno(), deadline)
        except (OSError, ValueError) as error:
            is_late = isinstance(error, TimeoutError)
            self._end_child()
            raise WorkerDied(_cause_of_death(child, is_late, limit_s)) from error
        except BaseException:  # its answer is still to come, and would be taken for that to the next request
            self._end_child()
            raise

    def _end_child(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def _packed(request: Mapping[str, Any]) -> bytes:
    body = json.dumps(request).encode()
    return struct.pack("<L", len(body)) + body


def _received(descriptor: int, deadline: float) -> dict[str, Any]:
    """Read one answer.

    Raises:
        TimeoutError: It is not there at the deadline (of `time.monotonic`).
        OSError, ValueError: The stream ended, or what came is no answer.
    """
    length = struct.unpack("<L", _read_exactly(descriptor, 4, deadline))[0]
    if length > MAX_ANSWER_BYTES:
        raise ValueError("answer too long")
    answer = json.loads(_read_exactly(descriptor, length, deadline))
    if not isinstance(answer, dict):
        raise ValueError("answer is no object")
    return answer


def _read_exactly(descriptor: int, count: int, deadline: float) -> bytes:
    readable = select.poll()
    readable.register(descriptor, select.POLLIN)
    parts = []
    while count:
        if not readable.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            raise OSError("the worker closed its end")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _cause_of_death(child: subprocess.Popen[bytes], is_late: bool, limit_s: float) -> str:
    code = child.returncode
    if code == -signal.SIGXCPU:
        return "Decoding took too much processor time and was stopped; the file is damaged or made to hang."
    if is_late:
        return (
            f"Decoding took longer than {limit_s:g} s and was stopped; the file is damaged or made to hang."
        )
    if code is not None and code < 0:
        return (
            f"The decoder crashed on this file ({signal.Signals(-code).name}). Other films are not affected."
        )
    return f"The decode worker ended without an answer (exit code {code}). Other films are not affected."


def _environment() -> dict[str, str]:
    """One thread for numpy's linear algebra, which would otherwise reserve memory for many; nothing else of ours.

    glibc is told to keep the memory of one film for the next: to get it anew costs a tenth of decoding JPEG-LS.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    memory = {
        "MALLOC_TRIM_THRESHOLD_": str(KEPT_MEMORY_BYTES),
        "MALLOC_MMAP_THRESHOLD_": str(KEPT_MEMORY_BYTES // 2),
    }
    return kept | threads | memory

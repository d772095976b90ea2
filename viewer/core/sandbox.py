"""Holds a child process that parses untrusted files to that: no network, no new process, no writing, limited memory."""

from __future__ import annotations

import os
import sys
from typing import Any

MEMORY_BYTES = 2 * 1024**3
PROCESSOR_S = 10
OPEN_FILES = 32
_FORBIDDEN = frozenset(
    {
        *(
            "socket.connect",
            "socket.bind",
            "socket.sendto",
            "socket.getaddrinfo",
            "subprocess.Popen",
            "os.system",
        ),
        *(
            "os.exec",
            "os.fork",
            "os.forkpty",
            "os.posix_spawn",
            "os.remove",
            "os.rename",
            "os.mkdir",
            "os.link",
        ),
        *("os.symlink", "os.truncate", "shutil.rmtree"),
    }
)


def limit_myself() -> None:
    """Let the operating system, and Python's own audit hook, hold this process to decoding."""
    sys.addaudithook(_refuse)
    try:
        import resource
    except ImportError:  # Windows: the parent's wall clock is the only limit there
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if sys.platform == "linux":  # macOS accepts it and does not keep to it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def allow_processor_time() -> None:
    """Give the next file its own processor time: the limit counts from the start of the process."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"this process may not: {event}")
    if event == "open" and int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise PermissionError("this process may not write files")

"""Memory that the window's process shares with one decode worker: file bytes go in, pixels come out, nothing is piped.

An unnamed file in memory, inherited by the child. Named shared memory would do as well, but it lies in /dev/shm, which
containers limit to 64 MB; touching a page beyond that kills the process.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile

OUTPUT_ALIGNMENT = 65_536  # Windows maps at multiples of it, everybody else at fewer


class SharedBlock:
    """The parent's end. Grows as needed and never shrinks, so that a worker can't pull it away under the parent."""

    def __init__(self) -> None:
        self._file = -1
        if sys.platform == "linux":
            self._file = os.memfd_create("sidelight-films", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            import fcntl

            fcntl.fcntl(self._file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        else:  # no name, gone with the last process that holds it
            with tempfile.TemporaryFile() as unnamed:
                self._file = os.dup(unnamed.fileno())
        self._map: mmap.mmap | None = None

    @property
    def descriptor(self) -> int:
        """What the child inherits."""
        return self._file

    @property
    def size(self) -> int:
        return 0 if self._map is None else len(self._map)

    def reserve(self, size: int) -> mmap.mmap:
        """Return the block, at least `size` bytes long."""
        if self._map is None or len(self._map) < size:
            new_size = aligned(max(size, 1))
            os.ftruncate(self._file, new_size)
            if self._map is not None:
                self._map.close()
            self._map = mmap.mmap(self._file, new_size)
        return self._map

    def close(self) -> None:
        """Let go of the memory. Safe to call twice."""
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def aligned(size: int) -> int:
    """Round a size up to where a mapping may begin."""
    return -(-size // OUTPUT_ALIGNMENT) * OUTPUT_ALIGNMENT

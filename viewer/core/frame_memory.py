"""Memory for decoded frames, made ready before it is needed.

The system has to find and clear memory that is written to for the first time. For a film of 18 MB that takes 3 ms, in
a virtual machine up to 300: longer than anything else between the file and the screen. So it is done while a worker
decodes, and for the next film of the same size while the reader looks at this one.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_BYTES = 4 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024
"""More than any film has: that it is there has to be seen before memory is found for it."""


class FrameMemory:
    """Gives arrays to decode into, and keeps one for the next film. Called from any thread; close it when done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: _Spare | None = None
        self._is_closed = False

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return an array of this shape and type that nobody else has, with anything in it."""
        count = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None and len(spare.memory) == count:
            spare.join()
            return spare.memory.view(dtype).reshape(shape)
        return np.empty(shape, dtype)

    def prepare_another(self, like: NDArray[Any]) -> None:
        """Begin to make memory of the same size ready."""
        if LEAST_BYTES <= like.nbytes <= MOST_BYTES:
            with self._lock:
                if not self._is_closed:
                    self._spare = _Spare(like.nbytes)
                    self._spare.start()

    def close(self) -> None:
        """Let go of what was not taken."""
        with self._lock:
            self._is_closed = True
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.join()


class _Spare(threading.Thread):
    """Makes memory ready and ends."""

    def __init__(self, count: int) -> None:
        super().__init__(name="frame memory", daemon=True)
        self.memory: NDArray[np.uint8] = np.empty(count, np.uint8)

    def run(self) -> None:
        make_ready(self.memory)


def make_ready(values: NDArray[Any]) -> None:
    """Write to new memory for the first time, whatever it says then."""
    if values.nbytes <= MOST_BYTES:
        values.fill(0)

"""Ctrl-C and SIGTERM: the reading stops at once, but never in the middle of writing a result."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """Somebody wants this program to end. Not an Exception: nothing on the way may take it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number  # as a shell tells it


class Stopping:
    """Turns both signals into `Stopped` in the main thread; inside `held` it waits until the block is through.

    The second signal ends the program at once, as it does any other.
    """

    def __init__(self) -> None:
        self._told = 0
        self._holds = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for as long as the block lasts. In another thread than the main one nothing can be heard."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nothing stops this block; a signal that came meanwhile stops the program after it."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._told and not self._holds:
            raise Stopped(self._told)

    def _hear(self, number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        self._told = number
        if not self._holds:
            raise Stopped(number)

"""What may ask a run to stop between two steps: the pause file, a signal, somebody who reads on the same device."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from inference.training.loop.yielding import POLL_S, is_reading
from inference.training.run_folder import PAUSE

Wish = Literal["", "pause", "yield"]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruptions:
    """Looked at after each step, and on a processor before each micro-batch.

    Args:
        folder: RUN.
        device: "cpu" or "cuda".
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._pause, self._device = folder / PAUSE, device
        self._is_asked = False

    @property
    def is_pause_wanted(self) -> bool:
        return self._is_asked or self._pause.exists()

    def wish(self) -> Wish:
        """Of this process. On a graphics card a reading is given way to by leaving it."""
        if self.is_pause_wanted:
            return "pause"
        return "yield" if self._device != "cpu" and is_reading(self._device) else ""

    def give_way(self, is_waiting: Callable[[bool], None]) -> None:
        """Wait here while somebody reads on this processor; `is_waiting` is told when that begins and when it ends."""
        if self._device != "cpu" or not is_reading(self._device):
            return
        is_waiting(True)
        while is_reading(self._device) and not self.is_pause_wanted:
            time.sleep(POLL_S)
        is_waiting(False)

    def rest(self, seconds: float) -> bool:
        """Let time pass; False as soon as a pause is wanted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.is_pause_wanted:
            time.sleep(POLL_S)
        return not self.is_pause_wanted

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl+C and a request to end as a wish to pause; a second Ctrl+C ends at once, as ever."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

        def ask(number: int, _: object) -> None:
            self._is_asked = True
            signal.signal(number, before[number])

        for asked in SIGNALS:
            signal.signal(asked, ask)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

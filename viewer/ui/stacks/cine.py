"""Plays the stack of one viewport."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from viewer.ui.stacks.cine_clock import due, first_rate, other_rate
from viewer.ui.stacks.scroller import Scroller

LONGEST_BEAT_MS = 100


class Cine(QObject):
    """Wishes the slice that is due, by the clock; a slice that is not there in time is left out."""

    changed = Signal()

    def __init__(self, scroller: Scroller, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(scroller)
        self._scroller, self._clock = scroller, clock
        self._index = -1
        self._stack_key = ""
        self._began_s, self._start = 0.0, 0
        self.rate = first_rate(None)
        self.is_ping_pong = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.show_due)
        scroller.scrolled_by_hand.connect(self.stop)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    def plays(self, index: int) -> bool:
        """True for the viewport whose stack runs."""
        return self.is_playing and index == self._index

    def play(self, index: int) -> None:
        """Run the stack of this viewport from the slice it shows; nothing where it has none."""
        stack = self._scroller.stack(index)
        if stack is None:
            return
        if stack.key != self._stack_key:
            self.rate = first_rate(stack.frames_per_second)
        self._index, self._stack_key = index, stack.key
        self._begin(self._scroller.wanted(index))

    def stop(self) -> None:
        """Stay at the slice that is shown. Safe to call at any time."""
        if self.is_playing:
            self._timer.stop()
            self.changed.emit()

    def change_rate(self, by: int) -> None:
        """Faster (1) or slower (-1), also while it runs."""
        self.rate = other_rate(self.rate, by)
        self._go_on()

    def set_ping_pong(self, is_ping_pong: bool) -> None:
        """Back and forth, or round and round."""
        self.is_ping_pong = is_ping_pong
        self._go_on()

    def show_due(self) -> None:
        """Wish the slice that is due now; stops where another stack hangs."""
        stack = self._scroller.stack(self._index)
        if stack is None or stack.key != self._stack_key:
            self.stop()
            return
        elapsed_s = self._clock() - self._began_s
        at, direction = due(elapsed_s, self.rate, self._start, len(stack.slices), ping_pong=self.is_ping_pong)
        self._scroller.go_to(self._index, at, direction=direction)

    def _go_on(self) -> None:
        if self.is_playing:
            self._begin(self._scroller.wanted(self._index))
        self.changed.emit()

    def _begin(self, start: int) -> None:
        self._began_s, self._start = self._clock(), start
        self._timer.start(min(LONGEST_BEAT_MS, max(5, round(500 / self.rate))))
        self.changed.emit()

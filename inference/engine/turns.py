"""Whose turn it is on the device, where two models do not fit on it together. No torch."""

from __future__ import annotations

from typing import Protocol

from inference.backend import CancelToken


class Movable(Protocol):
    """A model that can wait elsewhere."""

    def set_aside(self) -> None:
        """Make room; nothing may be asked until `bring_back`. Harmless where it waits already."""
        ...

    def bring_back(self) -> None:
        """Be on the device again. Harmless where it is."""
        ...


class Turns:
    """Two models on one device: both stay, or the one that is at work.

    Args:
        reader: Is on the device.
        generator: May be not loaded yet: then both calls do nothing, and it loads where there is room then.
        both_stay: No one ever has to move.
    """

    def __init__(self, reader: Movable, generator: Movable, *, both_stay: bool) -> None:
        self._reader, self._generator = reader, generator
        self.both_stay = both_stay
        self._here: Movable | None = None  # None: the reader, and maybe the generator too

    def claim(self, one: Movable) -> None:
        """Let `one` be on the device, alone unless both stay. Cheap where it is so already."""
        if self.both_stay or self._here is one:
            return
        other = self._generator if one is self._reader else self._reader
        other.set_aside()
        one.bring_back()
        self._here = one

    def take_turns(self) -> None:
        """From now on only one of them is there: both turned out to be too much."""
        self.both_stay, self._here = False, None


class TurnToken(CancelToken):
    """A request's token that gets the device back whenever something else ran between two steps."""

    def __init__(self, outer: CancelToken, turns: Turns, one: Movable) -> None:
        super().__init__()
        self._outer, self._turns, self._one = outer, turns, one

    def cancel(self) -> None:
        self._outer.cancel()

    def rest(self) -> None:
        self._outer.rest()
        if not self._outer.is_cancelled:
            self._turns.claim(self._one)

    @property
    def is_cancelled(self) -> bool:
        return self._outer.is_cancelled

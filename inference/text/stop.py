"""Stop sequences: an answer ends before the first of them, wherever the pieces of its text were cut."""

from __future__ import annotations

from collections.abc import Sequence


class StopWatch:
    """Passes text on until a stop sequence appears. What may be the beginning of one is held back."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.is_stopped = False

    def feed(self, text: str) -> str:
        """The part of the text so far that can be shown now; nothing once a stop sequence was met."""
        if self.is_stopped:
            return ""
        if not self._stops:
            return text
        self._held += text
        met = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if met:
            _, place = min(
                met
            )  # the one that is complete first, so that the cuts between pieces do not matter
            self.is_stopped = True
            shown, self._held = self._held[:place], ""
            return shown
        keep = max(_begun(self._held, stop) for stop in self._stops)
        cut = len(self._held) - keep
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def rest(self) -> str:
        """What was held back for nothing, at the end of the answer."""
        rest, self._held = self._held, ""
        return rest


def _begun(text: str, stop: str) -> int:
    """How many of the last letters of `text` may be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((length for length in range(longest, 0, -1) if text.endswith(stop[:length])), 0)

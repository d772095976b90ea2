"""What is known about every study of this session, and who is told when it changes. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plugin.desk import Folded
from plugin.events import PanelEvent
from plugin.fold import fold
from plugin.records.as_left import adopted, has_begun
from plugin.state import StudyReading
from viewer.api import Undo


class Readings:
    """One `StudyReading` per study key. All in the GUI thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._states: dict[str, StudyReading] = {}
        self._folded: list[Folded] = []

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._states))

    def of(self, key: str) -> StudyReading:
        return self._states.get(key, StudyReading())

    def note(self, key: str, event: PanelEvent) -> None:
        """Let something happen to a study, and tell everybody who listens."""
        before = self.of(key)
        after = self._states[key] = fold(before, event, self._clock())
        self.tell(key, before, event, after)

    def tell(self, key: str, before: StudyReading, event: PanelEvent, after: StudyReading) -> None:
        for call in tuple(self._folded):
            call(key, before, event, after)

    def adopt(self, key: str, reading: StudyReading, over: bool) -> bool:
        """Take over what was kept of a study; what has begun meanwhile goes before it unless `over`."""
        if not over and has_begun(self.of(key)):
            return False
        self._states[key] = adopted(self.of(key), reading)
        return True

    def on_folded(self, call: Folded) -> Undo:
        self._folded.append(call)
        return lambda: self._folded.remove(call) if call in self._folded else None

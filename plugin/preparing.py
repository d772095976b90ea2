"""While the reader asks for nothing, the backend prepares what hangs, and then the study that is likely to be next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from plugin.runs import Run
from plugin.study_films import plan_reading, study_key
from viewer.api import Hanging, Host
from viewer.core.hanging import PROJECTION_RADIOGRAPHY, frontal_films

log = logging.getLogger(__name__)

OPEN, NEXT, WAITING = 1, 2, 3
"""Priorities at the backend: whatever the reader asks for (0) goes before all. WAITING are studies read for triage."""


class Preparing:
    """One study at a time, each once while the reader stays there. Nobody is told; a failure is the reading's."""

    def __init__(
        self,
        host: Host,
        run_of: Callable[[Hanging, int], Run],
        is_busy: Callable[[], bool],
        has_been_read: Callable[[str], bool],
    ) -> None:
        """`run_of` makes the run for a hanging and a priority; the last is asked with a study's key."""
        self._host, self._run_of, self._is_busy, self._has_been_read = host, run_of, is_busy, has_been_read
        self._running: tuple[str, Run] | None = None
        self._done: set[str] = set()  # failed ones as well: the next try is the reading

    def go_on(self) -> None:
        """Begin with what is due, if anything is; called when the reader rests and whenever a run has ended."""
        shown = self._host.hanging()
        if self._running is not None or self._is_busy() or shown.current is None:
            return
        if self._is_due(shown) and plan_reading(shown).has_current:
            self._start(shown, OPEN)
        elif shown.next is not None and self._is_due(shown.next) and may_be_read(shown.next):
            self._start(shown.next, NEXT)

    def hanging_changed(self, shown_key: str) -> None:
        """The reader went on. A preparation of the study that hangs now goes on with them, any other one stops."""
        self._done &= {shown_key}
        self.stop_all_but(shown_key)

    def stop_all_but(self, key: str = "") -> None:
        """Stop what is being prepared, unless it is the study with this key."""
        if self._running is None or self._running[0] == key:
            return
        cancel, self._running = self._running[1].cancel, None

        def tell(_: Callable[[], bool]) -> Iterator[None]:
            cancel()
            yield from ()

        self._host.run_in_background(tell, lambda _: None, _log_failure)

    def _is_due(self, hanging: Hanging) -> bool:
        key = study_key(hanging)
        return key not in self._done and not self._has_been_read(key)

    def _start(self, hanging: Hanging, priority: int) -> None:
        """The films are decoded one after the other, in one of the viewer's workers; another is left to the reader."""
        run = self._run_of(hanging, priority)
        started = self._running = (study_key(hanging), run)
        self._host.run_in_background(run.work, lambda _: None, lambda error: self._ended(started, error))

    def _ended(self, ended: tuple[str, Run], error: BaseException | None) -> None:
        _log_failure(error)
        if self._running is ended:
            self._running = None
            self._done.add(ended[0])
            self.go_on()


def may_be_read(hanging: Hanging) -> bool:
    """False for what the model would refuse by its headers, or read in part only: a CT is not decoded on suspicion."""
    study = hanging.current
    if study is None or not frontal_films(study) or plan_reading(hanging).left_out:
        return False
    return all(film.header.modality in PROJECTION_RADIOGRAPHY for film in study.films)


def _log_failure(error: BaseException | None) -> None:
    """Kinds only: a message may hold a file's path, and paths may hold names."""
    if error is not None:
        log.warning("a preparation ended with %s", type(error).__name__)

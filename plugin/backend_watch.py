"""The backend as the panel sees it: woken, watched, restarted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from inference.backend import PackInfo, Progress
from inference.errors import BackendLost, InferenceCancelled
from inference.status import BackendStatus, Loading, RunsOn
from plugin import problems
from plugin.events import Problem
from plugin.runs import MEGABYTE, BackendDoor, wake
from viewer.api import Host

log = logging.getLogger(__name__)

WATCH_MS = 500


class BackendWatch(QObject):
    """Wakes the backend and notices its end, also while nobody asks it anything. All in the GUI thread."""

    changed = Signal()
    answered = Signal()  # it is there, with its model

    def __init__(self, host: Host, door: BackendDoor, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._door = host, door
        self.pack: PackInfo | None = None
        self.problem: Problem | None = None
        self._is_waking = False
        self._stage = ""  # of waking up
        self.loading: Loading | None = None
        self.runs_on: RunsOn | None = None
        self._has_ended = False
        self._seen = ""  # the supervisor's state when it was last looked at
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self._look)

    @property
    def state(self) -> str:
        """As the supervisor tells it, with `loading` between its start and its model."""
        if not self._is_waking:
            return self._door.state
        return "loading" if self._stage == "loading" else "starting"

    def begin(self) -> None:
        self._timer.start()
        self.wake()

    def end(self) -> None:
        """What a thread still delivers afterwards is not heard any more."""
        self._timer.stop()
        self._has_ended = True

    def wake(self) -> None:
        """Start the backend, or find out why it does not start."""
        self._begin_waking(is_restart=False)

    def restart(self) -> None:
        """End the backend, lost or hanging, and start another."""
        self._begin_waking(is_restart=True)

    def load_slow(self) -> None:
        """Load a model that takes minutes for one study, as the reader said that they will wait."""
        self._begin_waking(is_restart=False, accept_slow=True)

    def _begin_waking(self, is_restart: bool, accept_slow: bool = False) -> None:
        if self._is_waking:
            return
        self._is_waking, self._stage, self.loading = True, "", None

        def work(is_stopped: Callable[[], bool]) -> Iterator[Progress | BackendStatus]:
            return self._wake(is_stopped, is_restart, accept_slow)

        self._host.run_in_background(work, self._item, self._ended)
        self.changed.emit()

    def _wake(
        self, is_stopped: Callable[[], bool], is_restart: bool, accept_slow: bool
    ) -> Iterator[Progress | BackendStatus]:
        """In a worker thread."""
        if is_restart:
            self._door.stop()  # a process that hangs, or whose model did not load, is still alive
        if accept_slow:
            self._door.client().load(accept_slow=True)

        def check() -> None:
            if is_stopped():
                raise InferenceCancelled("The window was closed.")

        client = yield from wake(self._door, check)
        yield client.status()

    def _item(self, item: Progress | BackendStatus) -> None:
        if self._has_ended:
            return
        if isinstance(item, Progress):
            self._stage = item.stage
            self.loading = Loading(item.done * MEGABYTE, item.total * MEGABYTE) if item.total else None
            self.changed.emit()
            return
        self.pack, self.runs_on, self.problem = item.packs[0], item.runs_on, None
        self.answered.emit()

    def _ended(self, error: BaseException | None) -> None:
        self._is_waking = False
        if self._has_ended:
            return
        if error is not None:
            log.warning("the backend did not start: %s", type(error).__name__)
            is_lost = isinstance(error, BackendLost)  # whose end the supervisor describes better
            told = problems.problem_of_state(self._door.state) if is_lost else None
            self.problem = told or problems.problem_of(error)
        self.changed.emit()

    def _look(self) -> None:
        """Notice a backend that died, and one that a run has restarted."""
        if self._is_waking:
            return
        state = self._door.state
        problem = problems.problem_of_state(state)
        is_news, self._seen = state != self._seen, state
        if problem is not None and self.problem is None:
            self.problem = problem
            self.changed.emit()
        elif state == "ready" and self.problem is not None:
            self.wake()
        elif is_news:  # the supervisor may notice only now that the model is there
            self.changed.emit()

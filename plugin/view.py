"""All that the panel draws at one moment. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.backend import PackInfo
from inference.status import Loading, RunsOn
from plugin import wording
from plugin.backend.words import BackendFacts, BackendWords, backend_words, problem_words
from plugin.events import Problem
from plugin.state import StudyReading

PATIENCE_S = 5.0
"""A backend stops within a token. One that has not after so long hangs, and only a restart helps."""


@dataclass(frozen=True, slots=True)
class PanelView:
    """One study's reading with what is the same for all studies: the backend and the model."""

    study_key: str = ""  # empty: no study hangs
    reading: StudyReading = field(default_factory=StudyReading)
    backend_state: str = "stopped"  # of inference.supervisor: stopped, starting, ready, "lost: reason"
    pack: PackInfo | None = None
    backend_problem: Problem | None = None  # why there is no backend, until it answers again
    loading: Loading | None = None  # how much of the model was read
    runs_on: RunsOn | None = None
    shows_boxes: bool = True
    has_prior: bool = False  # one hangs that can be compared with
    notice: str = ""  # about this study: not suitable, or a prior has come since
    reveal_after_s: int = 0  # the site shows the AI by itself after so long; 0: never
    now_s: float = 0.0

    @property
    def can_read(self) -> bool:
        return bool(self.study_key) and not self.reading.is_busy

    @property
    def can_ask(self) -> bool:
        """A run may begin. Before the own first look, and while results are hidden, the wish is answered with words."""
        return bool(self.study_key) and not self.reading.is_busy

    @property
    def _is_stop_overdue(self) -> bool:
        asked_s = self.reading.stop_asked_s
        is_waiting = self.reading.phase == "stopping" and asked_s is not None
        return is_waiting and self.now_s - (asked_s or 0.0) >= PATIENCE_S

    @property
    def problem(self) -> Problem | None:
        """What went wrong, until something is done about it: a backend on its way back is no problem any more."""
        hangs = Problem(wording.NOT_ANSWERING, is_backend_lost=True) if self._is_stop_overdue else None
        is_coming = self.backend_state in {"starting", "loading"}
        problem = self.reading.problem or (None if is_coming else self.backend_problem) or hangs
        return None if problem is not None and problem.is_backend_lost and is_coming else problem

    @property
    def backend_words(self) -> BackendWords:
        """How the backend is, in a reader's words."""
        return backend_words(
            BackendFacts(
                self.backend_state,
                self.backend_problem,
                self.loading,
                self.runs_on,
                self.reading,
                self._is_stop_overdue,
            )
        )

    @property
    def problem_words(self) -> BackendWords | None:
        """The same for what went wrong; None: nothing did."""
        return problem_words(self.problem) if self.problem is not None else None
